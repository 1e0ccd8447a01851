"""Documents of a dataset: upload, download, list, delete (RAGFlow v1 contract 3.5, 3.7 to 3.9)."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import IO

from peewee import Expression

from ingest import kinds
from models import blobs, counters, jobs
from models.base import database, new_id
from models.errors import NotFound
from models.tables import Dataset, Document, File
from services import removal
from services.access import Principal, document, lock_dataset, readable_dataset, select_in
from services.batch import Batch, distinct, require_delete_all
from services.paging import Page, Paging, paged

OTHER = "other"  # the kind of a file whose type is unknown
PART = 1 << 20  # bytes held in memory of a file that passes through


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it arrives: its name, and a stream read once."""

    name: str
    stream: IO[bytes]


@dataclass(frozen=True, slots=True)
class Placing:
    """How files become documents.

    `method` chunks those whose type has none of its own, empty is the dataset's; `any_kind` takes files of unknown types too,
    as `other`; `parse` queues what is made, which is told as it was before.
    """

    method: str = ""
    any_kind: bool = False
    parse: bool = False


@dataclass(frozen=True, slots=True)
class Uploaded:
    """The documents made, in the order of their files, and the names of files whose type is not supported."""

    documents: list[Document]
    refused: list[str]


@dataclass(frozen=True, slots=True)
class Download:
    """A stored file: the document's name, its bytes in parts, their number and their SHA-256 in hex."""

    name: str
    size: int
    digest: str
    parts: Iterator[bytes]


@dataclass(frozen=True, slots=True)
class _Stored:
    """A file whose bytes are in the blob store already."""

    id: str
    name: str
    kind: str
    size: int
    digest: str


class _Measured:
    """The parts of a stream, measured and hashed as they pass."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._hash = hashlib.sha256()
        self.size = 0

    def __iter__(self) -> Iterator[bytes]:
        while part := self._stream.read(PART):
            self._hash.update(part)
            self.size += len(part)
            yield part

    @property
    def digest(self) -> str:
        return self._hash.hexdigest()


def upload(principal: Principal, dataset_id: str, *, uploads: Iterable[Upload], placing: Placing = Placing()) -> Uploaded:
    """Store files as documents of the dataset; a name that is taken gets a number.

    Files of unsupported types are refused by name, the others are stored, all of them or, when an error is raised, none.
    Raises NotFound, Unavailable.
    """
    readable_dataset(principal, dataset_id)
    stored: list[_Stored] = []
    refused: list[str] = []
    placed = False
    try:
        for upload in uploads:
            kind = kinds.kind_of(upload.name) or (OTHER if placing.any_kind else "")
            if not kind:
                refused.append(upload.name)
            else:
                stored.append(_store(upload, kind))
        documents = _place(principal, dataset_id, stored, placing)
        placed = True
    finally:
        if not placed:
            blobs.discard(_blob_key(file.id) for file in stored)
    return Uploaded(documents, refused)


def download(principal: Principal, dataset_id: str, document_id: str) -> Download:
    """The document's bytes as they were uploaded. Raises NotFound of dataset, document or `file`, also for one without a byte."""
    found = content(document(principal, dataset_id, document_id))
    if not found.size:
        raise NotFound("file", document_id)
    return found


def content(found: Document) -> Download:
    """The bytes of a document that the caller was found to reach. Raises NotFound of `file`."""
    file = File.get_or_none(File.id == found.file)
    if file is None:
        raise NotFound("file", found.id)
    try:
        parts = blobs.stream(file.blob)
    except FileNotFoundError:
        raise NotFound("file", found.id) from None
    return Download(found.name, file.size, file.digest, parts)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Filters of a document list; `keywords` is a part of the name in any case, `name` the name itself.

    `created_from` and `created_to` bound the time of creation, both included, in milliseconds; 0 does not bound it.
    `runs` and `kinds` name the states and types that will do; none named, all do.
    """

    id: str | None = None
    name: str | None = None
    keywords: str | None = None
    created_from: int = 0
    created_to: int = 0
    runs: Sequence[str] = ()
    kinds: Sequence[str] = ()


def list_(dataset: Dataset, *, wanted: Wanted, paging: Paging) -> Page:
    """A page of the dataset's documents."""
    rows = Document.select().where(Document.dataset == dataset.id)
    for value, condition in _exact(wanted):
        if value:
            rows = rows.where(condition)
    if wanted.keywords:
        rows = rows.where(Document.name_key.contains(wanted.keywords.casefold()))
    if wanted.created_from:
        rows = rows.where(Document.create_time >= wanted.created_from)
    if wanted.created_to:
        rows = rows.where(Document.create_time <= wanted.created_to)
    if wanted.runs:
        rows = rows.where(Document.run.in_(wanted.runs))
    if wanted.kinds:
        rows = rows.where(Document.kind.in_(wanted.kinds))
    return Page(rows.count(), paged(rows, Document, paging))


