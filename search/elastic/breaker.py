"""Whether the cluster is worth asking: after a request that found it dead or hung nobody waits for it, until one request found it back."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from elasticsearch import ConnectionTimeout

from models.errors import Unavailable

PAUSE_SECONDS = 1.0  # after a failure to reach the cluster nobody tries, so that threads do not queue for the same failure
HUNG_SECONDS = 5.0  # the same after it took a request and did not answer, which costs whoever tries the whole time-out


class Breaker:
    """Open from a failure until the cluster answers again; of one process."""

    def __init__(self) -> None:
        self._until = 0.0
        self._failure: Exception | None = None
        self.forget()

    def forget(self) -> None:
        """Start anew in a forked child, where nobody asks."""
        self._asking = threading.Lock()

    def open(self, failure: Exception) -> None:
        """Refuse requests for a while."""
        self._until = time.monotonic() + (HUNG_SECONDS if isinstance(failure, ConnectionTimeout) else PAUSE_SECONDS)
        self._failure = failure

    def check(self, ask: Callable[[], Exception | None]) -> None:
        """Raises Unavailable while it is open; when its time is over, one caller asks, and the others need not wait for that."""
        if self._failure is None:
            return
        if time.monotonic() < self._until or not self._asking.acquire(blocking=False):
            raise Unavailable("search engine") from self._failure
        try:
            failure = ask()
            if failure is not None:
                self.open(failure)
                raise Unavailable("search engine") from failure
            self._failure = None
        finally:
            self._asking.release()
