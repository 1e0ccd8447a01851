"""Completions: ask within a conversation (legacy contract 6.4)."""

from __future__ import annotations

from typing import Any

from flask import g

from legacy.blueprint import LegacyBlueprint
from legacy.frames import Answering, failed
from legacy.schemas.completions import Completion, CompletionAsk, ConversationNamed, Question
from models.errors import AppError
from services import openings

# What is wrong with the history is said before anything is streamed (contract 6.4.2); all else may be in the stream (6.4.1).
_BEFORE = {"turns.missing", "turns.last", "question.blank"}

blp = LegacyBlueprint("completions", __name__, url_prefix="/v1/api", description="Questions, answered within a conversation.")


@blp.post("/completion")
@blp.requires("conversation_id", "messages")
@blp.reads(CompletionAsk)
@blp.reads(ConversationNamed, documented=False)
@blp.response(200, Completion)
def complete_conversation(named: Any, body: Any) -> Any:
    """Ask within a conversation; its history is what the client sends.

    Unless `stream` is false, the reply is a stream of server-sent events, each with all of the answer so far.
    """
    session, partner = conversation_with_partner(named())
    question: Question = body()
    told = answering(partner, session, question)
    return told.streamed() if question.stream else told.whole()


def conversation_with_partner(conversation_id: str) -> tuple[Any, Any]:
    """The caller's conversation and the chat or agent it is with. Raises NotFound."""
    session = openings.find(g.principal, conversation_id)
    return session, openings.partner_of(g.principal, session)


def answering(partner: Any, session: Any, question: Question) -> Answering:
    """The answer to a question of the session. Raises what a client is told at once, even of one that wants a stream."""
    try:
        events = openings.converse(g.principal, partner, session, asked=question.asked)
    except AppError as error:
        if not question.stream or error.condition in _BEFORE:
            raise
        events = failed(error)
    return Answering(events, question.asked.id, openings.is_with_agent(session))
