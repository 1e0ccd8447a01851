"""Starting and stopping the parsing of documents (RAGFlow v1 contract 3.10, 3.11, 4; decisions B1)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile

from models import jobs
from models.base import database
from models.errors import Conflict, NotFound
from models.tables import Dataset, Document
from services.access import Principal, readable_dataset, select_in
from services.batch import Batch, distinct


def parse(principal: Principal, dataset_id: str, *, ids: Sequence[str]) -> Batch:
    """Queue the documents; their chunks stay as they are until the new ones replace them. The unknown ids are told.

    Raises NotFound of the dataset, and Conflict document.running at the first one in progress, with those before it queued.
    """
    dataset = readable_dataset(principal, dataset_id)
    unique, duplicates = distinct(ids)
    with database.atomic():
        known = _documents(dataset, unique)
        wanted = [known[id] for id in unique if id in known]
        queued = sum(1 for _ in takewhile(_is_queued, wanted))
    if queued < len(wanted):
        raise Conflict("document.running", "Can't parse document that is currently being processed")
    return Batch(queued, [id for id in unique if id not in known], duplicates)


def stop(principal: Principal, dataset_id: str, *, ids: Sequence[str]) -> Batch:
    """Stop the parsing of the documents, at once where it has not begun; their old chunks stay.

    At the first unknown id raises NotFound, at the first document not in progress Conflict document.not_running,
    with those before it stopped.
    """
    dataset = readable_dataset(principal, dataset_id)
    unique, duplicates = distinct(ids)
    with database.atomic():
        known = _documents(dataset, unique)
        present = list(takewhile(known.__contains__, unique))
        stopped = list(takewhile(_may_stop, [known[id] for id in present]))
        jobs.stop([found.id for found in stopped])
    if len(stopped) < len(present):
        raise Conflict("document.not_running", "Can't stop parsing document with progress at 0 or 1")
    if len(present) < len(unique):
        raise NotFound("document", unique[len(present)])
    return Batch(len(stopped), [], duplicates)


def _documents(dataset: Dataset, ids: Sequence[str]) -> dict[str, Document]:
    return {row.id: row for row in select_in(Document, Document.id, ids, Document.dataset == dataset.id)}


def _may_stop(document: Document) -> bool:
    return document.progress != 0 and document.progress < 1  # a failed one, at -1, too


def _is_queued(document: Document) -> bool:
    """Queue the document's parse; False when it is in progress already."""
    try:
        jobs.enqueue(document, kind=jobs.PARSE)
    except Conflict:
        return False
    return True
