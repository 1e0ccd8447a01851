"""Chunks: add, list, delete, update (RAGFlow v1 contract 3.12 to 3.15)."""

from __future__ import annotations

import re
from typing import Any

from flask import g

from api.v1.batches import outcome
from api.v1.blueprint import V1Blueprint
from api.v1.schemas.chunks import ChunkAdd, ChunkAdded, ChunkDelete, ChunkPage, ChunkQuery, ChunkUpdate, Listed
from api.v1.schemas.documents import PartialSuccess
from models.errors import Conflict, InvalidInput
from services import access, chunks
from services.batch import Batch

blp = V1Blueprint("chunks", __name__, description="The passages of a document.")

CHUNKS = "/datasets/<dataset_id>/documents/<document_id>/chunks"


@blp.post(CHUNKS)
@blp.reads(ChunkAdd)
@blp.response(200, ChunkAdded)
def add_chunk(body: Any, dataset_id: str, document_id: str) -> Any:
    """Add a chunk; the very next search finds it."""
    document = access.document(g.principal, dataset_id, document_id)
    return {"chunk": chunks.add(document, new=body())}


@blp.get(CHUNKS)
@blp.reads(ChunkQuery)
@blp.response(200, ChunkPage)
def list_chunks(query: Any, dataset_id: str, document_id: str) -> Any:
    """List the chunks of a document, or search them by keywords."""
    document = access.document(g.principal, dataset_id, document_id)
    page = chunks.list_(document, **query())
    listed = [Listed(chunk, page.marked.get(chunk.slot, chunk.content), document.name) for chunk in page.chunks]
    return {"total": page.total, "chunks": listed, "doc": document}


@blp.delete(CHUNKS)
@blp.reads(ChunkDelete)
@blp.response(200, PartialSuccess)
def delete_chunks(body: Any, dataset_id: str, document_id: str) -> Any:
    """Delete chunks; `{"chunk_ids": null}` deletes all of the document."""
    document = access.document(g.principal, dataset_id, document_id)
    batch = chunks.delete(document, ids=body())
    _require_all(batch)
    return outcome("chunk", batch)


@blp.put(f"{CHUNKS}/<chunk_id>")
@blp.reads(ChunkUpdate)
@blp.response(200)
def update_chunk(body: Any, dataset_id: str, document_id: str, chunk_id: str) -> None:
    """Change a chunk; its id stays."""
    _require_well_formed(chunk_id)
    chunk = chunks.find(g.principal, chunk_id, document_id)
    document = access.document(g.principal, dataset_id, document_id)
    chunks.update(document, chunk, changes=body())


def _require_well_formed(chunk_id: str) -> None:
    if not re.fullmatch(r"[0-9A-Za-z_-]{1,64}", chunk_id):
        raise InvalidInput("chunk_id", "Invalid Chunk ID", condition="chunk.ill_formed", id=chunk_id)


def _require_all(batch: Batch) -> None:
    if batch.unknown:
        raise Conflict("chunks.unknown", "Some chunks were not found", done=batch.done, asked=batch.done + len(batch.unknown))
