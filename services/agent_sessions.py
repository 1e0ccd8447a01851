"""Sessions with agents: opened, asked, listed, deleted (RAGFlow v1 contract 3.27 to 3.29, legacy contract 6.4.8).

Each answer is stored exactly once, with how far the canvas came.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any

from peewee import chunked

from chat import canvas
from chat.canvas import Canvas, Limits, Spoken, Started, Step
from chat.exchange import Answered, Failed
from chat.wording import LAST_NOT_USER
from models.agent_tables import Agent, AgentState, AgentTrace
from models.base import database
from models.database import give_back
from models.errors import AppError, Conflict, InvalidInput
from models.tables import Session
from services import agent_files, agents, answers, completions, sessions
from services.access import BATCH, Principal, select_in
from services.answers import Event
from services.batch import Batch, require_delete_all
from services.canvas import world
from services.completions import Asked
from services.paging import Paging, paged
from services.sessions import Wanted

__all__ = [
    "Answering", "Opening", "Shown", "Started",
    "answer", "converse", "converse_afresh", "delete", "list_", "open_", "open_unasked", "trace", "use_limits",
]  # fmt: skip

MOST_TRACES = 100  # of one session, the newest
MOST_TRACED = 500_000  # characters of one trace's texts; the steps after them are noted without

_limits = Limits()


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


@dataclass(frozen=True, slots=True)
class _Talk:
    """One run: the canvas, and what it leaves behind. `version` None: the canvas is not the session's own and is not kept."""

    canvas: Canvas
    session: Session
    version: int | None
    asked: Asked


def use_limits(limits: Limits) -> None:
    """Set what one run may take in this process."""
    global _limits
    _limits = limits


def open_(principal: Principal, agent: Agent, *, opening: Opening) -> Shown:
    """Open a session on a copy of the agent's canvas; without Begin parameters it runs up to the first Answer.

    A value may be a file (services.agent_files). Raises InvalidInput parameter.missing, Conflict parameter.unread, and what
    fails in that run: then there is no session.
    """
    fresh = _fresh(agent, agent_files.named(opening.values))
    fresh.give(agent_files.read(principal, fresh.parameters, opening.values))
    said = "" if fresh.parameters else _opened(principal, fresh)
    session = _created(agent, opening.caller, fresh, said)
    return Shown(session, fresh.dsl(), fresh.parameters)


def open_unasked(agent: Agent, *, caller: str) -> Session:
    """Open a session that says the agent's opener, and ask for nothing (legacy contract 6.2)."""
    return _created(agent, caller, _reset(agent), "")


def converse(principal: Principal, agent: Agent, session: Session, *, asked: Asked, sync: bool = False) -> Answering:
    """Ask within the session, from the last Answer to the next; what was said and how far the canvas came is stored before the last event.

    `sync`: the session takes the agent's canvas when that is newer, and keeps what was said. Of a run that failed the canvas alone is kept.
    """
    state = AgentState.get_by_id(session.id)
    own, version = canvas.load(state.dsl), state.version
    if sync and agent.version > version:
        own, version = own.adopt(canvas.load(agent.dsl)), agent.version
    return Answering(_stored(principal, _Talk(own, session, version, asked)), own.parameters)


def converse_afresh(principal: Principal, agent: Agent, session: Session, *, asked: Asked) -> Iterator[Event | Started]:
    """Ask the agent's canvas as it was saved, whatever was said before; question and answer are stored (legacy contract 6.4.8).

    Raises InvalidInput turns.missing, turns.last and question.blank, and parameter.missing when the variables lack a Begin parameter.
    """
    _require_question(asked)
    return _stored(principal, _Talk(_fresh(agent, asked.variables), session, None, asked))


def answer(principal: Principal, agent: Agent, *, asked: Asked) -> Iterator[Event | Started]:
    """Ask the agent's canvas as it was saved, with the turns before the question as what was said; nothing is stored.

    Raises InvalidInput parameter.missing when the variables lack a Begin parameter.
    """
    _require_question(asked)
    earlier = [[turn.role, turn.content] for turn in asked.turns[:-1]]
    own = canvas.load({**_fresh(agent, asked.variables).dsl(), "history": earlier})
    return completions.watched(_events(principal, own, asked), lambda text, said: None)


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
            _note(_Talk(fresh, session, None, Asked(turns=(), id="")), "")
    return session


def _opened(principal: Principal, fresh: Canvas) -> str:
    """What the canvas says by itself. Raises what it fails with."""
    run = fresh.run(world(principal), limits=_limits)
    give_back()
    return answers.whole(_mapped(run)).text


def _stored(principal: Principal, talk: _Talk) -> Iterator[Event | Started]:
    events = _events(principal, talk.canvas, talk.asked, failed=partial(_keep_failure, talk))

    def store(text: str, said: Answered | None) -> None:
        if said is None:
            events.close()  # first the canvas notes what was said
        reference = asdict(said.reference) if said and said.reference else {}
        created = said.created_at if said else time.time()
        asked = talk.asked
        exchange = sessions.Exchange(asked.id, asked.turns[-1].content, text, reference, created, asked.beside)
        sessions.record(talk.session.id, exchange, owner=Agent, also=partial(_keep, talk))

    return completions.watched(events, store)


def _events(principal: Principal, own: Canvas, asked: Asked, failed: Any = None) -> Any:
    run = own.run(world(principal), question=asked.turns[-1].content, limits=_limits, message_id=asked.id)
    return _mapped(run, failed)


def _mapped(run: Any, failed: Any = None) -> Iterator[Event | Started]:
    """The events of a run in the words of an answer."""
    with closing(run):
        for event in run:
            if isinstance(event, Failed) and failed is not None:
                failed(event.error)
            yield _answered(event) if isinstance(event, Spoken) else event


def _answered(spoken: Spoken) -> Answered:
    return Answered(spoken.text, spoken.reference, "", spoken.usage, spoken.created_at, grounded=True)


def _keep_failure(talk: _Talk, error: AppError) -> None:
    with database.atomic():
        if Session.change(Session.id == talk.session.id):
            _keep(talk, error.message)


def _keep(talk: _Talk, failure: str = "") -> None:
    """Write down how far the canvas came and what it did, within the caller's transaction."""
    if talk.version is not None:
        AgentState.update(dsl=talk.canvas.dsl(), version=talk.version).where(AgentState.session == talk.session.id).execute()
    _note(talk, failure)


def _note(talk: _Talk, failure: str) -> None:
    session = talk.session
    steps = _bounded(talk.canvas.trace)
    fields = {"tenant": session.tenant, "agent": session.chat, "session": session.id}
    AgentTrace.create(exchange=talk.asked.id, failure=failure, steps=steps, **fields)
    newest = AgentTrace.select(AgentTrace.id).where(AgentTrace.session == session.id)
    old = newest.order_by(AgentTrace.create_time.desc(), AgentTrace.id.desc()).limit(BATCH).offset(MOST_TRACES)
    AgentTrace.delete().where(AgentTrace.id.in_([row.id for row in old])).execute()


def _bounded(steps: Sequence[Step]) -> list[dict[str, Any]]:
    left, noted = MOST_TRACED, []
    for step in steps:
        left -= len(step.inputs) + len(step.output)
        noted.append(asdict(step if left >= 0 else replace(step, inputs="", output="")))
    return noted
