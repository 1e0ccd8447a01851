"""Embedded indexes in the folders below one: opened when first used, the least used given up when memory runs short."""

from __future__ import annotations

import hashlib
import os
import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from search.embedded.index import EmbeddedIndex, is_locked, locked
from search.index import Changes, IndexKey, Space

MEMORY = 256 << 20  # bytes of vectors that one process holds, over all indexes


class EmbeddedTurn:
    """The outbox lock of an index, which the system keeps for as long as its holder lives."""

    version = 0

    def __init__(self, index: EmbeddedIndex) -> None:
        self._index = index

    def apply(self, changes: Changes) -> None:
        """As Turn.apply; searches see it at once."""
        self._index.apply(changes)

    def show(self) -> None:
        """As Turn.show: they see it already."""

    def lasts(self) -> bool:
        """As Turn.lasts."""
        return True

    def end(self) -> bool:
        """As Turn.end."""
        return True


class EmbeddedEngine:
    """The engine that needs no server."""

    name = "embedded"
    piece = None

    def __init__(self, folder: Path, space: Callable[[str], Space]) -> None:
        self._folder = folder
        self._space = space
        self._lock = threading.Lock()
        self._open: OrderedDict[IndexKey, EmbeddedIndex] = OrderedDict()

    def get(self, key: IndexKey) -> EmbeddedIndex:
        """As Engine.get."""
        with self._lock:
            found = self._open.get(key)
            if found is None:
                found = self._open[key] = EmbeddedIndex(self._path(key), partial(self._space, key.model))
            self._open.move_to_end(key)
            self._give_up_memory()
            return found

    @contextmanager
    def exclusive(self, key: IndexKey, *, needed: Callable[[], bool] = lambda: True, wait: bool = True) -> Iterator[EmbeddedTurn]:
        """As Engine.exclusive; a turn comes soon, so it is always waited for."""
        with locked(self._sibling(key, "outbox")):
            yield EmbeddedTurn(self.get(key))

    def show(self, key: IndexKey) -> None:
        """As Engine.show: they see it already."""

    def is_made(self, key: IndexKey) -> bool:
        """As Engine.is_made."""
        return self.get(key).is_made()

    def problem(self, key: IndexKey) -> str:
        """As Engine.problem."""
        return "" if self.get(key).verify() else "its files are damaged, or were made by another version or for another model"

    @contextmanager
    def rebuilding(self, key: IndexKey) -> Iterator[None]:
        """As Engine.rebuilding."""
        with locked(self._sibling(key, "rebuild")):
            yield

    def is_rebuilding(self, key: IndexKey) -> bool:
        """As Engine.is_rebuilding."""
        return is_locked(self._sibling(key, "rebuild"))

    def begin(self, key: IndexKey) -> str:
        """As Engine.begin."""
        return self.get(key).begin()

    def fits(self, key: IndexKey, target: str) -> bool:
        """As Engine.fits: a folder is filled in one go or not at all."""
        return False

    def fill(self, key: IndexKey, target: str, changes: Changes, *, version: int) -> None:
        """As Engine.fill."""
        self.get(key).fill(target, changes)

    def put_in_place(self, key: IndexKey, target: str) -> None:
        """As Engine.put_in_place."""
        self.get(key).put_in_place(target)

    def sweep(self, key: IndexKey, keep: str = "") -> None:
        """As Engine.sweep."""
        self.get(key).sweep(keep)

    def wait(self, seconds: float, report: Callable[[str], None]) -> None:
        """As Engine.wait: there is nobody to wait for."""

    def is_healthy(self) -> bool:
        """As Engine.is_healthy."""
        return os.access(self._folder, os.R_OK | os.W_OK)

    def close(self) -> None:
        """As Engine.close."""
        with self._lock:
            while self._open:
                self._open.popitem()[1].close()

    def forget(self) -> None:
        """As Engine.forget."""
        self._lock = threading.Lock()
        self._open = OrderedDict()

    def _path(self, key: IndexKey) -> Path:
        """Where the index of a key lives: a name to recognise, and a digest so that no two keys share it."""
        name = re.sub(r"[^0-9A-Za-z.-]+", "-", f"{key.tenant}-{key.model}")[:64]
        digest = hashlib.blake2b(f"{key.tenant}\0{key.model}".encode(), digest_size=8).hexdigest()
        return self._folder / f"{name}-{digest}"

    def _sibling(self, key: IndexKey, suffix: str) -> Path:
        path = self._path(key)
        return path.with_name(f"{path.name}.{suffix}")

    def _give_up_memory(self) -> None:
        held = sum(opened.memory() for opened in self._open.values())
        while held > MEMORY and len(self._open) > 1:
            _, oldest = self._open.popitem(last=False)
            held -= oldest.memory()
            oldest.close()
