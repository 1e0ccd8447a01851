"""Retrieval: the passages that answer a question (RAGFlow v1 contract 3.16)."""

from __future__ import annotations

from typing import Any

from flask import g

from api.v1.blueprint import V1Blueprint
from api.v1.schemas.retrieval import Found, Question, RetrievalScope
from services import retrieval

blp = V1Blueprint("retrieval", __name__, description="Questions, answered with passages.")


@blp.post("/retrieval")
@blp.reads(Question)
@blp.reads(RetrievalScope, documented=False)
@blp.response(200, Found)
def retrieve_chunks(scope: Any, question: Any) -> Any:
    """Find the chunks that answer a question, best first."""
    datasets = retrieval.scope(g.principal, **scope())
    search = question()
    found = retrieval.retrieve(datasets, search=search)
    if not search.question:
        return {"total": 0, "chunks": [], "documents": {}}
    return found
