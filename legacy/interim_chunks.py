"""Chunks and retrieval as v0.11 and v0.12 had them, `/api/v1/doc/chunk/...` (legacy contract 8)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import g

from legacy.blueprint import LegacyBlueprint
from legacy.schemas.interim_chunks import (
    ChunkAdd,
    ChunkAdded,
    ChunkChange,
    ChunkRemoval,
    InterimChunkPage,
    InterimChunkQuery,
    InterimFound,
    InterimQuestion,
)
from models.errors import NotFound
from services import chunks, document_lookup, retrieval

blp = LegacyBlueprint("interim-chunks", __name__, url_prefix="/api/v1/doc", description="Chunks and retrieval, for clients of v0.11 and v0.12.")


@dataclass(frozen=True, slots=True)
class Listed:
    """A chunk row with its content as it is to be shown, and its document's name."""

    chunk: Any
    content: str
    document_name: str


@blp.post("/chunk/list")
@blp.requires("document_id")
@blp.reads(InterimChunkQuery)
@blp.response(200, InterimChunkPage)
def list_document_chunks(body: Any) -> Any:
    """List the chunks of a document, or search them by keywords."""
    asked = body()
    document = document_lookup.find(g.principal, asked["document_id"])
    page, size, keywords = max(asked["page"], 1), asked["size"], asked["keywords"] or ""
    if asked["available"] is None:
        found = chunks.list_(document, page=page, page_size=size, keywords=keywords)
        total, rows = found.total, found.chunks
    else:
        found = chunks.list_(document, page=1, page_size=max(document.chunk_count, 1), keywords=keywords)
        chosen = [row for row in found.chunks if row.available == asked["available"]]
        total, rows = len(chosen), chosen[(page - 1) * size : page * size]
    return {"total": total, "chunks": [Listed(row, found.marked.get(row.slot, row.content), document.name) for row in rows], "doc": document}


@blp.post("/chunk/create")
@blp.requires("document_id", "content")
@blp.reads(ChunkAdd)
@blp.response(200, ChunkAdded)
def create_chunk(body: Any) -> Any:
    """Add a chunk; the very next search finds it."""
    id, new = body()
    document = document_lookup.find(g.principal, id)
    chunk = chunks.add(document, new=new)
    return {"chunk": Listed(chunk, chunk.content, document.name)}


@blp.post("/chunk/rm")
@blp.requires("chunk_ids", "document_id")
@blp.reads(ChunkRemoval)
@blp.response(200)
def remove_chunks(body: Any) -> bool:
    """Delete chunks of a document; one that is unknown, and none is deleted."""
    asked = body()
    document = document_lookup.find(g.principal, asked["document_id"])
    for id in asked["ids"]:
        _chunk(document, id)
    if asked["ids"]:  # no ids would mean all
        chunks.delete(document, ids=asked["ids"])
    return True


@blp.post("/chunk/set")
@blp.requires("document_id", "chunk_id")
@blp.reads(ChunkChange)
@blp.response(200)
def change_chunk(body: Any) -> bool:
    """Change a chunk's text, keywords, or whether it is found."""
    document_id, chunk_id, changes = body()
    document = document_lookup.find(g.principal, document_id)
    chunks.update(document, _chunk(document, chunk_id), changes=changes)
    return True


@blp.post("/retrieval_test")
@blp.requires("knowledgebase_id", "question")
@blp.reads(InterimQuestion)
@blp.response(200, InterimFound)
def answer_question(body: Any) -> Any:
    """Find the chunks that answer a question, best first."""
    asked = body()
    if not asked["dataset_ids"]:
        raise NotFound("dataset", "")
    scope = retrieval.scope(g.principal, dataset_ids=asked["dataset_ids"])
    return retrieval.retrieve(scope, search=asked["search"])


def _chunk(document: Any, chunk_id: str) -> Any:
    """The document's chunk of this id. Raises NotFound."""
    return chunks.list_(document, page=1, page_size=1, id=chunk_id or " ").chunks[0]
