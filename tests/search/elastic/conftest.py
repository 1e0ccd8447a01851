"""Indexes on the cluster of the tests, each of an owner of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest

from models.base import new_id
from search.elastic.cluster import Cluster
from search.elastic.index import ElasticIndex
from search.elastic.options import Options
from search.index import Entry, IndexKey, Space

DIMENSION = 8
SPACE = Space(np.zeros(DIMENSION, dtype=np.float32), digest="now")
Opening = Callable[..., ElasticIndex]


@pytest.fixture
def opening(elasticsearch: str) -> Iterator[Opening]:
    """Opens one index again and again, as every process has its own, for a space that a test may choose."""
    key = IndexKey(new_id(), "model")
    options = Options([elasticsearch], prefix="adapter")
    yield lambda space=SPACE: Cluster(options).index(key, lambda: space)
    Cluster(options).index(key, lambda: SPACE).drop()


@pytest.fixture
def index(opening: Opening) -> ElasticIndex:
    """An index that nothing was put into."""
    return opening()


def entry(slot: int, text: str = "apple", *, document: str = "p", available: bool = True, dimension: int = DIMENSION) -> Entry:
    """An entry with a vector of its slot's own."""
    drawn = np.random.default_rng(slot).normal(size=dimension)
    return Entry(slot, "d", document, text.split(), (drawn / np.linalg.norm(drawn)).astype(np.float16), available)
