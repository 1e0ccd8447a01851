"""Runs of an agent's canvas: each in its session's turn, and what it leaves behind, stored exactly once (RAGFlow v1 contract 3.28)."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any

from chat import canvas
from chat.canvas import Canvas, Limits, Spoken, Started, Step
from chat.exchange import Answered, Failed
from models import leases
from models.agent_tables import Agent, AgentState, AgentTrace
from models.base import database
from models.database import give_back
from models.errors import AppError, NotFound
from models.leases import Held
from models.tables import Session
from services import agent_turns, answers, completions, sessions
from services.access import BATCH, Principal
from services.answers import Event
from services.canvas import world
from services.completions import Asked

Telling = Generator[Event | Started, None, None]

MOST_TRACES = 100  # of one session, the newest
MOST_TRACED = 500_000  # characters of one trace's texts; the steps after them are noted without

_limits = Limits()


@dataclass(frozen=True, slots=True)
class Resumed:
    """The canvas of a session as it is to go on, that of this version of its agent; and what it was read from."""

    state: AgentState
    canvas: Canvas
    version: int


@dataclass(frozen=True, slots=True)
class Talk:
    """One run: the canvas, and what it leaves behind. `held` None: the canvas is not the session's own and is not kept."""

    canvas: Canvas
    session: Session
    asked: Asked
    version: int = 0
    held: Held | None = None


def use_limits(limits: Limits) -> None:
    """Set what one run may take in this process."""
    global _limits
    _limits = limits


def opened(principal: Principal, fresh: Canvas) -> str:
    """What the canvas says by itself. Raises what it fails with."""
    run = fresh.run(world(principal), limits=_limits)
    give_back()
    return answers.whole(_mapped(run)).text


def resumed(agent: Agent | None, session: Session, known: Resumed | None = None) -> Resumed:
    """Where the session's canvas stands, `known` when that is it still; with an agent it takes that one's canvas when it is newer."""
    state = AgentState.get_or_none(AgentState.session == session.id)
    if state is None:
        raise NotFound("session", session.id)
    if known is not None and (state.version, state.dsl) == (known.state.version, known.state.dsl):
        return known
    own = canvas.load(state.dsl)
    if agent is not None and agent.version > state.version:
        return Resumed(state, own.adopt(canvas.load(agent.dsl)), agent.version)
    return Resumed(state, own, state.version)


def asked_in_turn(principal: Principal, talk: Talk, resume: Callable[[], Resumed]) -> Telling:
    """Ask the session's own canvas, as `resume` finds it when the runs before this one have ended."""
    return completions.watched(_in_turn(principal, talk, resume), _keep_nothing)


def asked_at_once(principal: Principal, talk: Talk) -> Telling:
    """Ask a canvas that is not the session's own; what was said and done is stored."""
    return completions.watched(_run(principal, talk), _keep_nothing)


def asked_alone(principal: Principal, own: Canvas, asked: Asked) -> Telling:
    """Ask a canvas outside of any session; nothing is stored."""
    return completions.watched(_events(principal, own, asked), _keep_nothing)


def _in_turn(principal: Principal, talk: Talk, resume: Callable[[], Resumed]) -> Telling:
    """The events of a run that begins where the one before it has ended; the next may begin before the last event leaves."""
    held = yield from agent_turns.awaited(talk.session.id, seconds=_limits.seconds)
    with ExitStack() as turn:
        turn.enter_context(agent_turns.held_on(held))
        own = resume()
        events = turn.enter_context(closing(_run(principal, replace(talk, canvas=own.canvas, version=own.version, held=held))))
        for event in events:
            if isinstance(event, Answered | Failed):
                turn.close()
            yield event


def _run(principal: Principal, talk: Talk) -> Telling:
    """The events of a run, all of which is stored before the last of them."""
    events = _events(principal, talk.canvas, talk.asked)

    def store(text: str, said: Answered | None) -> None:
        if said is None:
            events.close()  # first the canvas notes what was said
        reference = asdict(said.reference) if said and said.reference else {}
        created = said.created_at if said else time.time()
        asked = talk.asked
        exchange = sessions.Exchange(asked.id, asked.turns[-1].content, text, reference, created, asked.beside)
        sessions.record(talk.session.id, exchange, owner=Agent, also=partial(_keep, talk))

    with closing(completions.watched(events, store)) as told:
        for event in told:
            if isinstance(event, Failed):
                _keep_failure(talk, event.error)
            yield event


def _keep_nothing(text: str, said: Answered | None) -> None:
    """What is to be kept is kept already."""


def _events(principal: Principal, own: Canvas, asked: Asked) -> Any:
    return _mapped(own.run(world(principal), question=asked.turns[-1].content, limits=_limits, message_id=asked.id))


def _mapped(run: Any) -> Telling:
    """The events of a run in the words of an answer."""
    with closing(run):
        for event in run:
            yield _answered(event) if isinstance(event, Spoken) else event


def _answered(spoken: Spoken) -> Answered:
    return Answered(spoken.text, spoken.reference, "", spoken.usage, spoken.created_at, grounded=True)


def _keep_failure(talk: Talk, error: AppError) -> None:
    with database.atomic():
        if Session.change(Session.id == talk.session.id):
            _keep(talk, error.message)


def _keep(talk: Talk, failure: str = "") -> None:
    """Write down how far the canvas came and what it did, within the caller's transaction."""
    if talk.held is not None and leases.holds(talk.held):  # a process that paused for long may find its session gone on
        AgentState.update(dsl=talk.canvas.dsl(), version=talk.version).where(AgentState.session == talk.session.id).execute()
    note(talk, failure)


def note(talk: Talk, failure: str) -> None:
    """Note what the run did, and forget the oldest of the session's runs, within the caller's transaction."""
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
