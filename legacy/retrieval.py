"""Retrieval: the passages that answer a question (legacy contract 6.12)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from flask import g

from legacy.blueprint import LegacyBlueprint
from legacy.schemas.retrieval import Found, Question
from models.errors import Conflict, NotFound
from services import document_lookup, retrieval
from services.retrieval import Retrieved, Scope, Search

blp = LegacyBlueprint("retrieval", __name__, url_prefix="/v1/api", description="Questions, answered with passages.")


@blp.post("/retrieval")
@blp.requires(("kb_id", "dataset_ids"), "question")
@blp.reads(Question)
@blp.response(200, Found)
def retrieve_chunks(question: Any) -> Any:
    """Find the chunks that answer a question, best first."""
    asked = question()
    scope, search = _scope(asked["dataset_ids"]), asked["search"]
    if not search.question.strip():
        return {"total": 0, "chunks": [], "documents": {}}
    if not any(dataset.chunk_count for dataset in scope.datasets):
        raise Conflict("chunks.none", "None of the datasets has chunks.")
    return _retrieved(scope, search)


def _scope(ids: Sequence[str]) -> Scope:
    """The datasets; none named is one that does not exist. Raises NotFound, Conflict."""
    if not ids:
        raise NotFound("dataset", "")
    return retrieval.scope(g.principal, dataset_ids=ids)


def _retrieved(scope: Scope, search: Search) -> Retrieved:
    """The answer from those of the documents asked for that are there; RAGFlow found nothing in the others."""
    if not search.document_ids:
        return retrieval.retrieve(scope, search=search)
    within = {dataset.id for dataset in scope.datasets}
    known = [row.id for row in document_lookup.find_all(g.principal, search.document_ids) if row.dataset in within]
    return retrieval.retrieve(scope, search=replace(search, document_ids=known)) if known else Retrieved()
