"""How long this thread may still wait for an engine on another machine; as long as its settings say unless somebody is waiting."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_end: ContextVar[float | None] = ContextVar("end", default=None)


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Let all that the block asks of an engine take so long together; what takes longer is Unavailable."""
    end = time.monotonic() + seconds
    outer = _end.get()
    token = _end.set(end if outer is None else min(end, outer))
    try:
        yield
    finally:
        _end.reset(token)


def left() -> float | None:
    """The seconds that are left, not positive when they are over; None without a bound."""
    end = _end.get()
    return None if end is None else end - time.monotonic()
