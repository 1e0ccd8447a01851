"""Starting and stopping the parsing of documents (RAGFlow v1 contract 3.10, 3.11, 4; decisions B1)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from models import jobs
from models.base import database
from models.errors import Conflict, NotFound
from models.tables import Dataset, Document
from services.access import Principal, readable_dataset, select_in
from services.batch import Batch, distinct

T = TypeVar("T")


def parse(principal: Principal, dataset_id: str, *, ids: Sequence[str]) -> Batch:
    """Queue the documents; their chunks stay as they are until the new ones replace them. The unknown ids are told.

    Raises NotFound of the dataset, and Conflict document.running at the first one in progress, with those before it queued.
    """
    dataset = readable_dataset(principal, dataset_id)
    unique, duplicates = distinct(ids)
    known = _documents(dataset, unique)
    started = _until(_is_running, [known[id] for id in unique if id in known])
    with database.atomic():
        jobs.enqueue_parsing(started)
    if len(started) < len(known):
        raise Conflict("document.running", "Can't parse document that is currently being processed")
    return Batch(len(started), [id for id in unique if id not in known], duplicates)


def stop(principal: Principal, dataset_id: str, *, ids: Sequence[str]) -> Batch:
    """Stop the parsing of the documents, at once where it has not begun; their old chunks stay.

    At the first unknown id raises NotFound, at the first document not in progress Conflict document.not_running,
    with those before it stopped.
    """
    dataset = readable_dataset(principal, dataset_id)
    unique, duplicates = distinct(ids)
    known = _documents(dataset, unique)
    present = _until(lambda id: id not in known, unique)
    stopped = _until(_is_idle, [known[id] for id in present])
    with database.atomic():
        jobs.cancel_parsing([found.id for found in stopped])
    if len(stopped) < len(present):
        raise Conflict("document.not_running", "Can't stop parsing document with progress at 0 or 1")
    if len(present) < len(unique):
        raise NotFound("document", unique[len(present)])
    return Batch(len(stopped), [], duplicates)


def _documents(dataset: Dataset, ids: Sequence[str]) -> dict[str, Document]:
    return {row.id: row for row in select_in(Document, Document.id, ids, Document.dataset == dataset.id)}


def _is_running(document: Document) -> bool:
    return 0 < document.progress < 1


def _is_idle(document: Document) -> bool:
    return document.progress == 0 or document.progress >= 1


def _until(is_end: Callable[[T], bool], items: Sequence[T]) -> list[T]:
    head: list[T] = []
    for item in items:
        if is_end(item):
            break
        head.append(item)
    return head
