"""Indexes in an Elasticsearch cluster, for web servers and workers on any number of machines that share one database.

Who may bring an index further is a lease. What is written is not refreshed: the lease's row says that a refresh is due, and
whoever reads next, in whatever process, pays for it once.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial

from models import leases
from models.errors import Unavailable
from models.leases import Busy, Held
from search.elastic.cluster import Cluster
from search.elastic.index import ElasticIndex, Replacement
from search.elastic.options import Options
from search.index import Changes, IndexKey, Lost, Space

PATIENCE = 30.0  # seconds that a reader waits for another one to bring the index up to date
PIECE = 5_000  # rows after which a rebuild notes how far it is


class ElasticTurn:
    """A lease on one index; what it writes carries its token, so that a turn that was lost cannot put older over newer."""

    def __init__(self, index: ElasticIndex, held: Held) -> None:
        self._index = index
        self._held = held
        self.version = held.token

    def apply(self, changes: Changes) -> None:
        """As Turn.apply."""
        self._index.write(changes, version=self.version)

    def show(self) -> None:
        """As Turn.show."""
        self._index.refresh()

    def lasts(self) -> bool:
        """As Turn.lasts."""
        return leases.holds(self._held)

    def end(self) -> bool:
        """As Turn.end; a refresh is due from then on."""
        return leases.end(self._held)


class ElasticEngine:
    """The engine of a cluster."""

    piece = PIECE

    def __init__(self, options: Options, space: Callable[[str], Space]) -> None:
        self.name = f"elasticsearch {options.prefix}"
        self._cluster = Cluster(options)
        self._space = space
        self._queues: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)

    def get(self, key: IndexKey) -> ElasticIndex:
        """As Engine.get."""
        return self._cluster.index(key, partial(self._space, key.model))

    @contextmanager
    def exclusive(self, key: IndexKey, *, needed: Callable[[], bool] = lambda: True, wait: bool = True) -> Iterator[ElasticTurn | None]:
        """As Engine.exclusive."""
        with ExitStack() as stack:
            try:
                held = stack.enter_context(self._held(f"apply {_name(key)}", needed=needed, patience=PATIENCE if wait else 0.0))
            except Busy:
                if wait:
                    raise Unavailable("search engine") from None
                held = None
            yield ElasticTurn(self.get(key), held) if held is not None else None

    def show(self, key: IndexKey) -> None:
        """As Engine.show: one SELECT, and a refresh when something was written since the last one."""
        name = f"apply {_name(key)}"
        if due := leases.unshown(name):
            self.get(key).refresh()
            leases.show(name, due)

    def is_made(self, key: IndexKey) -> bool:
        """As Engine.is_made."""
        return self.get(key).is_made()

    def problem(self, key: IndexKey) -> str:
        """As Engine.problem."""
        return self.get(key).problem()

    @contextmanager
    def rebuilding(self, key: IndexKey) -> Iterator[None]:
        """As Engine.rebuilding; the lease of a process that died on another machine ends after a while."""
        with ExitStack() as stack:
            try:
                stack.enter_context(self._held(f"rebuild {_name(key)}", needed=lambda: True, patience=PATIENCE))
            except Busy:
                raise Unavailable("search engine") from None
            yield

    def is_rebuilding(self, key: IndexKey) -> bool:
        """As Engine.is_rebuilding."""
        return leases.is_held(f"rebuild {_name(key)}")

    def begin(self, key: IndexKey) -> str:
        """As Engine.begin."""
        return self.get(key).begin().name

    def fits(self, key: IndexKey, target: str) -> bool:
        """As Engine.fits."""
        return self.get(key).serves(target) or self._unfinished(key, target) is not None

    def fill(self, key: IndexKey, target: str, changes: Changes, *, version: int) -> None:
        """As Engine.fill."""
        fresh = self._unfinished(key, target)
        if fresh is not None:
            fresh.apply(changes, version=version)
        elif self.get(key).serves(target):
            self.get(key).write(changes, version=version)
        else:
            raise Lost

    def put_in_place(self, key: IndexKey, target: str) -> None:
        """As Engine.put_in_place."""
        fresh = self._unfinished(key, target)
        if fresh is not None:
            self.get(key).replace_by(fresh)
        elif not self.get(key).serves(target):
            raise Lost

    def sweep(self, key: IndexKey, keep: str = "") -> None:
        """As Engine.sweep."""
        self.get(key).sweep(keep)

    def wait(self, seconds: float, report: Callable[[str], None]) -> None:
        """As Engine.wait."""
        self._cluster.wait(seconds, report)

    def is_healthy(self) -> bool:
        """As Engine.is_healthy: nothing of any index is missing."""
        try:
            return self._cluster.health().status != "red"
        except Unavailable:
            return False

    def close(self) -> None:
        """As Engine.close."""
        self._cluster.close()

    def forget(self) -> None:
        """As Engine.forget."""
        self._cluster.forget()
        self._queues = defaultdict(threading.Lock)

    def _unfinished(self, key: IndexKey, target: str) -> Replacement | None:
        fresh = self.get(key).unfinished()
        return fresh if fresh is not None and fresh.name == target else None

    @contextmanager
    def _held(self, name: str, *, needed: Callable[[], bool], patience: float) -> Iterator[Held | None]:
        """A lease; None when, after waiting, it is not needed any more. Raises Busy."""
        with _queued(self._queues[name], patience):
            if not needed():
                yield None
                return
            with leases.holding(name, patience=patience, needed=needed) as held:
                yield held


@contextmanager
def _queued(lock: threading.Lock, patience: float) -> Iterator[None]:
    """The threads of one process queue here, so that only one of them asks the database for a lease. Raises Busy."""
    if not lock.acquire(timeout=patience):
        raise Busy
    try:
        yield
    finally:
        lock.release()


def _name(key: IndexKey) -> str:
    return f"{key.tenant} {key.model}"
