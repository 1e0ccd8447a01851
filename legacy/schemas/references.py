"""What an answer rests on, with the names that chunks had in each generation (legacy contract 5.3, 10.2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def reference(stored: Mapping[str, Any]) -> dict[str, Any] | list[Any]:
    """The reference object of an answer; of one without citations an empty list."""
    if not stored:
        return []
    counts = [{"doc_name": one["name"], "doc_id": one["id"], "count": one["count"]} for one in stored["documents"]]
    return {"total": stored["total"], "chunks": [_chunk(one) for one in stored["passages"]], "doc_aggs": counts}


def _chunk(passage: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "chunk_id": passage["chunk_id"],
        "content_ltks": passage["tokens"],
        "content_with_weight": passage["content"],
        "doc_id": passage["document_id"],
        "docnm_kwd": passage["document_name"],
        "doc_name": passage["document_name"],
        "kb_id": passage["dataset_id"],
        "important_kwd": passage["important_keywords"],
        "img_id": passage["image_id"],
        "image_id": passage["image_id"],
        "similarity": passage["similarity"],
        "vector_similarity": passage["vector_similarity"],
        "term_similarity": passage["term_similarity"],
        "positions": passage["positions"],
    }
