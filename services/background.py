"""Work that goes on when its request has been answered, in a thread of this process; it is lost with the process."""

from __future__ import annotations

from collections.abc import Callable
from threading import BoundedSemaphore, Thread

from models.database import give_back
from models.errors import Busy

MOST = 32  # pieces of work at once

_free = BoundedSemaphore(MOST)


def begin(work: Callable[[], None]) -> None:
    """Begin it now. Raises Busy when too much is under way."""
    if not _free.acquire(blocking=False):
        raise Busy

    def run() -> None:
        try:
            work()
        finally:
            give_back()
            _free.release()

    Thread(target=run, name="background", daemon=True).start()
