"""Records of one document on disk, so that the memory of a parse does not grow with the document."""

from __future__ import annotations

import os
import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Generic, TypeVar

T = TypeVar("T")


class Spool(Generic[T]):
    """A list that only grows, and is read any number of times, but not while it grows. Raises OSError when the disk is full."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("w+b")
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, record: T) -> None:
        """Append one record."""
        self._file.seek(0, os.SEEK_END)
        pickle.dump(record, self._file, pickle.HIGHEST_PROTOCOL)
        self._count += 1

    def __iter__(self) -> Iterator[T]:
        self._file.seek(0)
        for _ in range(self._count):
            yield pickle.load(self._file)

    def close(self) -> None:
        """Give the file back; its folder goes with the job."""
        self._file.close()
