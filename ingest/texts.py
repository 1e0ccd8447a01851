"""The text of a file: what it says as a whole, kept in parts beside its passages (Open WebUI contract 5)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ingest import kinds
from ingest.blocks import Unreadable
from ingest.parse import sniff
from ingest.parse.encoding import encoding_of
from models import blobs, file_texts
from models.base import database
from models.tables import Document, File

_UTF_8 = {"utf-8", "utf-8-sig"}
# These are told as they stand, so that the hash of the text is that of the file (contract 5, 9).
_PLAIN = {"text", "markdown", "csv", "json", "xml"}


@dataclass(frozen=True, slots=True)
class Source:
    """What is chunked, under which name and by which method."""

    path: Path
    name: str
    method: str


def fetched(document: Document, path: Path) -> Source:
    """The document's file at `path`, or the text that a client put in its place. Raises FileNotFoundError, Unavailable."""
    file = File.get_or_none(File.id == document.file)
    if file is None:
        raise FileNotFoundError(document.file)
    if not file.edited:
        blobs.download(file.blob, path)
        # A client that brings files of any kind and says what it knows of them has text without a type read too (contract 5.1).
        suffix = ".txt" if file.facts is not None and kinds.kind_of(document.name) is None else ""
        return Source(path, document.name + suffix, document.chunk_method)
    with path.open("w", encoding="utf-8", newline="") as target:
        target.writelines(file_texts.stored(file.id))
    return Source(path, f"{document.name}.txt", "naive")


def keep(document: Document, source: Source, passages: Iterable[str]) -> None:
    """Store what the document's file says: as it stands where it is text, else the text of the passages.

    A file that was read keeps its text, unless it is read anew in its first placement; a client's text stays.
    """
    file = File.get_or_none(File.id == document.file)
    if file is None or file.edited or (file.text_digest is not None and document.id != file.id):
        return
    parts = _plain(source.path) if _is_plain(source) else _cut(passages)
    with database.atomic():
        if File.update(tenant=File.tenant).where(File.id == file.id, File.edited == False).execute():  # noqa: E712
            file_texts.store(file.id, parts)


def _is_plain(source: Source) -> bool:
    try:
        return sniff.form_of(source.path, source.name) in _PLAIN
    except Unreadable:  # what is converted before it is read
        return False


def _plain(path: Path) -> Iterator[str]:
    encoding = encoding_of(path)
    with path.open(encoding="utf-8" if encoding in _UTF_8 else encoding, errors="ignore", newline="") as stream:
        while part := stream.read(file_texts.PART):
            yield part.replace("\0", "")


def _cut(passages: Iterable[str]) -> Iterator[str]:
    """The passages, a line end after each but the last, in parts."""
    held = ""
    for number, passage in enumerate(passages):
        held += f"\n{passage}" if number else passage
        while len(held) > file_texts.PART:
            yield held[: file_texts.PART]
            held = held[file_texts.PART :]
    if held:
        yield held
