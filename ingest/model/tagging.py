"""Tags for a chunk from tag sets: those of the examples that are most like it (contract 4.3, 7.3 tag). No language model is needed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from peewee import chunked

from models.tables import Chunk, Dataset
from search import ranking
from search.index import IndexKey
from search.ranking import Hit, Question
from search.terms import question_terms

EXAMPLES = 8  # most similar ones that have a say
LEAST_LIKENESS = 0.3
WORDS = 0.7  # of the likeness; the rest is that of the vectors
_CANDIDATES = 64  # examples that search finds best, of which the likeness is taken
LONGEST = 2000  # characters of a chunk that are compared
_BATCH = 500


class TagSets:
    """The examples of the datasets whose ids are given, as far as they are the tenant's."""

    def __init__(self, tenant: str, datasets: Sequence[str]) -> None:
        self._ids: dict[IndexKey, list[str]] = {}
        for batch in chunked(datasets, _BATCH):
            for found in Dataset.select().where(Dataset.id.in_(batch), Dataset.tenant == tenant):
                self._ids.setdefault(IndexKey(tenant, found.model), []).append(found.id)

    def __bool__(self) -> bool:
        return bool(self._ids)

    def tags(self, text: str, count: int) -> tuple[str, ...]:
        """The tags that weigh most: each example gives its likeness to its tags. Raises Unavailable."""
        weights: Counter[str] = Counter()
        for key, ids in self._ids.items():
            for likeness, tags in ranking.read([key], lambda key=key, ids=ids: _examples(key, ids, text[:LONGEST])):  # type: ignore[misc]
                for tag in tags:
                    weights[tag] += likeness
        best = sorted(weights, key=lambda tag: (-weights[tag], tag))
        return tuple(best[:count])


def _examples(key: IndexKey, datasets: Sequence[str], text: str) -> list[tuple[float, list[str]]]:
    """Likeness and tags of the examples that are most like a text. Raises Moved, Unavailable."""
    hits = ranking.rank([key], Question(text, datasets, threshold=0.0, top_k=_CANDIDATES))[:_CANDIDATES]
    rows = {row.slot: row for row in Chunk.select(Chunk.slot, Chunk.content, Chunk.tags).where(Chunk.slot.in_([hit.slot for hit in hits]))}
    words = frozenset(question_terms(text))
    found = [(_likeness(words, rows[hit.slot].content, hit), rows[hit.slot].tags or []) for hit in hits if hit.slot in rows]
    return sorted((one for one in found if one[0] >= LEAST_LIKENESS), key=lambda one: -one[0])[:EXAMPLES]


def _likeness(words: frozenset[str], example: str, hit: Hit) -> float:
    """0..1: search asks how many words of a question a chunk has, and a passage has many that no example could have.

    So words that both have count as a share of the shorter of the two.
    """
    others = frozenset(question_terms(example))
    share = len(words & others) / max(1, min(len(words), len(others)))
    return WORDS * share + (1 - WORDS) * hit.vector_similarity
