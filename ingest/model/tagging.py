"""Tags for a chunk from tag sets: those of the examples that are most like it (contract 4.3, 7.3 tag). No language model is needed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from peewee import chunked

from models.tables import Chunk, Dataset
from search import ranking
from search.index import IndexKey
from search.ranking import Hit, Question

EXAMPLES = 8  # most similar ones that have a say
LEAST_SIMILARITY = 0.3
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
        """The tags that weigh most: each example gives its similarity to its tags. Raises Unavailable."""
        weights: Counter[str] = Counter()
        for key, ids in self._ids.items():
            question = Question(text[:LONGEST], ids, threshold=LEAST_SIMILARITY)
            for hit, tags in ranking.read([key], lambda key=key, question=question: _examples(key, question)):  # type: ignore[misc]
                for tag in tags:
                    weights[tag] += hit.similarity
        best = sorted(weights, key=lambda tag: (-weights[tag], tag))
        return tuple(best[:count])


def _examples(key: IndexKey, question: Question) -> list[tuple[Hit, list[str]]]:
    hits = ranking.rank([key], question)[:EXAMPLES]
    rows = Chunk.select(Chunk.slot, Chunk.tags).where(Chunk.slot.in_([hit.slot for hit in hits]))
    tags = {row.slot: row.tags or [] for row in rows}
    return [(hit, tags.get(hit.slot, [])) for hit in hits]
