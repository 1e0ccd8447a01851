"""What an answer was given, as clients see it (RAGFlow v1 contract 3.23, 3.25)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def plain_chunk(passage: Mapping[str, Any]) -> dict[str, Any]:
    """A chunk as a listed session shows it, with keys in RAGFlow's order."""
    return {
        "id": passage["chunk_id"],
        "content": passage["content"],
        "document_id": passage["document_id"],
        "document_name": passage["document_name"],
        "dataset_id": passage["dataset_id"],
        "image_id": passage["image_id"],
        "positions": passage["positions"],
    }


def scored_chunk(passage: Mapping[str, Any]) -> dict[str, Any]:
    """A chunk as an answer shows it, with its scores."""
    return {
        **plain_chunk(passage),
        "url": None,
        "similarity": passage["similarity"],
        "vector_similarity": passage["vector_similarity"],
        "term_similarity": passage["term_similarity"],
        "doc_type": passage["image_kind"],
    }


def reference(stored: Mapping[str, Any]) -> dict[str, Any]:
    """The reference object of an answer; of one without citations an empty one."""
    if not stored:
        return {}
    counts = [{"doc_name": one["name"], "doc_id": one["id"], "count": one["count"]} for one in stored["documents"]]
    return {"total": stored["total"], "chunks": [scored_chunk(one) for one in stored["passages"]], "doc_aggs": counts}
