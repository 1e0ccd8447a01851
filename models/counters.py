"""Counters of datasets and documents, moved atomically and never below zero (RAGFlow v1 contract 2.6, decisions B14)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from peewee import Case, fn

from models.base import database
from models.tables import Chunk, Dataset, Document


def move_dataset(dataset_id: str, *, documents: int = 0, chunks: int = 0, tokens: int = 0) -> None:
    """Add to the dataset's counters."""
    Dataset.change(
        Dataset.id == dataset_id,
        document_count=_moved(Dataset.document_count, documents),
        chunk_count=_moved(Dataset.chunk_count, chunks),
        token_count=_moved(Dataset.token_count, tokens),
    )


def move_document(document_id: str, dataset_id: str, *, chunks: int, tokens: int) -> None:
    """Add to the document's counters, and the same to its dataset's."""
    Document.change(
        Document.id == document_id,
        chunk_count=_moved(Document.chunk_count, chunks),
        token_count=_moved(Document.token_count, tokens),
    )
    move_dataset(dataset_id, chunks=chunks, tokens=tokens)


def recount() -> int:
    """Set the counters of all documents and datasets to what is stored, in one transaction; returns how many were wrong."""
    with database.atomic():
        documents = Document.select(Document.dataset, fn.COUNT(Document.id)).group_by(Document.dataset)
        return _correct(Document, Chunk.document) + _correct(Dataset, Chunk.dataset, documents=dict(documents.tuples()))


def _correct(table: Any, owner: Any, *, documents: Mapping[str, int] | None = None) -> int:
    stored = Chunk.select(owner, fn.COUNT(Chunk.slot), fn.SUM(Chunk.token_count)).group_by(owner).tuples()
    sums = {id: {"chunk_count": count, "token_count": tokens} for id, count, tokens in stored}
    wrong = 0
    for row in table.select():
        right = sums.get(row.id, {"chunk_count": 0, "token_count": 0})
        if documents is not None:
            right = {**right, "document_count": documents.get(row.id, 0)}
        if any(getattr(row, name) != value for name, value in right.items()):
            wrong += table.change(table.id == row.id, **right)
    return wrong


def _moved(column: Any, by: int) -> Any:
    return Case(None, [(column + by < 0, 0)], column + by)
