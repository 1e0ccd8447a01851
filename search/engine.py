"""The indexes of this process: opened when first used, forgotten after a fork, the least used given up when memory runs short."""

from __future__ import annotations

import hashlib
import os
import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path

import numpy as np

from models.errors import Unavailable
from models.tables import Outbox
from search import rows
from search.embedded import EmbeddedIndex, Space
from search.embedded.index import Replacement, is_locked, locked
from search.embedding import embedder
from search.index import ChunkIndex, IndexKey

MEMORY = 256 << 20  # bytes of vectors that one process holds, over all indexes


def model_space(model: str) -> Space:
    """The vector space of a model, as its embedder tells it. Raises Unavailable."""
    found = embedder(model)
    mean = np.asarray(found.mean, dtype=np.float32)
    return Space(mean, hashlib.blake2b(model.encode() + mean.tobytes(), digest_size=8).hexdigest())


class Engine:
    """Embedded indexes in the folders below one."""

    def __init__(self, folder: Path, space: Callable[[str], Space]) -> None:
        self._folder = folder
        self._space = space
        self._lock = threading.Lock()
        self._open: OrderedDict[IndexKey, EmbeddedIndex] = OrderedDict()

    def get(self, key: IndexKey) -> EmbeddedIndex:
        """The index of a key, whether or not there is anything in it yet."""
        with self._lock:
            found = self._open.get(key)
            if found is None:
                found = self._open[key] = EmbeddedIndex(self.path(key), partial(self._space, key.model))
            self._open.move_to_end(key)
            self._give_up_memory()
            return found

    def path(self, key: IndexKey) -> Path:
        """Where the index of a key lives: a name to recognise, and a digest so that no two keys share it."""
        name = re.sub(r"[^0-9A-Za-z.-]+", "-", f"{key.tenant}-{key.model}")[:64]
        digest = hashlib.blake2b(f"{key.tenant}\0{key.model}".encode(), digest_size=8).hexdigest()
        return self._folder / f"{name}-{digest}"

    def close(self) -> None:
        """Let go of every index."""
        with self._lock:
            while self._open:
                self._open.popitem()[1].close()

    def forget(self) -> None:
        """Start anew in a forked child, which may not use what its parent opened."""
        self._lock = threading.Lock()
        self._open = OrderedDict()

    def _give_up_memory(self) -> None:
        held = sum(opened.memory() for opened in self._open.values())
        while held > MEMORY and len(self._open) > 1:
            _, oldest = self._open.popitem(last=False)
            held -= oldest.memory()
            oldest.close()


_engine: Engine | None = None


def open_indexes(folder: Path, *, space: Callable[[str], Space] = model_space) -> None:
    """Say where the indexes are kept; opens nothing. `space` gives the vector space of a model."""
    global _engine
    close()
    _engine = Engine(Path(folder), space)


def index(key: IndexKey) -> ChunkIndex:
    """The index of a key; an empty one when nothing was ever put into it."""
    return _opened().get(key)


def exclusive(key: IndexKey) -> AbstractContextManager[None]:
    """Hold the right to bring this index up to date with the rows; readers are not held up."""
    return locked(_sibling(key, "outbox"))


@contextmanager
def replacement(key: IndexKey) -> Iterator[Replacement]:
    """An empty index to fill beside the current one, by one process at a time; `replace` puts it in place. Raises Unavailable."""
    with locked(_sibling(key, "rebuild")), _opened().get(key).replacement() as fresh:
        yield fresh


def replace(key: IndexKey, fresh: Replacement) -> None:
    """Put a replacement in place, in one step. Raises Unavailable."""
    _opened().get(key).replace_by(fresh)


def journal(key: IndexKey) -> Path:
    """Where to note changes that a replacement, filled at this moment, has to be given too."""
    return _sibling(key, "journal")


def is_replacing(key: IndexKey) -> bool:
    """Tell whether a living process fills a replacement."""
    return is_locked(_sibling(key, "rebuild"))


def is_made(key: IndexKey) -> bool:
    """Tell whether there is an index at all; a cheap question. Raises Unavailable."""
    return _opened().get(key).is_made()


def check(key: IndexKey) -> bool:
    """Tell whether the files of an index are whole, and made by this program for this model. Raises Unavailable."""
    return _opened().get(key).verify()


def verify_all(keys: Sequence[IndexKey], report: Callable[[float], None] | None = None) -> list[IndexKey]:
    """The keys whose index has to be built anew: damaged, unfit, or short of rows. Reads all files; report gets 0..1.

    Rows are only counted where no change waits to be applied.
    """
    expected = rows.counts()
    waiting = {IndexKey(tenant, model) for tenant, model in rows.tuples_of(Outbox.select(Outbox.tenant, Outbox.model).distinct())}
    bad = []
    for number, key in enumerate(keys):
        if not (check(key) and (key in waiting or _counts(key, expected[key]))):
            bad.append(key)
        if report is not None:
            report((number + 1) / len(keys))
    return bad


def close() -> None:
    """Let go of every index of this process."""
    if _engine is not None:
        _engine.close()


def _counts(key: IndexKey, expected: int) -> bool:
    try:
        return index(key).count() == expected
    except Unavailable:
        return False


def _sibling(key: IndexKey, suffix: str) -> Path:
    path = _opened().path(key)
    return path.with_name(f"{path.name}.{suffix}")


def _opened() -> Engine:
    if _engine is None:
        raise RuntimeError("open_indexes was not called")
    return _engine


def _forget_after_fork() -> None:
    if _engine is not None:
        _engine.forget()


os.register_at_fork(after_in_child=_forget_after_fork)
