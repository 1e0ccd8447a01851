"""Taking documents and datasets away with all that hangs on them (RAGFlow v1 contract 2.7)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from peewee import chunked

from models import blobs, counters, file_texts, jobs
from models.base import database
from models.tables import Chunk, Dataset, Document, File
from search import outbox
from search.index import IndexKey
from services.access import BATCH, lock_dataset, lock_files


def index_key(dataset: Dataset) -> IndexKey:
    """The index that holds the dataset's chunks."""
    return IndexKey(dataset.tenant, dataset.model)


def remove_datasets(datasets: Sequence[Dataset]) -> None:
    """Delete the datasets, their documents, chunks, jobs and the files placed nowhere else, in one transaction."""
    ids = [dataset.id for dataset in datasets]
    orphans: list[str] = []
    with database.atomic():
        for batch in chunked(ids, BATCH):
            Dataset.delete().where(Dataset.id.in_(batch)).execute()  # first, so that nothing is added to them meanwhile
            orphans += _remove_rows(list(_removable().where(Document.dataset.in_(batch))))
        for dataset in datasets:
            outbox.record(index_key(dataset), datasets=[dataset.id])
    blobs.discard(orphans)
    blobs.discard_folders(map(blobs.image_folder, ids))
    outbox.settle({index_key(dataset) for dataset in datasets})


def remove_empty(dataset: Dataset) -> bool:
    """Delete the dataset, unless documents are in it by now: then nothing happens. Raises NotFound."""
    with database.atomic():
        key = index_key(lock_dataset(dataset.id))
        if Document.select(Document.id).where(Document.dataset == dataset.id).exists():
            return False
        Dataset.delete().where(Dataset.id == dataset.id).execute()
        outbox.record(key, datasets=[dataset.id])
    blobs.discard_folders([blobs.image_folder(dataset.id)])
    outbox.settle([key])
    return True


def remove_documents(dataset: Dataset, ids: Sequence[str] | None, *, only_doubles: bool = False) -> list[str]:
    """Delete the dataset's documents of these ids (None: all) with their chunks; returns the ids that were there.

    Of doubles only, those stay whose file is placed nowhere else. Raises NotFound of the dataset.
    """
    orphans: list[str] = []
    gone: list[str] = []
    with database.atomic():
        key = index_key(lock_dataset(dataset.id))
        for batch in [None] if ids is None else chunked(ids, BATCH):
            rows = _removable().where(Document.dataset == dataset.id)
            documents = list(rows if batch is None else rows.where(Document.id.in_(batch)))
            documents = _doubles(dataset, documents) if only_doubles else documents
            orphans += _remove_rows(documents)
            gone += [document.id for document in documents]
            counters.move_dataset(
                dataset.id,
                documents=-len(documents),
                chunks=-sum(document.chunk_count for document in documents),
                tokens=-sum(document.token_count for document in documents),
            )
        outbox.record(key, documents=gone)
    blobs.discard(orphans)
    blobs.discard_folders(blobs.image_folder(dataset.id, id) for id in gone)
    outbox.settle([key])
    return gone


def remove_unplaced(ids: Sequence[str]) -> None:
    """Delete those of the files that are placed nowhere."""
    with database.atomic():
        orphans = _remove_unplaced_files(ids)
    blobs.discard(orphans)


def _removable() -> Any:
    """Documents, with no more of them than their removal needs."""
    return Document.select(Document.id, Document.file, Document.thumbnail, Document.chunk_count, Document.token_count)


def _doubles(dataset: Dataset, documents: Sequence[Document]) -> list[Document]:
    """Those whose file is placed in another dataset too, which stays so until the caller's transaction ends."""
    lock_files(row.file for row in documents)
    elsewhere: set[str] = set()
    for batch in chunked([row.file for row in documents], BATCH):
        rows: Any = Document.select(Document.file).where(Document.file.in_(batch), Document.dataset != dataset.id).tuples()
        elsewhere.update(file for (file,) in rows)
    return [row for row in documents if row.file in elsewhere]


def _remove_rows(documents: Sequence[Document]) -> list[str]:
    """Delete the documents and what hangs on them; returns the keys of the blobs nobody needs any more."""
    keys = [document.thumbnail for document in documents if document.thumbnail]
    for batch in chunked([document.id for document in documents], BATCH):
        jobs.cancel(batch)
        Chunk.delete().where(Chunk.document.in_(batch)).execute()
        Document.delete().where(Document.id.in_(batch)).execute()
    return keys + _remove_unplaced_files({document.file for document in documents})


def _remove_unplaced_files(ids: Iterable[str]) -> list[str]:
    keys: list[str] = []
    for batch in chunked(lock_files(ids), BATCH):
        placed = Document.select(Document.file).where(Document.file.in_(batch))
        unplaced = list(File.select(File.id, File.blob).where(File.id.in_(batch) & File.id.not_in(placed)))
        ids_gone = [file.id for file in unplaced]
        File.delete().where(File.id.in_(ids_gone)).execute()
        file_texts.discard(ids_gone)
        keys += [file.blob for file in unplaced]
    return keys
