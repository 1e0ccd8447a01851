"""What a run needs of the world outside: models, passages, vectors, and two doors that are shut until an operator opens them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from chat.catalogue import Model
from chat.cite import Vectors
from chat.writing import Material


@dataclass(frozen=True, slots=True)
class Lookup:
    """A question to datasets; `vector_similarity_weight` is 1 - that of the keywords."""

    question: str
    datasets: tuple[str, ...]
    similarity_threshold: float = 0.2
    vector_similarity_weight: float = 0.5
    top_n: int = 8
    top_k: int = 1024
    rerank_model: str = ""
    cross_languages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Doors:
    """What Invoke and ExeSQL may reach: `host` or `host:port`, and URLs of databases. Bounds are per call: seconds, bytes, rows."""

    hosts: tuple[str, ...] = ()
    databases: tuple[str, ...] = ()
    seconds: float = 30.0
    bytes: int = 1 << 20
    rows: int = 1_000


class World(Protocol):
    """What services hand to a run, all of it within the reach of the one who asks."""

    @property
    def doors(self) -> Doors:
        """What is open."""

    def model(self, name: str) -> Model:
        """The chat model of this name. Raises InvalidInput chat_model.unknown."""

    def retrieve(self, lookup: Lookup) -> Material:
        """What is found; nothing when no dataset is left. Raises InvalidInput, Conflict models.differ, Unavailable."""

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Vectors of texts to compare: float32 [n, dimension], unit length. Raises Unavailable."""
