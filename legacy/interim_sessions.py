"""Sessions as v0.11 and v0.12 had them, `/api/v1/session/...`: those of the modern API (legacy contract 8)."""

from __future__ import annotations

from typing import Any

from flask import g

from legacy.blueprint import LegacyBlueprint
from legacy.completions import answering
from legacy.schemas.completions import Completion, Question
from legacy.schemas.interim_sessions import (
    AssistantIdentity,
    InterimSession,
    SavedSession,
    SessionAsk,
    SessionIdentity,
    SessionKey,
    SessionListing,
    SessionNamed,
    SessionQuestion,
    SessionSave,
)
from services import chats, completions, sessions
from services.answers import Turn
from services.completions import Asked
from services.sessions import Wanted

blp = LegacyBlueprint("interim-sessions", __name__, url_prefix="/api/v1/session", description="Sessions, for clients of v0.11 and v0.12.")


@blp.post("/save")
@blp.reads(SessionSave)
@blp.response(200)
@blp.alt_response(200, schema=InterimSession)
def save_session(body: Any) -> Any:
    """Open a session, which is told, or change the one whose `id` is given, which answers true."""
    asked: SavedSession = body()
    if not asked.id:
        return InterimSession().dump(sessions.create(chats.get(g.principal, asked.chat), name=asked.name or ""))
    session, _ = _with_chat(asked.id)
    moved = {"chat": chats.get(g.principal, asked.chat).id} if asked.chat else {}
    sessions.update(session, changes=moved | ({} if asked.name is None else {"name": asked.name}))
    return True


@blp.get("/get")
@blp.reads(SessionKey)
@blp.response(200, InterimSession)
def show_session(query: Any) -> Any:
    """Show a session with all that was said."""
    id, chat = query()
    return _with_chat(id, chat)[0]


@blp.get("/list")
@blp.reads(AssistantIdentity)
@blp.reads(SessionListing, documented=False)
@blp.response(200, InterimSession(many=True))
def list_assistant_sessions(paging: Any, query: Any) -> Any:
    """List the sessions of an assistant with all that was said."""
    return sessions.list_(chats.get(g.principal, query()), wanted=Wanted(), paging=paging())


@blp.delete("/delete")
@blp.reads(SessionIdentity)
@blp.response(200)
def delete_session(query: Any) -> bool:
    """Delete a session."""
    session, chat = _with_chat(query())
    sessions.delete(chat, ids=[session.id])
    return True


@blp.post("/completion")
@blp.reads(SessionAsk)
@blp.reads(SessionNamed, documented=False)
@blp.response(200, Completion)
def ask_in_session(named: Any, body: Any) -> Any:
    """Ask within a session; its history is what was said in it.

    Unless `stream` is false, the reply is a stream of server-sent events, each with all of the answer so far.
    """
    session, chat = _with_chat(named())
    sent: SessionQuestion = body()
    turns = (*completions.history(session), Turn("user", sent.question))
    asked = Asked(turns=turns, quote=sent.quote, documents=sent.documents, variables=sent.variables)
    told = answering(chat, session, Question(asked, sent.stream))
    return told.streamed() if sent.stream else told.whole()


def _with_chat(id: str, chat: str | None = None) -> tuple[Any, Any]:
    """The caller's session and its chat. Raises NotFound."""
    session = sessions.find(g.principal, id, chat_id=chat)
    return session, chats.get(g.principal, session.chat)
