"""Chunk rows as index entries: which rows belong to an index, and what it holds of each."""

from __future__ import annotations

import os.path
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from peewee import JOIN, Expression, ModelSelect, chunked, fn

from models.tables import Chunk, Dataset, Document, Outbox
from search import catalogue
from search.index import Entry, IndexKey
from search.terms import chunk_terms

BATCH = 500  # rows of one SELECT
GRAPH_KINDS = frozenset(("entity", "relation", "report"))
"""Kinds of chunks that only a question which asks for the graph finds (contract 3.16, use_kg)."""


def graph_of(dataset: str) -> str:
    """The name under which an index holds the graph of a dataset, apart from its other chunks."""
    return f"{dataset}/graph"


def tuples_of(query: Any) -> Iterator[tuple[Any, ...]]:
    """The rows of a query as tuples; peewee's own types say they are models."""
    return iter(query.tuples())


def keys() -> list[IndexKey]:
    """Every index that rows or waiting changes imply; one whose model left the catalogue can be neither filled nor asked."""
    found = {IndexKey(tenant, model) for tenant, model in tuples_of(Outbox.select(Outbox.tenant, Outbox.model).distinct())}
    found.update(IndexKey(tenant, model) for tenant, model in tuples_of(Dataset.select(Dataset.tenant, Dataset.model).distinct()))
    return sorted((key for key in found if catalogue.has_model(key.model)), key=lambda key: (key.tenant, key.model))


def counts() -> Counter[IndexKey]:
    """How many chunks each index has to have."""
    found: Counter[IndexKey] = Counter()
    grouped = Chunk.select(Chunk.dataset, fn.COUNT(Chunk.slot).alias("chunks")).group_by(Chunk.dataset).alias("grouped")
    query = Dataset.select(Dataset.tenant, Dataset.model, grouped.c.chunks).join(grouped, on=(Dataset.id == grouped.c.dataset))
    for tenant, model, chunks in tuples_of(query):
        found[IndexKey(tenant, model)] += chunks
    return found


def has_others(key: IndexKey, *, slots: Sequence[int], documents: Sequence[str], datasets: Sequence[str]) -> bool:
    """Whether the index has to hold anything outside these slots, documents and datasets."""
    scope: Expression = Chunk.slot > 0
    for column, values in ((Chunk.slot, slots), (Chunk.document, documents), (Chunk.dataset, datasets)):
        for batch in chunked(values, BATCH):
            scope &= column.not_in(batch)
    return _select(key, scope).exists()


def entries(key: IndexKey, *, slots: Sequence[int] = (), documents: Sequence[str] = (), datasets: Sequence[str] = ()) -> Iterator[Entry]:
    """The rows of the index in these slots, documents and datasets, batch by batch; a row in two of them comes twice."""
    for batch in chunked(slots, BATCH):
        yield from _entries(key, Chunk.slot.in_(batch))
    for document in documents:
        yield from _paged(key, Chunk.document == document)
    for dataset in datasets:
        yield from _paged(key, Chunk.dataset == dataset)


def all_entries(key: IndexKey, *, after: int = 0) -> Iterator[Entry]:
    """Every row of the index beyond a slot, in the order of their slots."""
    yield from _paged(key, Chunk.tenant == key.tenant, after)


def count_up_to(key: IndexKey, slot: int) -> int:
    """How many rows of the index there are up to a slot."""
    return _select(key, Chunk.slot <= slot).count()


def _paged(key: IndexKey, scope: Expression, last: int = 0) -> Iterator[Entry]:
    """The rows of a scope beyond a slot, by slot; a query for each batch, because not every driver streams."""
    while True:
        rows = _select(key, scope & (Chunk.slot > last)).order_by(Chunk.slot).limit(BATCH)
        found: list[Any] = list(rows.namedtuples())
        yield from map(_entry, found)
        if len(found) < BATCH:
            return
        last = found[-1].slot


def _entries(key: IndexKey, scope: Expression) -> Iterator[Entry]:
    yield from map(_entry, _select(key, scope).namedtuples())


def _select(key: IndexKey, scope: Expression) -> ModelSelect[Chunk]:
    columns = (Chunk.slot, Chunk.dataset, Chunk.document, Chunk.content, Chunk.important_keywords, Chunk.questions, Chunk.available, Chunk.titled)
    return (
        Chunk.select(*columns, Chunk.indexed, Chunk.tags, Chunk.kind, Chunk.vector, Document.name)
        .join(Dataset, on=(Chunk.dataset == Dataset.id))
        .join(Document, JOIN.LEFT_OUTER, on=(Chunk.document == Document.id))
        .where(scope, Chunk.tenant == key.tenant, Dataset.model == key.model)
    )


def _entry(row: Any) -> Entry:
    title = os.path.splitext(row.name or "")[0] if row.titled else ""
    return Entry(
        slot=row.slot,
        dataset=graph_of(row.dataset) if row.kind in GRAPH_KINDS else row.dataset,
        document=row.document,
        terms=chunk_terms(
            content=row.content if row.indexed is None else row.indexed,
            title=title,
            important_keywords=[*row.important_keywords, *(row.tags or ())],
            questions=row.questions,
        ),
        vector=np.frombuffer(row.vector, dtype=np.float16),
        available=bool(row.available),
    )
