"""Taking documents and datasets away with all that hangs on them (RAGFlow v1 contract 2.7)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from peewee import chunked

from models import blobs, counters, jobs
from models.base import database
from models.tables import Chunk, Dataset, Document, File
from search import catalogue, outbox
from search.index import IndexKey
from services.access import BATCH


def index_key(dataset: Dataset) -> IndexKey:
    """The index that holds the dataset's chunks."""
    return IndexKey(dataset.tenant, catalogue.resolve(dataset.embedding_model))


def remove_datasets(datasets: Sequence[Dataset]) -> None:
    """Delete the datasets, their documents, chunks, jobs and the files placed nowhere else, in one transaction."""
    ids = [dataset.id for dataset in datasets]
    with database.atomic():
        orphans: list[str] = []
        for batch in chunked(ids, BATCH):
            documents = list(Document.select().where(Document.dataset.in_(batch)))
            orphans += _remove_rows(documents)
            Dataset.delete().where(Dataset.id.in_(batch)).execute()
        for dataset in datasets:
            outbox.record(index_key(dataset), datasets=[dataset.id])
    blobs.discard(orphans)
    _catch_up(datasets)


def remove_documents(dataset: Dataset, ids: Sequence[str] | None) -> list[str]:
    """Delete the dataset's documents of these ids (None: all) with their chunks; returns the ids that were there."""
    orphans: list[str] = []
    gone: list[str] = []
    with database.atomic():
        for batch in [None] if ids is None else chunked(ids, BATCH):
            rows = Document.select().where(Document.dataset == dataset.id)
            documents = list(rows if batch is None else rows.where(Document.id.in_(batch)))
            orphans += _remove_rows(documents)
            gone += [document.id for document in documents]
            counters.move_dataset(
                dataset.id,
                documents=-len(documents),
                chunks=-sum(document.chunk_count for document in documents),
                tokens=-sum(document.token_count for document in documents),
            )
        outbox.record(index_key(dataset), documents=gone)
    blobs.discard(orphans)
    _catch_up([dataset])
    return gone


def _remove_rows(documents: Sequence[Document]) -> list[str]:
    """Delete the documents and what hangs on them; returns the keys of the blobs nobody needs any more."""
    keys = [document.thumbnail for document in documents if document.thumbnail]
    for batch in chunked([document.id for document in documents], BATCH):
        images = Chunk.select(Chunk.image_id).where(Chunk.document.in_(batch) & (Chunk.image_id != ""))
        keys += [image for (image,) in images.tuples()]
        jobs.cancel(batch)
        Chunk.delete().where(Chunk.document.in_(batch)).execute()
        Document.delete().where(Document.id.in_(batch)).execute()
    return keys + _remove_unplaced_files({document.file for document in documents})


def _remove_unplaced_files(ids: Iterable[str]) -> list[str]:
    keys: list[str] = []
    for batch in chunked(ids, BATCH):
        placed = Document.select(Document.file).where(Document.file.in_(batch))
        unplaced = list(File.select(File.id, File.blob).where(File.id.in_(batch) & File.id.not_in(placed)))
        File.delete().where(File.id.in_([file.id for file in unplaced])).execute()
        keys += [file.blob for file in unplaced]
    return keys


def _catch_up(datasets: Sequence[Dataset]) -> None:
    for key in {index_key(dataset) for dataset in datasets}:
        outbox.catch_up(key)
