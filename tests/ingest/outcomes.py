"""What becomes of a file, told by a child process that a crash or a hang cannot take the tests down with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import get_context

from pathlib import Path

from pebble import ProcessPool

from ingest.blocks import Unreadable
from ingest.chunk import chunk_file
from ingest.kinds import method_of

SECONDS = 60

Outcome = tuple[list[tuple[str, list[tuple[int, ...]]]], str | None]


class Child:
    """A process that chunks one file after the other; one that takes a minute is killed, and its test fails."""

    def __init__(self, pool: ProcessPool) -> None:
        self._pool = pool
        self._known: dict[Path, Outcome] = {}

    def outcome(self, path: Path) -> Outcome:
        """Contents with positions, and the reason when the file was refused."""
        if path not in self._known:
            self._known[path] = self._pool.schedule(outcome_of, args=[path], timeout=SECONDS).result()
        return self._known[path]


@contextmanager
def child() -> Iterator[Child]:
    """A child for as long as the tests of a module run."""
    with ProcessPool(max_workers=1, context=get_context("spawn")) as pool:
        yield Child(pool)
        pool.stop()


def outcome_of(path: Path) -> Outcome:
    """Chunk a file by the method an upload would give it."""
    found = []
    try:
        method = method_of(path.name, "naive")
        for draft in chunk_file(path, name=path.name, method=method, config={}, language="English", report=lambda *_: None):
            found.append((draft.content, draft.positions))
    except Unreadable as error:
        return found, error.message
    return found, None
