"""Sessions with agents: opened, asked, listed, deleted (RAGFlow v1 contract 3.27 to 3.29, legacy contract 6.4.8)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from peewee import chunked

from chat import canvas
from chat.canvas import Canvas, Started
from chat.wording import LAST_NOT_USER
from models.agent_tables import Agent, AgentState, AgentTrace
from models.base import database
from models.errors import Conflict, InvalidInput
from models.tables import Session
from services import agent_files, agent_runs, agents, sessions
from services.access import BATCH, Principal, select_in
from services.agent_runs import Talk
from services.answers import Event, without_markers
from services.batch import Batch, require_delete_all
from services.completions import Asked
from services.paging import Paging, paged
from services.sessions import Wanted

__all__ = [
    "Answering", "Opening", "Shown", "Started",
    "answer", "converse", "converse_afresh", "delete", "list_", "open_", "open_unasked", "trace",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Opening:
    """Who opens a session, by the client's label, and the Begin parameters it gives."""

    caller: str
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Shown:
    """A session, how far its canvas has come, and its Begin parameters (contract 8.4)."""

    session: Session
    dsl: dict[str, Any] | None
    parameters: Sequence[dict[str, Any]] = ()


@dataclass(frozen=True, slots=True)
class Answering:
    """An answer: its events, those of services.completions.converse and Started before each component; and the Begin parameters."""

    events: Iterator[Event | Started]
    parameters: Sequence[dict[str, Any]]


def open_(principal: Principal, agent: Agent, *, opening: Opening) -> Shown:
    """Open a session on a copy of the agent's canvas; without Begin parameters it runs up to the first Answer.

    A value may be a file (services.agent_files). Raises InvalidInput parameter.missing, Conflict parameter.unread, and what
    fails in that run: then there is no session.
    """
    fresh = _fresh(agent, agent_files.named(opening.values))
    fresh.give(agent_files.read(principal, fresh.parameters, opening.values))
    said = "" if fresh.parameters else agent_runs.opened(principal, fresh)
    session = _created(agent, opening.caller, fresh, said)
    return Shown(session, fresh.dsl(), fresh.parameters)


def open_unasked(agent: Agent, *, caller: str) -> Session:
    """Open a session that says the agent's opener, and ask for nothing (legacy contract 6.2)."""
    return _created(agent, caller, _reset(agent), "")


def converse(principal: Principal, agent: Agent, session: Session, *, asked: Asked, sync: bool = False) -> Answering:
    """Ask within the session, from the last Answer to the next; what was said and how far the canvas came is stored before the last event.

    `sync`: the session takes the agent's canvas when that is newer, and keeps what was said. Of a run that failed the canvas alone is kept.
    While another question of the session is being answered, this one waits, as long as a run may take; then it fails with
    Conflict session.busy. Raises InvalidInput turns.missing, turns.last and question.blank, NotFound.
    """
    _require_question(asked)
    resume = partial(agent_runs.resumed, agent if sync else None, session)
    known = resume()
    events = agent_runs.asked_in_turn(principal, Talk(known.canvas, session, asked), partial(resume, known))
    return Answering(events, known.canvas.parameters)


def converse_afresh(principal: Principal, agent: Agent, session: Session, *, asked: Asked) -> Iterator[Event | Started]:
    """Ask the agent's canvas as it was saved, whatever was said before; question and answer are stored (legacy contract 6.4.8).

    Raises InvalidInput turns.missing, turns.last and question.blank, and parameter.missing when the variables lack a Begin parameter.
    """
    _require_question(asked)
    return agent_runs.asked_at_once(principal, Talk(_fresh(agent, asked.variables), session, asked))


def answer(principal: Principal, agent: Agent, *, asked: Asked) -> Iterator[Event | Started]:
    """Ask the agent's canvas as it was saved, with the turns before the question as what was said; nothing is stored.

    Raises InvalidInput parameter.missing when the variables lack a Begin parameter.
    """
    _require_question(asked)
    earlier = [[turn.role, without_markers(turn.content)] for turn in asked.turns[:-1]]  # decisions B23
    while earlier and earlier[0][0] != "user":  # contract 3.26
        earlier.pop(0)
    own = canvas.load({**_fresh(agent, asked.variables).dsl(), "history": earlier})
    return agent_runs.asked_alone(principal, own, asked)


def list_(agent: Agent, *, wanted: Wanted, paging: Paging, with_dsl: bool = True) -> list[Shown]:
    """A page of the agent's sessions, none where the filters miss (contract 3.29)."""
    rows = Session.select().where((Session.chat == agent.id) & (Session.kind == agents.KIND))
    if wanted.id:
        rows = rows.where(Session.id == wanted.id)
    if wanted.caller:
        rows = rows.where(Session.caller == wanted.caller)
    found = paged(rows, Session, paging)
    states = select_in(AgentState, AgentState.session, [row.id for row in found]) if with_dsl else []
    canvases = {state.session: state.dsl for state in states}
    return [Shown(row, canvases.get(row.id)) for row in found]


def delete(agent: Agent, *, ids: Sequence[str] | None) -> Batch:
    """Delete the agent's sessions of these ids (None: all). Raises Conflict sessions.none when it has none."""
    of_agent = (Session.chat == agent.id) & (Session.kind == agents.KIND)
    if ids is None:
        require_delete_all()
    with database.atomic():
        if not Session.select().where(of_agent).exists():
            raise Conflict("sessions.none", f"Agent {agent.id} has no sessions", id=agent.id)
        batch = sessions.delete(agent, ids=ids, kind=agents.KIND)
        for table in (AgentState, AgentTrace):
            if ids is None:
                table.delete().where(table.agent == agent.id).execute()
            for some in chunked(ids or (), BATCH):
                table.delete().where((table.agent == agent.id) & table.session.in_(some)).execute()
    return batch


def trace(session: Session) -> list[AgentTrace]:
    """What each component did in the session's newest runs, the oldest of them first."""
    return list(AgentTrace.select().where(AgentTrace.session == session.id).order_by(AgentTrace.create_time, AgentTrace.id))


def _require_question(asked: Asked) -> None:
    last = asked.turns[-1] if asked.turns else None
    if last is None or last.role != "user":
        raise InvalidInput("messages", LAST_NOT_USER, condition="turns.last" if last else "turns.missing")
    if not last.content.strip():
        raise InvalidInput("question", "Please input your question.", condition="question.blank")


def _reset(agent: Agent) -> Canvas:
    fresh = canvas.load(agent.dsl)
    fresh.reset()
    return fresh


def _fresh(agent: Agent, values: Mapping[str, Any]) -> Canvas:
    """The agent's canvas with the values of its Begin parameters."""
    fresh = _reset(agent)
    missing = fresh.missing(values)
    if missing is not None:
        message = f"`{missing.key}` is required"
        raise InvalidInput(missing.key, message, condition="parameter.missing", key=missing.key, type=missing.type)
    fresh.give(values)
    return fresh


def _created(agent: Agent, caller: str, fresh: Canvas, said: str) -> Session:
    """The row of a session that has begun, whose opener is the prologue, else what the canvas said by itself."""
    fields = {"tenant": agent.tenant, "chat": agent.id, "kind": agents.KIND, "name": sessions.NAME, "caller": caller}
    opener = {"role": "assistant", "content": fresh.prologue or said}
    with database.atomic():
        session = Session.create(messages=[opener], **fields)
        AgentState.create(session=session.id, tenant=agent.tenant, agent=agent.id, version=agent.version, dsl=fresh.dsl())
        if fresh.trace:
            agent_runs.note(Talk(fresh, session, Asked(turns=(), id="")), "")
    return session
