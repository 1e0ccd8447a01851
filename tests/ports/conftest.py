"""The adapters that a port's contract suite runs against."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from search.embedded import EmbeddedIndex, Space
from search.index import ChunkIndex

DIMENSION = 16
OpenIndex = Callable[[], ChunkIndex]


@pytest.fixture(params=["embedded"])
def open_index(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[OpenIndex]:
    """Opens the same index again and again, as every process has its own."""
    space = Space(np.full(DIMENSION, 0.01, dtype=np.float32), digest="test")
    adapters: dict[str, OpenIndex] = {"embedded": lambda: EmbeddedIndex(tmp_path / "index", lambda: space)}
    opened: list[ChunkIndex] = []

    def open_() -> ChunkIndex:
        opened.append(adapters[request.param]())
        return opened[-1]

    yield open_
    for index in opened:
        index.close()


@pytest.fixture
def index(open_index: OpenIndex) -> ChunkIndex:
    """An empty index."""
    return open_index()
