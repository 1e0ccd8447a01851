"""Rows and indexes over one folder, without an embedding model: every process of a test opens them."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from models.base import database, new_id
from models.database import close_database, open_database
from models.tables import TABLES, Chunk, Dataset, Document
from search import catalogue, engine, outbox
from search.elastic.options import Options
from search.index import Candidates, Filter, IndexKey, Query, Space
from search.terms import question_terms

DIMENSION = 32
MODEL = "test-model"
ALL = 1_000_000
TENANT = "0" * 32
KEY = IndexKey(TENANT, MODEL)


def space(model: str) -> Space:
    """A space for vectors that tests make themselves."""
    return Space(np.zeros(DIMENSION, dtype=np.float32), digest=model)


def open_rooms(folder: Path, place: Path | Options | None = None) -> None:
    """Open database, catalogue and indexes: as the folder says, in which `place` is noted for other processes."""
    open_database(f"sqlite:///{folder / 'rows.db'}")
    catalogue.load({"models": {MODEL: {"source": "remote", "base_url": "http://127.0.0.1:9", "needs_key": False}}})
    cluster = folder / "cluster"
    if isinstance(place, Options):
        cluster.write_text(f"{place.hosts[0]} {place.prefix}")
    elif place is None and cluster.exists():
        host, prefix = cluster.read_text().split()
        place = Options([host], prefix=prefix)
    engine.open_indexes(place or folder / "indexes", space=space)


@contextmanager
def opened(folder: Path, place: Path | Options | None = None) -> Iterator[None]:
    """The rooms over empty tables, closed again."""
    open_rooms(folder, place)
    database.create_tables(TABLES)
    yield
    engine.close()
    close_database()


def vector_of(seed: int) -> np.ndarray:
    """A unit vector."""
    drawn = np.random.default_rng(seed).normal(size=DIMENSION)
    return (drawn / np.linalg.norm(drawn)).astype(np.float16)


def make_dataset(tenant: str = TENANT, model: str = MODEL) -> Dataset:
    """A dataset row."""
    name = new_id()
    return Dataset.create(tenant=tenant, created_by=tenant, name=name, name_key=name, embedding_model=model, model=model)


def make_document(dataset: Dataset | None = None, name: str = "notes.txt") -> Document:
    """A document row, in a dataset of its own unless one is given."""
    owner = dataset or make_dataset()
    return Document.create(
        tenant=owner.tenant, dataset=owner.id, file=new_id(), created_by=owner.tenant, name=name, name_key=name, location=name,
        kind="doc", size=1, chunk_method="naive",
    )  # fmt: skip


def write(document: Document, texts: Sequence[str], *, key: IndexKey = KEY, vectors: Sequence[np.ndarray] = ()) -> list[int]:
    """Add chunks and their outbox entries in one transaction; returns the slots."""
    with database.atomic():
        rows = [
            Chunk.create(
                id=new_id()[:16], tenant=document.tenant, dataset=document.dataset, document=document.id, content=text,
                create_time=time.time(), vector=(vectors[at] if vectors else vector_of(hash(text) & 0xFFFF)).tobytes(),
            )
            for at, text in enumerate(texts)
        ]  # fmt: skip
        slots = [row.slot for row in rows]
        outbox.record(key, slots=slots)
    return slots


def remove(slots: Sequence[int], *, key: IndexKey = KEY) -> None:
    """Delete chunks and record it in one transaction."""
    with database.atomic():
        Chunk.delete().where(Chunk.slot.in_(slots)).execute()
        outbox.record(key, slots=slots)


def ask(text: str, *, key: IndexKey = KEY, filter: Filter | None = None, like: np.ndarray | None = None) -> Candidates:
    """Search after catching up, as a reader does."""
    outbox.catch_up(key)
    vector = None if like is None else like.astype(np.float32)
    return engine.index(key).search(Query(question_terms(text), filter or Filter(), vector, text_candidates=ALL, vector_candidates=ALL))


def found(text: str, *, key: IndexKey = KEY) -> list[int]:
    """The slots that answer, ascending."""
    return sorted(ask(text, key=key).slots.tolist())


def require_equal_to_rows(key: IndexKey = KEY) -> None:
    """The index has each row of the key once, under terms and vector, and nothing else."""
    outbox.catch_up(key)
    slots = sorted(slot for (slot,) in Chunk.select(Chunk.slot).where(Chunk.tenant == key.tenant).tuples())
    by_terms = ask("every", key=key, filter=Filter(with_unavailable=True))
    by_vector = engine.index(key).search(Query((), Filter(with_unavailable=True), np.ones(DIMENSION, np.float32), vector_candidates=ALL))
    assert sorted(by_terms.slots.tolist()) == slots and by_terms.total == len(slots)
    assert sorted(by_vector.slots.tolist()) == slots
    assert engine.index(key).count() == len(slots)
    assert engine.verify_all([key]) == {}
