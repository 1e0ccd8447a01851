"""Turns: the runs of one session with an agent go one after the other, over all processes and machines that share the database."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager

from models import leases
from models.database import give_back
from models.errors import Conflict
from models.leases import Held
from services.answers import Silence

_SOON, _LATE = 0.01, 0.25  # seconds between two looks, at first and in the end
_SILENCE = 1.0


def awaited(session_id: str, *, seconds: float) -> Generator[Silence, None, Held]:
    """Wait until no other run of the session goes on, and hold it; Silence meanwhile. Raises Conflict session.busy after so many seconds."""
    told = time.monotonic()
    deadline, pause = told + seconds, _SOON
    while (held := leases.acquire(f"session {session_id}")) is None:
        now = time.monotonic()
        if now >= deadline:
            raise Conflict("session.busy", "The session is still answering another question.")
        give_back()
        if now - told >= _SILENCE:
            told = now
            yield Silence()  # which finds out whether the client is still there
        time.sleep(pause)
        pause = min(pause * 1.5, _LATE)
    return held


@contextmanager
def held_on(held: Held) -> Iterator[None]:
    """Hold the session for the length of the block, then let the next run come."""
    try:
        with leases.renewed(held):
            yield
    finally:
        leases.forget(held)
