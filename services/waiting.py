"""Waiting for ingest workers on behalf of a client that expects its file to be read when the answer comes (Open WebUI contract 5.1)."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

from models.database import give_back
from models.tables import Document
from services.access import BATCH

AHEAD = 1  # of a job whose client waits: it goes before those that nobody waits for
_QUICK, _SLOW = 0.03, 0.2  # seconds between looks: most files are read in a moment
# Each keeps a thread of the web process; the others are for everybody else.
_waiting = threading.BoundedSemaphore(16)
_longest = 60.0


def use(seconds: float) -> None:
    """Wait so long at most, as the operator wants it."""
    global _longest
    _longest = seconds


def until_parsed(ids: Sequence[str]) -> None:
    """Return when none of the documents is being parsed any more, or when it took too long, or too many wait already."""
    if not ids or not _waiting.acquire(blocking=False):
        return
    try:
        _await(ids)
    finally:
        _waiting.release()


def rest() -> None:
    """Wait a moment, holding no connection."""
    give_back()  # the pool's connections are for those who work
    time.sleep(_SLOW)


def _await(ids: Sequence[str]) -> None:
    begun = time.monotonic()
    while _is_any_running(ids):
        waited = time.monotonic() - begun
        if waited > _longest:
            return
        give_back()  # the pool's connections are for those who work
        time.sleep(_QUICK if waited < 2 else _SLOW)


def _is_any_running(ids: Sequence[str]) -> bool:
    batches = [ids[start : start + BATCH] for start in range(0, len(ids), BATCH)]
    return any(Document.select(Document.id).where(Document.id.in_(batch), Document.run == "running").exists() for batch in batches)
