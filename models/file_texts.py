"""What files say, in parts that every database takes."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import count
from typing import Any

from peewee import chunked

from models.tables import File, FileText

PART = 16_000  # characters of one row: even of four bytes each they fit MySQL's TEXT
_ROWS = 100


def store(file_id: str, parts: Iterable[str]) -> None:
    """Put a text in place of the file's, inside the caller's transaction; no part is longer than PART."""
    digest, numbers = hashlib.sha256(), count()
    FileText.delete().where(FileText.file == file_id).execute()
    for batch in chunked(parts, _ROWS):
        for part in batch:
            digest.update(part.encode())
        FileText.insert_many([(file_id, next(numbers), part) for part in batch], fields=(FileText.file, FileText.part, FileText.text)).execute()
    File.update(text_digest=digest.hexdigest()).where(File.id == file_id).execute()


def parts(text: str) -> list[str]:
    """A text in parts."""
    return [text[start : start + PART] for start in range(0, len(text), PART)]


def stored(file_id: str) -> Iterator[str]:
    """The parts of the file's text, in their order."""
    rows: Any = FileText.select(FileText.text).where(FileText.file == file_id).order_by(FileText.part).tuples()
    return (part for (part,) in rows)


def whole(file_ids: Sequence[str]) -> dict[str, str]:
    """The texts of a few files, as many as one statement may name; of a file that was not read it is empty."""
    found: dict[str, list[str]] = defaultdict(list)
    rows: Any = FileText.select(FileText.file, FileText.text).where(FileText.file.in_(file_ids)).order_by(FileText.file, FileText.part)
    for file, part in rows.tuples():
        found[file].append(part)
    return {id: "".join(found[id]) for id in file_ids}


def discard(file_ids: Sequence[str]) -> None:
    """Take away the texts of a few files, inside the caller's transaction."""
    FileText.delete().where(FileText.file.in_(file_ids)).execute()
