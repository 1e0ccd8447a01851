"""Counters of datasets and documents, moved atomically and never below zero (RAGFlow v1 contract 2.6, decisions B14)."""

from __future__ import annotations

from typing import Any

from peewee import Case

from models.tables import Dataset, Document


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


def _moved(column: Any, by: int) -> Any:
    return Case(None, [(column + by < 0, 0)], column + by)
