"""OpenAI-compatible answers of an agent (RAGFlow v1 contract 3.31; decisions A11)."""

from __future__ import annotations

from typing import Any

from flask import Response, g, jsonify

from api.v1.blueprint import Error, V1Blueprint
from api.v1.openai_chunks import Answering
from api.v1.schemas.openai import AgentComplete, AgentExtras, ChatRequest
from api.wire.streams import event_stream
from services import agent_sessions, agents, sessions
from services.completions import Asked

blp = V1Blueprint("agents openai", __name__, description="Agents for clients of OpenAI's API.")

PREFIX = b"data: "  # with a space here, and on no other route


@blp.post("/agents_openai/<agent_id>/chat/completions")
@blp.reads(AgentComplete)
@blp.reads(AgentExtras, documented=False)
@blp.response(200, {"type": "object"})
@blp.may_stream
@blp.alt_response(400, schema=Error)
@blp.alt_response(404, schema=Error)
def complete_agent(extras: Any, body: Any, agent_id: str) -> Response:
    """Answer the last message; nothing is stored unless a session of the agent is named, in which the question then is asked."""
    asked: ChatRequest = body()
    agent = agents.get(g.principal, agent_id)
    session_id, values = extras()
    if session_id:
        session = sessions.find(g.principal, session_id, chat_id=agent.id, kind=agents.KIND)
        events = agent_sessions.converse(g.principal, agent, session, asked=Asked(turns=asked.turns[-1:])).events
    else:
        events = agent_sessions.answer(g.principal, agent, asked=Asked(turns=asked.turns, variables=values))
    answering = Answering(events, agent.id, asked, prefix=PREFIX)
    return event_stream(answering.chunks()) if asked.stream else jsonify(answering.whole())
