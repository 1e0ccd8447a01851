"""What a run of a canvas finds outside: the models, datasets and vectors within reach of the one who asks, and the operator's doors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chat.canvas import Doors, Lookup, World
from chat.catalogue import Model
from chat.cite import Vectors
from chat.writing import Material
from models.database import give_back
from models.errors import Conflict
from search import catalogue
from search.embedding import embedder
from services import answers, models, retrieval
from services.access import Principal
from services.datasets import default_model
from services.retrieval import Scope, Search

_doors = Doors()


def open_doors(doors: Doors) -> None:
    """Set what Invoke and ExeSQL may reach in this process."""
    global _doors
    _doors = doors


@dataclass(frozen=True, slots=True)
class _World:
    """The world of one tenant; between its calls no connection is held."""

    principal: Principal
    doors: Doors

    def model(self, name: str) -> Model:
        """The chat model of this name."""
        try:
            return models.chat_model(self.principal.tenant, name)
        finally:
            give_back()

    def retrieve(self, lookup: Lookup) -> Material:
        """What is found in those of the datasets that are there and within reach."""
        try:
            scope = Scope(answers.datasets_within_reach(self.principal, lookup.datasets), self.principal.tenant)
            if not scope.datasets:
                return Material()
            if len({dataset.model for dataset in scope.datasets}) > 1:
                raise Conflict("models.differ", "Knowledge bases use different embedding models.")
            search = Search(
                question=lookup.question,
                page_size=min(lookup.top_n, answers.MOST_PASSAGES),
                similarity_threshold=lookup.similarity_threshold,
                vector_similarity_weight=lookup.vector_similarity_weight,
                top_k=lookup.top_k,
                rerank_id=lookup.rerank_model,
                cross_languages=lookup.cross_languages,
            )
            found = retrieval.retrieve(scope, search=search)
            return answers.material_from(scope, found)
        finally:
            give_back()

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Vectors of texts to compare, by the default model."""
        try:
            model = catalogue.resolve(default_model(self.principal.tenant))
        finally:
            give_back()
        return embedder(model).embed_passages(texts)


def world(principal: Principal, doors: Doors | None = None) -> World:
    """The world for this caller, with the operator's doors unless others are given."""
    return _World(principal, doors or _doors)
