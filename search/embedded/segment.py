"""One file of vectors: written once, then only mapped; what changes of its rows is kept beside it."""

from __future__ import annotations

import mmap
import os
import zlib
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import xxhash
from numpy.typing import NDArray

from search.embedded.manifest import Damaged, SegmentFiles
from search.index import Space

_MAGIC = 0x3143455644  # "DVEC1"
_HEADER = 3  # int64 words: magic, rows, dimension

Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]
Halves = NDArray[np.float16]
Floats = NDArray[np.float32]


def code(id: str) -> int:
    """The signed 64 bits that stand for a dataset's or document's id in both parts of the index."""
    unsigned = xxhash.xxh64_intdigest(id.encode())
    return unsigned - (1 << 64) if unsigned >= 1 << 63 else unsigned


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows that are not written yet: slots, datasets, documents int64 [n]; available bool [n]; vectors float16 [n, dim]."""

    slots: Ints
    datasets: Ints
    documents: Ints
    available: Bools
    vectors: Halves

    def pick(self, index: Any) -> Rows:
        """The rows at an index or mask."""
        return Rows(self.slots[index], self.datasets[index], self.documents[index], self.available[index], self.vectors[index])

    @staticmethod
    def joined(parts: list[Rows]) -> Rows:
        """All rows of the parts, by slot."""
        together = Rows(*(np.concatenate([getattr(part, name) for part in parts]) for name in Rows.__slots__))
        return together.pick(np.argsort(together.slots, kind="stable"))


@dataclass(frozen=True, eq=False)
class Segment:
    """A mapped file. Rows are sorted by slot; `bits` uint64 [words, n] are the signs of vector - mean, word by word."""

    files: SegmentFiles
    slots: Ints
    datasets: Ints
    documents: Ints
    bits: NDArray[np.uint64]
    vectors: Halves
    alive: Bools
    available: Bools
    _shared: dict[str, Floats] = field(default_factory=dict, repr=False)

    @cached_property
    def usable(self) -> Bools:
        """Rows that are neither deleted nor switched off."""
        return self.alive & self.available

    @property
    def floats(self) -> Floats:
        """float32 [n, dim], made at the first use and shared by all states of the segment."""
        if "floats" not in self._shared:
            self._shared["floats"] = self.vectors.astype(np.float32)
        return self._shared["floats"]

    def held(self) -> int:
        """How many bytes of float32 this process holds."""
        return self._shared["floats"].nbytes if "floats" in self._shared else 0

    def find(self, slots: Ints) -> Ints:
        """The row of each slot, -1 where the segment never had it; deleted rows are found too."""
        at = np.searchsorted(self.slots, slots)
        at[at == len(self.slots)] = 0
        return np.where(self.slots[at] == slots, at, -1)

    def with_state(self, files: SegmentFiles, alive: Bools, available: Bools) -> Segment:
        """The same rows in a newer state."""
        return replace(self, files=files, alive=alive, available=available)

    def rows(self) -> Rows:
        """The rows that are not deleted, as they would be written again."""
        return Rows(self.slots, self.datasets, self.documents, self.available, self.vectors).pick(self.alive)


def write(folder: Path, name: str, rows: Rows, space: Space) -> tuple[int, int]:
    """Write rows, sorted by slot, as a new file, durably; returns its size and CRC-32."""
    count = len(rows.slots)
    parts = (
        np.array([_MAGIC, count, space.dimension], dtype=np.int64),
        rows.slots,
        rows.datasets,
        rows.documents,
        np.ascontiguousarray(signs(rows.vectors, space).T),
        np.ascontiguousarray(rows.vectors),
    )
    return _write(folder / name, [part.data for part in parts])


def write_state(folder: Path, name: str, alive: Bools, available: Bools) -> tuple[int, int]:
    """Write which rows are alive and which available as a new file, durably; returns its size and CRC-32."""
    return _write(folder / name, [np.packbits(alive).data, np.packbits(available).data])


def load(folder: Path, files: SegmentFiles, dimension: int) -> Segment:
    """Map a segment. Raises FileNotFoundError, Damaged when the file is not of the size it says."""
    path = folder / files.name
    words, count = -(-dimension // 64), files.rows
    expected = 8 * (_HEADER + count * (3 + words)) + 2 * count * dimension
    with path.open("rb") as file:
        if os.fstat(file.fileno()).st_size != expected:
            raise Damaged(f"{path} has not the {expected} bytes of its rows")
        mapped = mmap.mmap(file.fileno(), expected, access=mmap.ACCESS_READ)
    numbers = np.frombuffer(mapped, dtype=np.int64, count=_HEADER + count * (3 + words))
    if numbers[:_HEADER].tolist() != [_MAGIC, count, dimension]:
        raise Damaged(f"{path} is no segment of {count} vectors of {dimension}")
    columns = numbers[_HEADER : _HEADER + 3 * count].reshape(3, count)
    bits = numbers[_HEADER + 3 * count :].view(np.uint64).reshape(words, count)
    vectors = np.frombuffer(mapped, dtype=np.float16, offset=numbers.nbytes).reshape(count, dimension)
    alive, available = _state(folder, files)
    return Segment(files, columns[0], columns[1], columns[2], bits, vectors, alive, available)


def reload(folder: Path, files: SegmentFiles, known: Segment) -> Segment:
    """A mapped segment in another state. Raises FileNotFoundError, Damaged."""
    return known.with_state(files, *_state(folder, files))


def signs(vectors: NDArray[Any], space: Space) -> NDArray[np.uint64]:
    """uint64 [n, words]: the signs of vector - mean, the last word filled up with zeros."""
    packed = np.packbits(vectors.astype(np.float32) > space.mean, axis=1)
    words = -(-space.dimension // 64)
    padded = np.zeros((len(packed), words * 8), dtype=np.uint8)
    padded[:, : packed.shape[1]] = packed
    return padded.view(np.uint64)


def _state(folder: Path, files: SegmentFiles) -> tuple[Bools, Bools]:
    if not files.state:
        return np.ones(files.rows, dtype=bool), np.ones(files.rows, dtype=bool)
    packed = np.frombuffer((folder / files.state).read_bytes(), dtype=np.uint8)
    length = -(-files.rows // 8)
    if len(packed) != 2 * length:
        raise Damaged(f"{folder / files.state} has not the bits of {files.rows} rows")
    bits = np.unpackbits(packed.reshape(2, length), axis=1, count=files.rows).astype(bool)
    return bits[0], bits[1]


def _write(path: Path, parts: list[memoryview]) -> tuple[int, int]:
    size = crc = 0
    with path.open("xb") as file:
        for part in parts:
            data = part.cast("B") if part.nbytes else b""
            file.write(data)
            size, crc = size + len(data), zlib.crc32(data, crc)
        file.flush()
        os.fsync(file.fileno())
    return size, crc
