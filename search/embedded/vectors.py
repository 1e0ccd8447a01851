"""All vectors of one commit, and the search for the nearest: exact when few, by sign bits and exact rescoring when many."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from search.embedded.segment import Bools, Floats, Ints, Segment, code, signs
from search.index import Filter, Space

# Numbers (rows x dimension) up to which every vector is compared; this much is held as float32 by each process.
EXACT = 50_000 * 384
POOL, POOL_SHARE = 2_560, 0.01  # rows rescored after the sign bits: at least, and of all rows

Kind = TypeVar("Kind", bound=np.generic)
Scores = NDArray[np.float64]


class Vectors:
    """A snapshot: rows are numbered through its segments, in their order."""

    def __init__(self, segments: Sequence[Segment]) -> None:
        self.segments = tuple(segments)
        self._starts = np.cumsum([0, *(len(segment.slots) for segment in segments)])

    @cached_property
    def slots(self) -> Ints:
        """The slot of each row, deleted ones included."""
        return _joined([segment.slots for segment in self.segments], np.int64)

    @cached_property
    def alive(self) -> Bools:
        """Which rows are not deleted."""
        return _joined([segment.alive for segment in self.segments], np.bool_)

    @cached_property
    def usable(self) -> Bools:
        """Which rows are neither deleted nor switched off."""
        return _joined([segment.usable for segment in self.segments], np.bool_)

    @cached_property
    def datasets(self) -> Ints:
        """The code of each row's dataset."""
        return _joined([segment.datasets for segment in self.segments], np.int64)

    @cached_property
    def documents(self) -> Ints:
        """The code of each row's document."""
        return _joined([segment.documents for segment in self.segments], np.int64)

    @cached_property
    def count(self) -> int:
        """How many rows are not deleted."""
        return int(np.count_nonzero(self.alive))

    def memory(self) -> int:
        """About how many bytes the process holds once it has compared all vectors."""
        columns = sum(len(segment.slots) * 4 * 8 for segment in self.segments)
        return columns + sum(segment.held() for segment in self.segments)

    def admitted(self, filter: Filter) -> Bools:
        """Which rows a filter lets through."""
        mask = self.alive if filter.with_unavailable else self.usable
        if filter.datasets is not None:
            mask = mask & np.isin(self.datasets, codes(filter.datasets))
        if filter.documents is not None:
            mask = mask & np.isin(self.documents, codes(filter.documents))
        return mask

    def rows(self, slots: Ints) -> Ints:
        """The row of each slot, -1 where there is none or it is deleted."""
        found = np.full(len(slots), -1, dtype=np.int64)
        for start, segment in zip(self._starts, self.segments, strict=False):
            at = segment.find(slots)
            found = np.where((at >= 0) & segment.alive[at], at + start, found)
        return found

    def nearest(self, query: Floats, mask: Bools, limit: int, space: Callable[[], Space]) -> Ints:
        """The rows nearest to the query among those in the mask, in no particular order."""
        if limit < 1:
            return np.zeros(0, dtype=np.int64)
        inside = int(np.count_nonzero(mask))
        if inside <= limit:
            return np.flatnonzero(mask)
        if self._compares_all(query):
            scores = np.concatenate([segment.floats @ query for segment in self.segments])
            scores[~mask] = -np.inf
            return np.argpartition(scores, -limit)[-limit:]
        pool = self._pool(query, mask, max(POOL, 2 * limit + limit // 2, int(POOL_SHARE * inside)), space())
        if len(pool) <= limit:
            return pool
        return pool[np.argpartition(self.cosines(pool, query), -limit)[-limit:]]

    def cosines(self, rows: Ints, query: Floats) -> Scores:
        """The cosine of each row: the same number whatever rows it is asked with, which a matrix product does not promise."""
        scores = np.zeros(len(rows), dtype=np.float64)
        owners = np.searchsorted(self._starts, rows, side="right") - 1
        for owner in np.unique(owners):
            here = owners == owner
            segment, at = self.segments[owner], rows[here] - self._starts[owner]
            vectors = segment.floats[at] if self._compares_all(query) else segment.vectors[at].astype(np.float32)
            scores[here] = np.einsum("ij,j->i", vectors, query)
        return np.clip(np.round(scores, 6), -1.0, 1.0)

    def _compares_all(self, query: Floats) -> bool:
        return int(self._starts[-1]) * len(query) <= EXACT

    def _pool(self, query: Floats, mask: Bools, size: int, space: Space) -> Ints:
        """The rows whose signs differ least from the query's, `size` of them or a few more."""
        wanted = signs(query[None, :], space)[0]
        distances = np.full(len(mask), 65_535, dtype=np.uint16)
        for start, segment in zip(self._starts, self.segments, strict=False):
            total = np.zeros(len(segment.slots), dtype=np.uint16)
            for word, own in zip(segment.bits, wanted, strict=True):
                total += np.bitwise_count(word ^ own)
            distances[start : start + len(total)] = total
        reached = np.cumsum(np.bincount(distances[mask], minlength=1))
        limit = int(np.searchsorted(reached, size))
        return np.flatnonzero((distances <= limit) & mask)


def codes(ids: Sequence[str]) -> Ints:
    """The codes of some ids."""
    return np.fromiter((code(id) for id in ids), np.int64, len(ids))


def _joined(parts: Sequence[NDArray[Kind]], kind: type[Kind]) -> NDArray[Kind]:
    return np.concatenate(parts) if parts else np.zeros(0, dtype=kind)
