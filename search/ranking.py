"""From a question to scored chunks: candidates of each index, one similarity, best first (retrieval.md 1a)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from peewee import SQL

from models.base import database
from models.tables import Chunk
from search import engine, fusion, outbox
from search.embedding import embedder
from search.index import Filter, IndexKey, Lost, Query
from search.rebuild import rebuild
from search.terms import question_terms

Answer = TypeVar("Answer")

BATCH = 500
TEXT_CANDIDATES = 1024
LISTED_SHARE = 0.3  # of a listing's keywords that a chunk must have (contract 3.13)


class Moved(Exception):
    """A row went between the search and its reading; `slots` of the index `key` have none, where that is known."""

    def __init__(self, key: IndexKey | None = None, slots: Sequence[int] = ()) -> None:
        super().__init__()
        self.key = key
        self.slots = slots


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked and of which chunks; documents None means all of the datasets. `weight` is clamped to 0..1.

    `top_k` is the number of vector candidates; a chunk whose similarity is below `threshold` is no hit.
    """

    text: str
    datasets: Sequence[str]
    documents: Sequence[str] | None = None
    weight: float = 0.3
    threshold: float = 0.2
    top_k: int = 1024


@dataclass(frozen=True, slots=True)
class Hit:
    """A chunk that answers. The similarities are 0..1; `cosine` is the raw one, for the explanation of a score."""

    slot: int
    chunk_id: str
    similarity: float
    term_similarity: float
    vector_similarity: float
    cosine: float


def read(keys: Sequence[IndexKey], answer: Callable[[], Answer]) -> Answer:
    """What `answer` makes of the indexes, brought up to date before, and of their rows. Raises Unavailable.

    Rows change a moment before an index does. When `answer` raises Moved for that, it is asked again while neither can move.
    Slots without rows even then came of a writer that was late, and are removed; if more come up, the index was harmed, and is
    made anew, as is one that is found to be lost. `keys` go in one order everywhere.
    """
    with suppress(Lost):
        return _read(keys, answer)
    return _read(keys, answer)


def _read(keys: Sequence[IndexKey], answer: Callable[[], Answer]) -> Answer:
    for key in keys:
        outbox.restore(key)
        outbox.catch_up(key)
    with suppress(Moved):
        return answer()
    for _ in range(2):
        try:
            with outbox.steady(keys):
                return answer()
        except Moved as moved:
            if moved.key is not None:
                outbox.record(moved.key, slots=moved.slots)
    for key in keys:
        rebuild(key)
    with outbox.steady(keys):
        return answer()


def rank(keys: Sequence[IndexKey], question: Question) -> list[Hit]:
    """Every hit in the indexes, best first, then by chunk id; the caller cuts pages. Belongs into `read`. Raises Moved, Unavailable.

    Scores of several owners are merged as they are: each is absolute.
    """
    if not question.text.strip():
        return []
    terms = question_terms(question.text)
    hits = [hit for key in keys for hit in _hits(key, question, terms)]
    return sorted(hits, key=lambda hit: (-hit.similarity, hit.chunk_id, hit.slot))


def match(key: IndexKey, *, text: str, documents: Sequence[str], offset: int, limit: int) -> tuple[list[int], int]:
    """Slots of a listing by keywords, best first, and how many match in all; chunks that are switched off too. Belongs into `read`."""
    filter = Filter(documents=documents, with_unavailable=True)
    found = engine.index(key).search(Query(question_terms(text), filter, text_candidates=limit, offset=offset, share=LISTED_SHARE))
    return found.slots.tolist(), found.total


def _hits(key: IndexKey, question: Question, terms: Sequence[str]) -> list[Hit]:
    """The hits of one index, each with a row. Raises Moved."""
    model = embedder(key.model)
    filter = Filter(datasets=question.datasets, documents=question.documents)
    query = Query(terms, filter, model.embed_query(question.text), text_candidates=TEXT_CANDIDATES, vector_candidates=question.top_k)
    found = engine.index(key).search(query)
    by_terms = fusion.term_similarity(found.terms)
    by_vector = fusion.vector_similarity(found.cosines, floor=model.floor)
    # Rounded, so that equal texts are equal and go by their ids.
    together = np.round(fusion.similarity(by_terms, by_vector, weight=question.weight), 6)
    kept = np.flatnonzero(together >= question.threshold)
    columns = (together[kept].tolist(), by_terms[kept].tolist(), by_vector[kept].tolist(), found.cosines[kept].tolist())
    slots = found.slots[kept].tolist()
    ids = _chunk_ids(slots)
    if len(ids) < len(slots):
        raise Moved(key, [slot for slot in slots if slot not in ids])
    return [Hit(slot, ids[slot], *scores) for slot, *scores in zip(slots, *columns, strict=True)]


def _chunk_ids(slots: Sequence[int]) -> dict[int, str]:
    """The chunk id of each slot that has a row."""
    ids: dict[int, str] = {}
    for first in range(0, len(slots), BATCH):
        # Integers are written out and rows read bare: as parameters and through the model they cost more than the search.
        numbers = SQL(f"({','.join(map(str, slots[first : first + BATCH]))})")
        ids.update(database.execute(Chunk.select(Chunk.slot, Chunk.id).where(Chunk.slot.in_(numbers))).fetchall())
    return ids
