"""The transaction that ends a parse: the document's new chunks in the old ones' place, all or nothing (decisions B1)."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from peewee import chunked

from ingest.progress import Lost, Progress
from models import counters, jobs
from models.base import database
from models.errors import Conflict
from models.jobs import Lease
from models.tables import Chunk, Dataset, Document
from search import outbox
from search.index import IndexKey
from search.passages import embedded_text

_BATCH = 200
_FIELDS = (
    Chunk.id,
    Chunk.tenant,
    Chunk.dataset,
    Chunk.document,
    Chunk.content,
    Chunk.indexed,
    Chunk.important_keywords,
    Chunk.questions,
    Chunk.tags,
    Chunk.fields,
    Chunk.kind,
    Chunk.available,
    Chunk.positions,
    Chunk.page,
    Chunk.top,
    Chunk.image_id,
    Chunk.image_kind,
    Chunk.token_count,
    Chunk.create_time,
    Chunk.vector,
)


@dataclass(frozen=True, slots=True)
class Passage:
    """A chunk to be, before its vector is known; what is not said is as in ingest.blocks.Draft and models.tables.Chunk."""

    id: str
    content: str
    positions: list[list[int]]
    image_id: str = ""
    important_keywords: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()
    indexed: str | None = None
    tags: tuple[str, ...] = ()
    fields: Mapping[str, Any] = field(default_factory=dict)
    kind: str | None = None

    @property
    def embedded(self) -> str:
        """The text that its vector is made of (contract 4.3)."""
        return embedded_text(self.content if self.indexed is None else self.indexed, self.questions)


@dataclass(frozen=True, slots=True)
class Embedded:
    """What the embedding model says of a passage."""

    vector: bytes  # float16 [dim], unit length
    tokens: int


def index_key(document: Document) -> IndexKey:
    """The index of the document's chunks, as its dataset stands now. Raises Lost when the dataset is gone."""
    dataset = Dataset.get_or_none(Dataset.id == document.dataset)
    if dataset is None:
        raise Lost
    return IndexKey(document.tenant, dataset.model)


def publish(
    lease: Lease, key: IndexKey, progress: Progress, chunks: Iterable[tuple[Passage, Embedded]], *, columns: Mapping[str, str] = {}
) -> set[str]:
    """End the job with these chunks as the document's only ones; returns the ids of their images.

    `columns` are the headers of a table by field name, which its dataset keeps (contract 7.3, table). One transaction: rows,
    counters, outbox, dataset, document and job. Raises Lost when the job is no longer ours, or Conflict
    when the dataset's embedding model was changed meanwhile; then nothing has happened.
    """
    begun = time.monotonic()
    with database.atomic():
        document = _locked(lease)
        if index_key(document) != key:
            raise Conflict("dataset.model_changed", "The dataset's embedding model was changed meanwhile; parse the document again.")
        Chunk.delete().where(Chunk.document == document.id).execute()
        count = tokens = 0
        images: set[str] = set()
        for batch in chunked(chunks, _BATCH):
            Chunk.insert_many([_row(document, passage, embedded) for passage, embedded in batch], fields=_FIELDS).execute()
            images.update(passage.image_id for passage, _ in batch if passage.image_id)
            count += len(batch)
            tokens += sum(embedded.tokens for _, embedded in batch)
        counters.move_document(
            document.id, document.dataset, chunks=count - document.chunk_count, tokens=tokens - document.token_count
        )
        outbox.record(key, documents=[document.id])
        _keep_columns(document, columns)
        progress.note(_last_words(document, count, time.monotonic() - begun))
        seconds = jobs.seconds_since(document)
        Document.change(Document.id == document.id, progress_msg=progress.log, process_duration=seconds)
    return images


def image_ids(document: str) -> set[str]:
    """The images of the document's chunks."""
    rows = Chunk.select(Chunk.image_id).where((Chunk.document == document) & (Chunk.image_id != ""))
    return {id for (id,) in rows.tuples()}


def _locked(lease: Lease) -> Document:
    """End the job and make its document DONE: the dataset's row first, as whoever changes chunks does, then these two."""
    document = Document.get_or_none(Document.id == lease.document)
    if document is None or not Dataset.change(Dataset.id == document.dataset):
        raise Lost
    if not jobs.finish(lease):
        raise Lost
    if not Document.change(Document.id == lease.document, Document.run == "running", run="done", progress=1.0):
        raise Lost
    return Document.get_by_id(lease.document)


def _keep_columns(document: Document, columns: Mapping[str, str]) -> None:
    """Add a table's columns to those that the dataset knows; the dataset's row is locked already."""
    if columns:
        config = Dataset.get_by_id(document.dataset).parser_config
        known = config.get("field_map")
        merged = {**(known if isinstance(known, Mapping) else {}), **columns}
        Dataset.change(Dataset.id == document.dataset, parser_config={**config, "field_map": merged})


def _row(document: Document, passage: Passage, embedded: Embedded) -> tuple[Any, ...]:
    page, _, _, top, _ = passage.positions[0] if passage.positions else (None, 0, 0, 0, 0)
    image = (passage.image_id, "image" if passage.image_id else "")
    words = (passage.indexed, [*passage.important_keywords], [*passage.questions], [*passage.tags] or None)
    text = (passage.content, *words, dict(passage.fields) or None, passage.kind, document.enabled, passage.positions, page, top)
    place = (document.tenant, document.dataset, document.id)
    return (passage.id, *place, *text, *image, embedded.tokens, time.time(), embedded.vector)


def _last_words(document: Document, chunks: int, indexing: float) -> str:
    done = f"Task done ({jobs.seconds_since(document):.2f}s)"
    return f"Indexing done ({indexing:.2f}s). {done}" if chunks else f"No chunk built from {document.name}. {done}"
