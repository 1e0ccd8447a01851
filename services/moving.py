"""Documents go over from one dataset to another with their passages, which need not be made anew where both are of one index."""

from __future__ import annotations

from collections.abc import Sequence

from peewee import chunked

from ingest import kinds
from models import blobs, counters, jobs
from models.base import now_ms
from models.tables import Chunk, Dataset, Document, Job
from search import outbox
from services.access import BATCH, select_in
from services.removal import index_key

_CARRIED = 40  # passages that are held in memory with their vectors, and few enough for one statement of SQLite
_KEPT = [column for column in Chunk._meta.sorted_fields if column is not Chunk.slot]


def fits(document: Document, source: Dataset, target: Dataset) -> bool:
    """Whether the target would make the same passages of the document as it has."""
    method = kinds.method_of(document.name, target.chunk_method)
    alike = document.chunk_method == method and document.parser_config == target.parser_config
    return alike and document.run == "done" and document.chunk_count > 0 and index_key(source) == index_key(target)


def move(documents: Sequence[Document], source: Dataset, target: Dataset) -> list[Document]:
    """Move rows inside the caller's transaction, which holds both datasets; returns those that have to be parsed again.

    Their pictures were copied before (`copy_pictures`); passages of another index are left behind.
    """
    goes = index_key(source) == index_key(target)
    again = [row for row in documents if row.run == "running" or (not goes and row.run == "done")]
    jobs.cancel_parsing([row.id for row in again])
    now = now_ms()
    for number, row in enumerate(documents):
        fields = {"dataset": target.id, "tenant": target.tenant, "create_time": now + number}
        lost = {} if goes else {"chunk_count": 0, "token_count": 0}
        state = {"run": "unstart", "progress": 0.0, "progress_msg": ""} if row in again else {}
        Document.change(Document.id == row.id, **fields | lost | state)
    for batch in chunked([row.id for row in documents], BATCH):
        Job.update(dataset=target.id, tenant=target.tenant).where(Job.document.in_(batch)).execute()
        if not goes:
            Chunk.delete().where(Chunk.document.in_(batch)).execute()
    if goes:
        for row in documents:
            _carry(row.id, source, target)
    _count(documents, source, target, goes=goes)
    outbox.record(index_key(source), documents=[row.id for row in documents])
    return [Document.get_by_id(row.id) for row in again]


def copy_pictures(documents: Sequence[Document], target: Dataset) -> list[str]:
    """Copy the pictures of the documents' passages to where the target looks for them; returns what was made. Raises Unavailable."""
    made = []
    for batch in chunked([row.id for row in documents], BATCH):
        pictured = Chunk.select(Chunk.document, Chunk.dataset).where(Chunk.document.in_(batch), Chunk.image_id != "").distinct()
        for document, dataset in list(pictured.tuples()):
            for key in blobs.keys_under(blobs.image_folder(dataset, document)):
                made.append(key.replace(dataset, target.id))
                blobs.copy(key, made[-1])
    return made


def discard_copies(copies: Sequence[str], documents: Sequence[Document], target: Dataset) -> None:
    """Take away the copied pictures of documents that did not go to the target, by this caller or another."""
    came = {row.id for row in select_in(Document, Document.id, [row.id for row in documents], Document.dataset == target.id)}
    blobs.discard(key for key in copies if not any(id in key for id in came))


def _carry(document: str, source: Dataset, target: Dataset) -> None:
    """Give the document's passages new slots in the target: what an index holds of a slot never changes."""
    of_document = Chunk.select(Chunk.slot).where(Chunk.document == document).order_by(Chunk.slot)
    slots = [slot for (slot,) in of_document.tuples()]
    for batch in chunked(slots, _CARRIED):
        rows = [dict(row) for row in Chunk.select(*_KEPT).where(Chunk.slot.in_(batch)).order_by(Chunk.slot).dicts()]
        for row in rows:
            row["dataset"] = target.id
            row["image_id"] = row["image_id"].replace(source.id, target.id)
        Chunk.delete().where(Chunk.slot.in_(batch)).execute()
        Chunk.insert_many(rows).execute()


def _count(documents: Sequence[Document], source: Dataset, target: Dataset, *, goes: bool) -> None:
    chunks, tokens = sum(row.chunk_count for row in documents), sum(row.token_count for row in documents)
    counters.move_dataset(source.id, documents=-len(documents), chunks=-chunks, tokens=-tokens)
    counters.move_dataset(target.id, documents=len(documents), chunks=chunks if goes else 0, tokens=tokens if goes else 0)
