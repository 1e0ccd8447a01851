"""Sessions of a chat: create, update, list, delete (RAGFlow v1 contract 3.21 to 3.24)."""

from __future__ import annotations

from typing import Any

from flask import g

from api.v1.batches import tolerant_outcome
from api.v1.blueprint import V1Blueprint
from api.v1.schemas.documents import PartialSuccess
from api.v1.schemas.sessions import Session, SessionChanges, SessionCreate, SessionDelete, SessionQuery, SessionUpdate
from services import chats, sessions

blp = V1Blueprint("sessions", __name__, description="What is said with a chat.")

SESSIONS = "/chats/<chat_id>/sessions"


@blp.post(SESSIONS)
@blp.reads(SessionCreate)
@blp.response(200, Session)
def create_session(body: Any, chat_id: str) -> Any:
    """Open a session; its first message is the chat's opener."""
    chat = chats.get(g.principal, chat_id)
    return sessions.create(chat, **body())


@blp.put(f"{SESSIONS}/<session_id>")
@blp.reads(SessionUpdate)
@blp.response(200)
def update_session(body: Any, chat_id: str, session_id: str) -> None:
    """Rename a session."""
    session = sessions.find(g.principal, session_id, chat_id=chat_id)
    chats.get(g.principal, chat_id)
    changes: SessionChanges = body()
    sessions.update(session, changes=changes.fields, unknown=changes.unknown)


@blp.get(SESSIONS)
@blp.reads(SessionQuery)
@blp.response(200, Session(many=True))
def list_sessions(query: Any, chat_id: str) -> Any:
    """List the sessions of a chat with all that was said."""
    chat = chats.get(g.principal, chat_id)
    return sessions.list_(chat, **query())


@blp.delete(SESSIONS)
@blp.reads(SessionDelete)
@blp.response(200, PartialSuccess)
def delete_sessions(body: Any, chat_id: str) -> Any:
    """Delete sessions; without ids, all of the chat."""
    chat = chats.get(g.principal, chat_id)
    batch = sessions.delete(chat, ids=body())
    return tolerant_outcome("session", batch, missing="The chat doesn't own the session {id}", condition="sessions.unknown")
