"""Files as they arrive: their bytes go to the blob store first, their rows are made after."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import IO

from models import blobs
from models.base import new_id
from models.tables import File
from services.access import Principal

_PART = 1 << 20  # bytes held in memory of a file that passes through


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it arrives: its name, and a stream read once."""

    name: str
    stream: IO[bytes]


class _Measured:
    """The parts of a stream, measured and hashed as they pass."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._hash = hashlib.sha256()
        self.size = 0

    def __iter__(self) -> Iterator[bytes]:
        while part := self._stream.read(_PART):
            self._hash.update(part)
            self.size += len(part)
            yield part

    @property
    def digest(self) -> str:
        return self._hash.hexdigest()


def store(principal: Principal, tenant: str, upload: Upload) -> File:
    """Put the bytes into the blob store; the row is not saved yet. Raises Unavailable."""
    id = new_id()
    source, key = _Measured(upload.stream), f"files/{id}"
    blobs.put(key, iter(source))
    return File(id=id, tenant=tenant, name=upload.name, blob=key, size=source.size, digest=source.digest, created_by=principal.user)


def discard(files: Iterable[File]) -> None:
    """Take the bytes back of files that came to nothing."""
    blobs.discard(file.blob for file in files)
