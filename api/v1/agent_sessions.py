"""Sessions with an agent: open, list, delete, ask, and what each run did (RAGFlow v1 contract 3.27 to 3.29, 3.31)."""

from __future__ import annotations

from typing import Any

from flask import Response, g

from api.v1 import agent_frames as frames
from api.v1.batches import tolerant_outcome
from api.v1.blueprint import V1Blueprint
from api.v1.schemas.agent_sessions import (
    AgentAsk,
    AgentCompletion,
    AgentRun,
    AgentSession,
    AgentSessionDelete,
    AgentSessionQuery,
    AgentStart,
    AskedAgent,
    Caller,
    Listing,
    Start,
    Values,
)
from api.v1.schemas.completions import SessionNamed
from api.v1.schemas.documents import PartialSuccess
from api.wire.streams import event_stream
from services import agent_sessions, agents, sessions
from services.agent_sessions import Opening
from services.answers import Turn
from services.completions import Asked

blp = V1Blueprint("agent sessions", __name__, description="What is said with an agent.")

AGENT = "/agents/<agent_id>"


@blp.post(f"{AGENT}/sessions")
@blp.reads(Values)
@blp.reads(Caller)
@blp.response(200, AgentSession)
def create_agent_session(query: Any, body: Any, agent_id: str) -> Any:
    """Open a session with values of Begin parameters; an agent without any runs up to its first answer."""
    agent = agents.get(g.principal, agent_id)
    return agent_sessions.open_(g.principal, agent, opening=Opening(query(), body()))


@blp.get(f"{AGENT}/sessions")
@blp.reads(AgentSessionQuery)
@blp.response(200, AgentSession(many=True))
def list_agent_sessions(query: Any, agent_id: str) -> Any:
    """List the sessions of an agent with all that was said."""
    agent = agents.get(g.principal, agent_id)
    listing: Listing = query()
    return agent_sessions.list_(agent, wanted=listing.wanted, paging=listing.paging, with_dsl=listing.with_dsl)


@blp.delete(f"{AGENT}/sessions")
@blp.reads(AgentSessionDelete)
@blp.response(200, PartialSuccess)
def delete_agent_sessions(body: Any, agent_id: str) -> Any:
    """Delete sessions; without ids, all of the agent."""
    agent = agents.get(g.principal, agent_id)
    batch = agent_sessions.delete(agent, ids=body())
    return tolerant_outcome("session", batch, missing="The agent doesn't own the session {id}", condition="sessions.unknown")


@blp.get(f"{AGENT}/sessions/<session_id>/trace")
@blp.response(200, AgentRun(many=True))
def trace_agent_session(agent_id: str, session_id: str) -> Any:
    """What each component did in the session's runs: inputs, output, time, tokens; the last hundred runs are kept."""
    agent = agents.get(g.principal, agent_id)
    return agent_sessions.trace(sessions.find(g.principal, session_id, chat_id=agent.id, kind=agents.KIND))


@blp.post(f"{AGENT}/completions")
@blp.reads(AgentAsk)
@blp.reads(AgentStart, documented=False)
@blp.reads(SessionNamed, documented=False)
@blp.response(200, AgentCompletion)
@blp.may_stream
def converse_with_agent(named: Any, start: Any, ask: Any, agent_id: str) -> Any:
    """Ask an agent within a session; without one, open a session with values of Begin parameters."""
    agent = agents.get(g.principal, agent_id)
    session_id = named()
    if not session_id:
        return _opened(agent, start())
    session = sessions.find(g.principal, session_id, chat_id=agent.id, kind=agents.KIND)
    sent: AskedAgent = ask()
    asked = Asked(turns=(Turn("user", sent.question),))
    talk = agent_sessions.converse(g.principal, agent, session, asked=asked, sync=sent.sync)
    answering = frames.Answering(talk.events, asked.id, session.id, talk.parameters)
    return event_stream(answering.frames()) if sent.stream else answering.whole()


def _opened(agent: Any, start: Start) -> Response | dict[str, Any]:
    shown = agent_sessions.open_(g.principal, agent, opening=Opening(start.caller, start.values))
    data = frames.opening_data(shown.session, shown.parameters)
    return event_stream(frames.opening_frames(data)) if start.stream else data
