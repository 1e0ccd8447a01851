"""Lists of ids as clients send them: duplicates told apart, work done on the distinct ones (RAGFlow v1 contract 1.8)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from models.errors import InvalidInput
from services.compat import profile


@dataclass(frozen=True, slots=True)
class Batch:
    """What a list operation came to: how many things were done, and the ids that were unknown or sent twice."""

    done: int
    unknown: list[str] = field(default_factory=list)
    duplicates: list[str] = field(default_factory=list)


def distinct(ids: Sequence[str]) -> tuple[list[str], list[str]]:
    """The ids without repetition, in their order, and those that were repeated."""
    counts = Counter(ids)
    return list(counts), [id for id, count in counts.items() if count > 1]


def require_delete_all() -> None:
    """Raise InvalidInput when the operator does not allow a delete without ids to mean everything (decisions A6)."""
    if not profile().delete_all:
        raise InvalidInput("ids", "Deleting everything at once is switched off: name the ids.", condition="delete_all.off")
