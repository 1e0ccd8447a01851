"""Chunks as old clients ask for and read them (legacy contract 6.7, 6.8)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from marshmallow import fields, post_load

from api.wire.fields import Text
from api.wire.objects import Reply, SpacedTime
from legacy.arguments import Arguments
from models.errors import InvalidInput


class ChunkQuery(Arguments):
    """A document by its name, which counts when both are given, or by its id."""

    doc_name = Text(allow_none=True)
    doc_id = Text(allow_none=True)
    document_id = Text(allow_none=True)  # client 19 of contract 9

    @post_load
    def _choice(self, given: dict[str, Any], **_: Any) -> dict[str, str]:
        name, id = given.get("doc_name"), given.get("doc_id") or given.get("document_id")
        if not name and not id:
            raise InvalidInput("doc_id", "No document is named.", condition="documents.not_named")
        return {"name": name} if name else {"id": id}


@dataclass(frozen=True, slots=True)
class Listed:
    """A chunk row, and its document's name."""

    chunk: Any
    document_name: str


class ListedChunk(Reply):
    """A chunk of a list; the image has the names of both generations."""

    content = fields.String(attribute="chunk.content", required=True)
    doc_name = fields.String(attribute="document_name", required=True)
    img_id = fields.String(attribute="chunk.image_id", required=True)
    image_id = fields.String(attribute="chunk.image_id", required=True)


class ChunkRecord(Reply):
    """A chunk as RAGFlow's index keeps it, but for vectors and tokens."""

    id = fields.String(attribute="chunk.id", required=True)
    chunk_id = fields.String(attribute="chunk.id", required=True)
    doc_id = fields.String(attribute="chunk.document", required=True)
    docnm_kwd = fields.String(attribute="document_name", required=True)
    doc_name = fields.String(attribute="document_name", required=True)
    kb_id = fields.String(attribute="chunk.dataset", required=True)
    content_with_weight = fields.String(attribute="chunk.content", required=True)
    important_kwd = fields.List(fields.String(), attribute="chunk.important_keywords", required=True)
    question_kwd = fields.List(fields.String(), attribute="chunk.questions", required=True)
    img_id = fields.String(attribute="chunk.image_id", required=True)
    image_id = fields.String(attribute="chunk.image_id", required=True)
    doc_type_kwd = fields.String(attribute="chunk.image_kind", required=True)
    available_int = fields.Integer(attribute="chunk.available", required=True)
    positions = fields.Raw(attribute="chunk.positions", required=True, metadata={"type": "array", "items": {}})
    create_time = SpacedTime(attribute="chunk.create_time", required=True, metadata={"type": "string"})
    create_timestamp_flt = fields.Float(attribute="chunk.create_time", required=True)
