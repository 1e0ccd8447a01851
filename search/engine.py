"""The engine that keeps the indexes, chosen once for this process: folders on this machine, or an Elasticsearch cluster."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

import numpy as np

from models.errors import Unavailable
from models.tables import Lease, Outbox
from search import rows
from search.elastic.options import Options
from search.embedded.engine import EmbeddedEngine
from search.embedding import embedder
from search.index import Changes, ChunkIndex, IndexKey, Space


class Turn(Protocol):
    """The right to bring one index up to date with the rows."""

    @property
    def version(self) -> int:
        """A number larger than that of every turn before."""

    def apply(self, changes: Changes) -> None:
        """Make a durable commit of the changes; searches see it after `Engine.show`. Raises Unavailable."""

    def show(self) -> None:
        """Let searches see what was applied, before the turn ends. Raises Unavailable."""

    def lasts(self) -> bool:
        """Tell whether nobody else has the turn by now."""

    def end(self) -> bool:
        """Give the turn back after a commit, inside the transaction that forgets its changes.

        False when the turn was lost to another one: the changes must then be kept, for they may have come too late.
        """


class Engine(Protocol):
    """What keeps the indexes. Every method raises Unavailable when it does not answer."""

    @property
    def name(self) -> str:
        """Which indexes these are, to tell them from those of another engine."""

    @property
    def piece(self) -> int | None:
        """After how many rows a rebuild notes how far it is, to be resumed there; None when it cannot be."""

    def get(self, key: IndexKey) -> ChunkIndex:
        """The index of a key, whether or not there is anything in it yet."""

    def exclusive(
        self, key: IndexKey, *, needed: Callable[[], bool] = lambda: True, wait: bool = True
    ) -> AbstractContextManager[Turn | None]:
        """The turn to bring an index up to date, for one at a time over all machines; readers are not held up.

        None when it was not `needed` any more after waiting for it, or when another has it and it is not to be waited for.
        Raises Unavailable when it did not come in time.
        """

    def show(self, key: IndexKey) -> None:
        """Let searches see all that was applied until now, in whatever process."""

    def is_made(self, key: IndexKey) -> bool:
        """Tell whether there is an index at all; a cheap question."""

    def problem(self, key: IndexKey) -> str:
        """Say why an index has to be made anew: it is damaged, or was not made by this program for this model; '' when it is well."""

    def rebuilding(self, key: IndexKey) -> AbstractContextManager[None]:
        """The right to make an index anew, for one process at a time."""

    def is_rebuilding(self, key: IndexKey) -> bool:
        """Tell whether a living process makes the index anew."""

    def begin(self, key: IndexKey) -> str:
        """Make an empty target beside the index that serves, to be filled; returns its name."""

    def fits(self, key: IndexKey, target: str) -> bool:
        """Tell whether a target that another process began can be filled further."""

    def fill(self, key: IndexKey, target: str, changes: Changes, *, version: int) -> None:
        """Make a durable commit to a target."""

    def put_in_place(self, key: IndexKey, target: str) -> None:
        """Let the target serve from now on, in one step; nothing when it does already."""

    def sweep(self, key: IndexKey, keep: str = "") -> None:
        """Remove what rebuilds left: all but what serves and `keep`."""

    def wait(self, seconds: float, report: Callable[[str], None]) -> None:
        """Wait until the engine answers, for so long; report gets a sentence whenever the reason changes."""

    def is_healthy(self) -> bool:
        """Tell whether requests can be served; raises nothing."""

    def close(self) -> None:
        """Let go of every index."""

    def forget(self) -> None:
        """Start anew in a forked child, which may not use what its parent opened."""


def model_space(model: str) -> Space:
    """The vector space of a model, as its embedder tells it. Raises Unavailable."""
    found = embedder(model)
    mean = np.asarray(found.mean, dtype=np.float32)
    return Space(mean, hashlib.blake2b(model.encode() + mean.tobytes(), digest_size=8).hexdigest())


_LAST = "engine"
_engine: Engine | None = None


def open_indexes(place: Path | Options, *, space: Callable[[str], Space] = model_space) -> None:
    """Say where the indexes are kept, in a folder or a cluster; opens nothing. `space` gives the vector space of a model."""
    global _engine
    close()
    if isinstance(place, Path):
        _engine = EmbeddedEngine(place, space)
    else:
        from search.elastic.engine import ElasticEngine  # its client is not loaded where it is not used

        _engine = ElasticEngine(place, space)


def opened() -> Engine:
    """The engine of this process."""
    if _engine is None:
        raise RuntimeError("open_indexes was not called")
    return _engine


def index(key: IndexKey) -> ChunkIndex:
    """The index of a key; an empty one when nothing was ever put into it."""
    return opened().get(key)


def verify_all(keys: Sequence[IndexKey], report: Callable[[float], None] | None = None) -> dict[IndexKey, str]:
    """The keys whose index has to be made anew, each with the reason. Reads all files; report gets 0..1. Raises Unavailable.

    Rows are only counted where no change waits to be applied.
    """
    expected = rows.counts()
    waiting = {IndexKey(tenant, model) for tenant, model in rows.tuples_of(Outbox.select(Outbox.tenant, Outbox.model).distinct())}
    bad = {}
    for number, key in enumerate(keys):
        reason = opened().problem(key) or ("" if key in waiting else _missing(key, expected[key]))
        if reason:
            bad[key] = reason
        if report is not None:
            report((number + 1) / len(keys))
    return bad


def is_another() -> bool:
    """Tell whether changes went to another engine until now, so that the indexes of this one cannot be trusted."""
    return remembered() not in ("", opened().name)


def remembered() -> str:
    """The name of the engine that got the changes until now; '' when none did."""
    last = Lease.get_or_none(Lease.name == _LAST)
    return "" if last is None else str(last.owner)


def remember() -> None:
    """Note which engine gets the changes from now on."""
    Lease.insert(name=_LAST).on_conflict_ignore().execute()
    Lease.update(owner=opened().name).where(Lease.name == _LAST).execute()


def close() -> None:
    """Let go of every index of this process."""
    if _engine is not None:
        _engine.close()


def _missing(key: IndexKey, expected: int) -> str:
    try:
        opened().show(key)
        count = index(key).count()
    except Unavailable:
        return "it cannot be read"
    return "" if count == expected else f"it has {count} of {expected} chunks"


def _forget_after_fork() -> None:
    if _engine is not None:
        _engine.forget()


os.register_at_fork(after_in_child=_forget_after_fork)
