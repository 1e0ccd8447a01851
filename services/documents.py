"""Documents of a dataset: upload, download, list, delete (RAGFlow v1 contract 3.5, 3.7 to 3.9)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from peewee import Expression

from ingest import kinds
from models import blobs, counters, jobs
from models.base import database
from models.errors import NotFound
from models.tables import Dataset, Document, File
from services import arrivals, removal
from services.access import Principal, document, lock_dataset, readable_dataset
from services.arrivals import Upload
from services.batch import Batch, distinct, require_delete_all
from services.document_names import free_names
from services.paging import Page, Paging, paged
from services.placements import picture, placement


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


def upload(principal: Principal, dataset_id: str, *, uploads: Iterable[Upload], placing: Placing = Placing()) -> Uploaded:
    """Store files as documents of the dataset; a name that is taken gets a number.

    Files of unsupported types are refused by name, the others are stored, all of them or, when an error is raised, none.
    Raises NotFound, Unavailable.
    """
    tenant = readable_dataset(principal, dataset_id).tenant
    stored: list[File] = []
    refused: list[str] = []
    placed = False
    try:
        for upload in uploads:
            if placing.any_kind or kinds.kind_of(upload.name):
                stored.append(arrivals.store(principal, tenant, upload))
            else:
                refused.append(upload.name)
        documents = _place(principal, dataset_id, stored, placing)
        placed = True
    finally:
        if not placed:
            arrivals.discard(stored)
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
    return content_of(file, name=found.name)


def content_of(file: File, *, name: str) -> Download:
    """The bytes of a file that the caller was found to reach. Raises NotFound of `file` where they are missing."""
    try:
        parts = blobs.stream(file.blob)
    except FileNotFoundError:
        raise NotFound("file", file.id) from None
    return Download(name, file.size, file.digest, parts)


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


def _place(principal: Principal, dataset_id: str, files: Sequence[File], placing: Placing) -> list[Document]:
    with database.atomic():
        dataset = lock_dataset(dataset_id)
        names = free_names(dataset.id, [file.name for file in files])
        documents = [placement(principal, dataset, file, name=name, method=placing.method) for file, name in zip(files, names, strict=True)]
        File.bulk_create(files, batch_size=60)
        Document.bulk_create(documents, batch_size=30)
        counters.move_dataset(dataset.id, documents=len(documents))
        for found in documents:
            picture(found)
            if placing.parse:
                jobs.enqueue(found, kind=jobs.PARSE)
    return documents
