"""Completions: ask a chat within a session, and questions that are related to one (RAGFlow v1 contract 3.25, 3.31)."""

from __future__ import annotations

from typing import Any

from flask import Response, g, jsonify
from marshmallow import fields

from api.v1 import frames
from api.v1.blueprint import Done, Error, V1Blueprint
from api.v1.envelope import success
from api.v1.schemas.completions import AskedChat, Completion, CompletionAsk, Opening, QuestionsAsk, SessionNamed, SessionOpen
from api.wire.streams import event_stream
from services import answers, chats, completions, sessions
from services.answers import Turn
from services.completions import Asked

blp = V1Blueprint("completions", __name__, description="Questions, answered from datasets with citations.")


class Suggested(Done):
    """Questions that may be asked next."""

    data = fields.List(fields.String(), required=True)


@blp.post("/chats/<chat_id>/completions")
@blp.reads(CompletionAsk)
@blp.reads(SessionOpen, documented=False)
@blp.reads(SessionNamed, documented=False)
@blp.response(200, Completion)
@blp.may_stream
def converse_with_chat(named: Any, opening: Any, ask: Any, chat_id: str) -> Any:
    """Ask a chat within a session; without one, open a session, whose opener is the answer."""
    chat = chats.get(g.principal, chat_id)
    session_id = named()
    if not session_id:
        return _opened(chat, opening())
    session = sessions.find(g.principal, session_id, chat_id=chat_id)
    sent: AskedChat = ask()
    turns = (*completions.history(session), Turn("user", sent.question))
    asked = Asked(turns=turns, quote=sent.quote, documents=sent.documents, variables=sent.variables)
    events = completions.converse(g.principal, chat, session, asked=asked)
    answering = frames.Answering(events, asked.id, session.id, grounded=bool(chats.datasets_of(g.principal, [chat])))
    return event_stream(answering.frames()) if sent.stream else answering.whole()


@blp.post("/sessions/related_questions")
@blp.reads(QuestionsAsk)
@blp.response(200, {"oneOf": [Suggested, Error]})
def suggest_questions(body: Any) -> Response:
    """Questions that are related to one."""
    return jsonify(success(answers.related_questions(g.principal, question=body())))


def _opened(chat: Any, opening: Opening) -> Response | dict[str, Any]:
    session = sessions.create(chat, name=opening.name, caller=opening.caller)
    return event_stream(frames.opening_frames(session)) if opening.stream else frames.opening_data(session)
