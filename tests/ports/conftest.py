"""The adapters that a port's contract suite runs against."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.base import new_id
from search.elastic.cluster import Cluster
from search.elastic.options import Options
from search.embedded import EmbeddedIndex
from search.index import ChunkIndex, IndexKey, Space

DIMENSION = 16
OpenIndex = Callable[[], ChunkIndex]


@pytest.fixture(params=["embedded", "elasticsearch", "elasticsearch in 3 shards by hnsw"])
def open_index(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[OpenIndex]:
    """Opens the same index again and again, as every process has its own."""
    space = Space(np.full(DIMENSION, 0.01, dtype=np.float32), digest="test")
    if request.param == "embedded":
        yield from _opening(lambda: EmbeddedIndex(tmp_path / "index", lambda: space))
        return
    more: dict[str, Any] = {} if request.param == "elasticsearch" else {"shards": 3, "vector_index": "int8_hnsw"}
    options = Options([request.getfixturevalue("elasticsearch")], prefix="ports", **more)
    key = IndexKey(new_id(), "model")
    yield from _opening(lambda: Cluster(options).index(key, lambda: space))
    Cluster(options).index(key, lambda: space).drop()


def _opening(opened: OpenIndex) -> Iterator[OpenIndex]:
    known: list[ChunkIndex] = []

    def open_() -> ChunkIndex:
        known.append(opened())
        return known[-1]

    yield open_
    for index in known:
        index.close()


@pytest.fixture
def index(open_index: OpenIndex) -> ChunkIndex:
    """An empty index."""
    return open_index()
