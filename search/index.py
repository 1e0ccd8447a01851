"""The port that a search engine fills: one index per owner and embedding model.

Engines know slots, tokens and vectors; chunk ids, texts and counters stay in the rows. The embedded and the Elasticsearch
adapter pass the same suite, tests/ports/test_chunk_index.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from models.errors import Unavailable


@dataclass(frozen=True, slots=True)
class IndexKey:
    """Names an index: the owner, and the embedding model as the catalogue resolves it."""

    tenant: str
    model: str


@dataclass(frozen=True)
class Space:
    """The vectors of one model: `mean` float32 [dim] is that of many texts; `digest` changes with the model."""

    mean: NDArray[np.float32]
    digest: str = ""

    @property
    def dimension(self) -> int:
        """How many numbers a vector has."""
        return len(self.mean)


@dataclass(frozen=True, slots=True)
class Entry:
    """What an index holds of one chunk. `terms` and `vector` of a slot never change, its `available` may."""

    slot: int
    dataset: str
    document: str
    terms: Sequence[str]  # with repetitions: content once, title twice, keywords five times, questions six times
    vector: NDArray[np.float16]  # [dim], unit length
    available: bool = True


@dataclass(frozen=True, slots=True)
class Changes:
    """One commit: everything in `slots`, `documents` and `datasets` is removed, then `entries` are added."""

    slots: Sequence[int] = ()
    documents: Sequence[str] = ()
    datasets: Sequence[str] = ()
    entries: Iterable[Entry] = ()


@dataclass(frozen=True, slots=True)
class Filter:
    """Which chunks may answer. None means no restriction; an empty sequence admits nothing."""

    datasets: Sequence[str] | None = None
    documents: Sequence[str] | None = None
    with_unavailable: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """One question to an index, for retrieval (with a vector) and for listing by keywords (without).

    `terms`: distinct tokens of the question; the adapter keeps the 256 rarest of those its index knows.
    `vector`: float32 [dim], unit length, or None.
    `text_candidates` best by terms, union `vector_candidates` best by vector. `share` is the part of the known terms
    a chunk must have to count as a match of the terms (0: one suffices).
    """

    terms: Sequence[str]
    filter: Filter
    vector: NDArray[np.float32] | None = None
    text_candidates: int = 1024
    vector_candidates: int = 1024
    offset: int = 0
    share: float = 0.0


@dataclass(frozen=True, slots=True)
class Candidates:
    """The union of both candidate lists, each scored by both measures; in no particular order with a vector,
    best first (then by slot) without one.

    `terms`: float64 [n], 0..1, BM25 divided by its bound for the question (retrieval.md 1a, the `t` of the formula);
    0 where nothing matched. `cosines`: float64 [n], raw; 0 without a vector.
    `total`: without a vector, how many chunks match the terms within the filter, however many are returned; with one, how
    many are returned.
    """

    slots: NDArray[np.int64]
    terms: NDArray[np.float64]
    cosines: NDArray[np.float64]
    total: int


class Lost(Unavailable):
    """An index that this process knew to be made is gone; it has to be made anew from the rows."""

    def __init__(self) -> None:
        super().__init__("search engine")


class ChunkIndex(Protocol):
    """One index of one owner and model."""

    def apply(self, changes: Changes) -> None:
        """Make one durable commit of the changes, visible to every later `search` in any process.

        Idempotent: applying the same changes again leaves the same index. Slots, documents and datasets that are not
        there are ignored. An entry whose slot is present replaces it. Raises Unavailable.
        """

    def search(self, query: Query) -> Candidates:
        """Answer one query on the latest commit. No terms and no vector give no candidates. Raises Unavailable."""

    def count(self) -> int:
        """How many entries there are."""

    def drop(self) -> None:
        """Remove the index and all its files; the next use starts empty."""

    def close(self) -> None:
        """Release files and memory; the index may not be used afterwards."""
