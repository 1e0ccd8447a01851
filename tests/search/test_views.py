"""What one process sees of an index while another one commits."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from search.embedded import EmbeddedIndex, Space, generation
from search.index import Changes, Entry, Filter, Query

VECTORS = np.eye(8, dtype=np.float16)


def entry(slot: int) -> Entry:
    """An entry of one word."""
    return Entry(slot, "0" * 32, "0" * 32, ["kettle"], VECTORS[slot])


def seen(index: EmbeddedIndex) -> list[int]:
    """The slots that a search finds."""
    return sorted(index.search(Query(["kettle"], Filter(), VECTORS[0].astype(np.float32))).slots.tolist())


def test_an_acknowledged_commit_is_seen_while_another_process_makes_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine, other = (EmbeddedIndex(tmp_path / "index", lambda: Space(np.zeros(8, np.float32), "x")) for _ in range(2))
    mine.apply(Changes(entries=[entry(1)]))
    assert seen(mine) == [1]
    mine.apply(Changes(entries=[entry(2)]))  # and not looked at
    begun, go, write = threading.Event(), threading.Event(), generation.manifests.write

    def slow_write(*manifest: object) -> None:
        begun.set()
        go.wait()
        write(*manifest)

    monkeypatch.setattr(generation.manifests, "write", slow_write)
    committing = threading.Thread(target=lambda: other.apply(Changes(entries=[entry(3)])))
    committing.start()
    begun.wait()
    threading.Timer(0.2, go.set).start()
    assert {1, 2} <= set(seen(mine))
    committing.join()


def test_an_index_opened_for_the_first_time_while_it_is_written_is_not_taken_for_damaged(tmp_path: Path) -> None:
    """The files that a manifest named were changed and gone before a fresh process had looked at them."""
    folder, over = tmp_path / "index", threading.Event()

    def fresh() -> EmbeddedIndex:
        return EmbeddedIndex(folder, lambda: Space(np.zeros(8, np.float32), "x"))

    def open_all_the_time() -> None:
        while not over.is_set():
            assert 1 in seen(fresh())

    written = fresh()
    written.apply(Changes(entries=[entry(1)]))
    with ThreadPoolExecutor(2) as pool:
        readers = [pool.submit(open_all_the_time) for _ in range(2)]
        for turn in range(80):
            written.apply(Changes(entries=[entry(2 + turn % 6)], slots=[2 + (turn + 1) % 6]))
        over.set()
        for reader in readers:
            reader.result()
