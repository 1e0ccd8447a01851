"""The next state of the vectors while one commit is made: rows die, come back, are added; segments are merged as they gather."""

from __future__ import annotations

import math
import secrets
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from search.embedded import segment
from search.embedded.manifest import SegmentFiles
from search.embedded.segment import Bools, Ints, Rows, Segment
from search.embedded.vectors import codes
from search.index import Entry, Space

ROWS = 16_384  # a segment is cut here, which bounds the memory of a commit; one of this size is merged no more
FANOUT = 4  # this many segments of one size become one
DEAD = 0.5  # a segment with more deleted rows than this is written anew


class Draft:
    """Collects one commit. Files it writes belong to nothing until a manifest names them."""

    def __init__(self, folder: Path, segments: Sequence[Segment], space: Space) -> None:
        self._folder = folder
        self._space = space
        self._segments = list(segments)
        self._states = [(segment.alive.copy(), segment.available.copy()) for segment in segments]
        self._waiting: list[Rows] = []
        self._seen: set[int] = set()
        self._removed = False
        self.sums: dict[str, tuple[int, int]] = {}

    def remove(self, *, slots: Sequence[int], documents: Ints, datasets: Ints) -> int:
        """Let rows die by slot, document and dataset code; returns how many did."""
        wanted = np.array(sorted(slots), dtype=np.int64)
        died = 0
        for own, (alive, _) in zip(self._segments, self._states, strict=True):
            before = np.count_nonzero(alive)
            at = own.find(wanted)
            alive[at[at >= 0]] = False
            if len(documents):
                alive &= ~np.isin(own.documents, documents)
            if len(datasets):
                alive &= ~np.isin(own.datasets, datasets)
            died += int(before - np.count_nonzero(alive))
        return died

    def add(self, entries: Sequence[Entry]) -> set[int]:
        """Add entries of distinct slots; returns the slots that were there and alive. A vector that is there is not stored twice."""
        rows = _rows(entries)
        replaced = self._seen.intersection(rows.slots.tolist())
        missing = np.ones(len(rows.slots), dtype=bool)
        for own, (alive, available) in zip(self._segments, self._states, strict=True):
            at = own.find(rows.slots)
            here = at >= 0
            replaced.update(rows.slots[here][alive[at[here]]].tolist())
            alive[at[here]] = True
            available[at[here]] = rows.available[here]
            missing &= ~here
        self._wait(rows.pick(missing))
        return replaced

    def finish(self) -> tuple[SegmentFiles, ...]:
        """Write what waits, merge what gathered, write changed states; returns the segments of the commit."""
        self._flush()
        for own in range(len(self._segments)):
            self._settle(own)
        self._segments = [own for own in self._segments if own.alive.any()]
        while gathered := self._gathered():
            self._segments = [own for own in self._segments if own not in gathered]
            self._append(Rows.joined([own.rows() for own in gathered]))
        return tuple(own.files for own in self._segments)

    def _wait(self, rows: Rows) -> None:
        again = self._seen.intersection(rows.slots.tolist())
        if again:
            late = np.array(sorted(again), dtype=np.int64)
            self._waiting = [part.pick(~np.isin(part.slots, late)) for part in self._waiting]
        self._seen.update(rows.slots.tolist())
        self._waiting.append(rows)
        if sum(len(part.slots) for part in self._waiting) >= ROWS:
            self._flush()

    def _flush(self) -> None:
        if any(len(part.slots) for part in self._waiting):
            self._append(Rows.joined(self._waiting))
        self._waiting = []
        self._seen = set()

    def _append(self, rows: Rows) -> None:
        """Write rows as a new segment and go on with it."""
        files = SegmentFiles(f"v-{secrets.token_hex(8)}", "", len(rows.slots))
        self.sums[files.name] = segment.write(self._folder, files.name, rows, self._space)
        written = segment.load(self._folder, files, self._space.dimension)
        self._segments.append(self._with_state(written, np.ones(files.rows, dtype=bool), rows.available))
        self._states.append((written.alive.copy(), rows.available.copy()))

    def _settle(self, number: int) -> None:
        """Write the state of a segment when this commit changed it."""
        own, (alive, available) = self._segments[number], self._states[number]
        if not (np.array_equal(own.alive, alive) and np.array_equal(own.available, available)):
            self._segments[number] = self._with_state(own, alive, available)

    def _with_state(self, own: Segment, alive: Bools, available: Bools) -> Segment:
        name = ""
        if not (alive.all() and available.all()):
            name = f"{own.files.name}-{secrets.token_hex(4)}"
            self.sums[name] = segment.write_state(self._folder, name, alive, available)
        return own.with_state(SegmentFiles(own.files.name, name, own.files.rows), alive, available)

    def _gathered(self) -> list[Segment]:
        """Segments to merge into one: a mostly deleted one alone, or enough of one size; none when all is well."""
        for own in self._segments:
            if np.count_nonzero(own.alive) < (1 - DEAD) * own.files.rows:
                return [own]
        sizes: dict[int, list[Segment]] = {}
        for own in self._segments:
            if own.files.rows < ROWS:
                sizes.setdefault(int(math.log(own.files.rows, FANOUT)), []).append(own)
        return next((group for group in sizes.values() if len(group) >= FANOUT), [])


def _rows(entries: Sequence[Entry]) -> Rows:
    return Rows(
        slots=np.fromiter((entry.slot for entry in entries), np.int64, len(entries)),
        datasets=codes([entry.dataset for entry in entries]),
        documents=codes([entry.document for entry in entries]),
        available=np.fromiter((entry.available for entry in entries), np.bool_, len(entries)),
        vectors=np.stack([entry.vector for entry in entries]),
    )


def distinct(entries: Iterable[Entry]) -> list[Entry]:
    """The entries without those whose slot comes again later."""
    return list({entry.slot: entry for entry in entries}.values())
