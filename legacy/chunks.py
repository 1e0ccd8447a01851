"""Chunks of a document: list them, show one (legacy contract 6.7, 6.8)."""

from __future__ import annotations

from typing import Any

from flask import g

from legacy.blueprint import LegacyBlueprint
from legacy.schemas.chunks import ChunkQuery, ChunkRecord, Listed, ListedChunk
from services import chunks, document_lookup

blp = LegacyBlueprint("chunks", __name__, url_prefix="/v1/api", description="The passages of a document.")

MOST_CHUNKS = 1024


@blp.route("/list_chunks", methods=["GET", "POST"])
@blp.reads(ChunkQuery)
@blp.response(200, ListedChunk(many=True))
def list_chunks(query: Any) -> Any:
    """List a document's chunks in reading order, at most 1024 of them."""
    asked = query()
    if "name" in asked:
        document = document_lookup.newest_named(g.principal, asked["name"])
    else:
        document = document_lookup.find(g.principal, asked["id"])
    page = chunks.list_(document, page=1, page_size=MOST_CHUNKS)
    return [Listed(chunk, document.name) for chunk in page.chunks]


@blp.get("/get_chunk/<chunk_id>")
@blp.response(200, ChunkRecord)
def get_chunk(chunk_id: str) -> Any:
    """Show a chunk."""
    chunk = chunks.find(g.principal, chunk_id, "")
    return Listed(chunk, document_lookup.find(g.principal, chunk.document).name)
