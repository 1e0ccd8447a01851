"""Chunks and retrieval as the clients of v0.11 and v0.12 send and read them (legacy contract 8)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import fields, post_load

from api.wire.fields import Flag, Text, Texts, Whole, broken
from api.wire.objects import Reply, SpacedTime
from legacy.arguments import Arguments
from legacy.schemas import retrieval
from legacy.schemas.fields import Words
from legacy.schemas.interim_documents import InterimDocument
from services.chunks import NewChunk

_WORDS = {"most": 1_000, "longest": 10_000}


class Content(Text):
    """A text that is not blank."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if not text.strip():
            raise broken("required", value)
        return text


class InterimChunkQuery(Arguments):
    """A document, and which of its chunks."""

    required = True

    document_id = Text(required=True)
    page = Whole(load_default=1, least=0)
    size = Whole(load_default=30, least=0)
    keywords = Text(load_default="", most=100_000, allow_none=True)
    available_int = Flag(load_default=None, allow_none=True, attribute="available")


class ChunkAdd(Arguments):
    """A chunk for a document."""

    required = True

    document_id = Text(required=True)
    content = Content(required=True)
    important_kwd = Texts(**_WORDS)
    important_keywords = Texts(**_WORDS)

    @post_load
    def _new(self, given: dict[str, Any], **_: Any) -> tuple[str, NewChunk]:
        words = given.get("important_kwd") or given.get("important_keywords") or []
        return given["document_id"], NewChunk(given["content"], important_keywords=words)


class ChunkRemoval(Arguments):
    """Chunks of a document, by id."""

    required = True

    document_id = Text(required=True)
    chunk_ids = Words(attribute="ids", most=10_000)


class ChunkChange(Arguments):
    """A chunk of a document, and what is to change."""

    required = True

    document_id = Text(required=True)
    chunk_id = Text(required=True)
    content = Content(allow_none=True)
    important_keywords = Texts(allow_none=True, **_WORDS)
    available = Flag(allow_none=True)

    def take(self, sent: Mapping[str, Any]) -> tuple[str, str, dict[str, Any]]:
        """Document, chunk, and the changes; the names of the index are taken too."""
        older = {"important_keywords": "important_kwd", "available": "available_int", "content": "content_with_weight"}
        given = {name: sent[old] for name, old in older.items() if old in sent} | dict(sent)
        changes = {name: value for name, value in super().take(given).items() if value is not None}
        return changes.pop("document_id"), changes.pop("chunk_id"), changes


class InterimQuestion(retrieval.Question):
    """A question, and where to search."""

    knowledgebase_id = Words()

    def take(self, sent: Mapping[str, Any]) -> Any:
        return super().take({**sent, "kb_id": sent.get("knowledgebase_id")})

    @post_load
    def _search(self, given: dict[str, Any], **options: Any) -> dict[str, Any]:
        return super()._search({name: value for name, value in given.items() if name != "knowledgebase_id"}, **options)


class InterimChunk(Reply):
    """A chunk, with the names of v0.12."""

    id = fields.String(attribute="chunk.id", required=True)
    content = fields.String(required=True)
    document_id = fields.String(attribute="chunk.document", required=True)
    document_keyword = fields.String(attribute="document_name", required=True)
    kb_id = fields.String(attribute="chunk.dataset", required=True)
    important_keywords = fields.List(fields.String(), attribute="chunk.important_keywords", required=True)
    image_id = fields.String(attribute="chunk.image_id", required=True)
    available = fields.Boolean(attribute="chunk.available", required=True)
    available_int = fields.Integer(attribute="chunk.available", required=True)
    positions = fields.Raw(attribute="chunk.positions", required=True, metadata={"type": "array", "items": {}})
    create_time = SpacedTime(attribute="chunk.create_time", required=True, metadata={"type": "string"})
    create_timestamp = fields.Float(attribute="chunk.create_time", required=True)


class InterimChunkPage(Reply):
    """A page of chunks, and their document."""

    total = fields.Integer(required=True)
    chunks = fields.List(fields.Nested(InterimChunk), required=True)
    doc = fields.Nested(InterimDocument, required=True)


class ChunkAdded(Reply):
    """A chunk that was added."""

    chunk = fields.Nested(InterimChunk, required=True)


class InterimFoundChunk(retrieval.FoundChunk):
    """A chunk that answers, with the names of v0.12."""

    class Meta(retrieval.FoundChunk.Meta):
        exclude = ("chunk_id", "content_with_weight", "doc_id", "docnm_kwd", "doc_name", "important_kwd", "img_id")

    id = fields.String(attribute="chunk.id", required=True)
    important_keywords = fields.Raw(attribute="chunk.important_keywords", required=True, metadata={"type": "array", "items": {}})


class InterimFound(retrieval.Found):
    """One page of the answer."""

    chunks = fields.List(fields.Nested(InterimFoundChunk), required=True)