def require_matches(dataset: Dataset, *, wanted: Wanted) -> None:
    """Raise NotFound of the document when an id or name alone matches nothing."""
    for value, condition in _exact(wanted):
        if value and not Document.select().where((Document.dataset == dataset.id) & condition).exists():
            raise NotFound("document", value)


def delete(principal: Principal, dataset_id: str, *, ids: Sequence[str] | None) -> Batch:
    """Delete the dataset's documents of these ids (None: all); the unknown ids are told, the known ones go.

    Raises NotFound of the dataset, InvalidInput when deleting all is switched off.
    """
    dataset = readable_dataset(principal, dataset_id)
    if ids is None:
        require_delete_all()
        return Batch(len(removal.remove_documents(dataset, None)))
    unique, duplicates = distinct(ids)
    gone = set(removal.remove_documents(dataset, unique))
    return Batch(len(gone), [id for id in unique if id not in gone], duplicates)


def _exact(wanted: Wanted) -> list[tuple[str | None, Expression]]:
    return [(wanted.id, Document.id == wanted.id), (wanted.name, Document.name == wanted.name)]


def _store(upload: Upload, kind: str) -> _Stored:
    id = new_id()
    source = _Measured(upload.stream)
    blobs.put(_blob_key(id), iter(source))
    return _Stored(id, upload.name, kind, source.size, source.digest)


def _blob_key(file_id: str) -> str:
    return f"files/{file_id}"


def _place(principal: Principal, dataset_id: str, stored: Sequence[_Stored], placing: Placing) -> list[Document]:
    with database.atomic():
        dataset = lock_dataset(dataset_id)
        names = _free_names(dataset.id, [file.name for file in stored])
        method = placing.method or dataset.chunk_method
        documents = [_document_of(principal, dataset, file, name, method) for file, name in zip(stored, names, strict=True)]
        files = [_file_of(dataset, file) for file in stored]
        File.bulk_create(files, batch_size=100)
        Document.bulk_create(documents, batch_size=30)
        counters.move_dataset(dataset.id, documents=len(documents))
        for found in documents:
            if kinds.has_thumbnail(found.name):
                jobs.enqueue(found, kind=jobs.THUMBNAIL)
            if placing.parse:
                jobs.enqueue(found, kind=jobs.PARSE)
    return documents


def _file_of(dataset: Dataset, file: _Stored) -> File:
    return File(id=file.id, tenant=dataset.tenant, name=file.name, blob=_blob_key(file.id), size=file.size, digest=file.digest)


def _document_of(principal: Principal, dataset: Dataset, file: _Stored, name: str, method: str) -> Document:
    return Document(
        id=file.id,
        tenant=dataset.tenant,
        dataset=dataset.id,
        file=file.id,
        created_by=principal.user,
        name=name,
        name_key=name.casefold(),
        location=name,
        kind=file.kind,
        size=file.size,
        chunk_method=kinds.method_of(name, method),
        parser_config=dataset.parser_config,
    )


def _free_names(dataset_id: str, names: Sequence[str]) -> list[str]:
    """Each name, or its next numbered spelling that is free: a.txt, a(1).txt, a(2).txt, in any case of letters."""
    keys = [name.casefold() for name in names]
    in_dataset = Document.dataset == dataset_id
    taken = {row.name_key for row in select_in(Document, Document.name_key, keys, in_dataset)}
    clashing = {key for key, count in Counter(keys).items() if key in taken or count > 1}
    for stem in {_numbered_stem(key)[0] for key in clashing}:
        rows = Document.select(Document.name_key).where(in_dataset & Document.name_key.startswith(stem))
        taken.update(key for (key,) in rows.tuples())
    free = []
    for name in names:
        while name.casefold() in taken:
            name = _next_name(name)
        taken.add(name.casefold())
        free.append(name)
    return free


def _next_name(name: str) -> str:
    stem, number = _numbered_stem(name)
    return f"{stem}({number + 1}){_suffix(name)}"


def _suffix(name: str) -> str:
    return name[len(name.rpartition(".")[0]) :] if "." in name else ""


def _numbered_stem(name: str) -> tuple[str, int]:
    """The name without suffix and number, and the number: a(3).txt gives a, 3."""
    stem = name.removesuffix(_suffix(name))
    head, opening, rest = stem.rpartition("(")
    if opening and rest.endswith(")") and rest[:-1].isdecimal():
        return head, int(rest[:-1])
    return stem, 0
