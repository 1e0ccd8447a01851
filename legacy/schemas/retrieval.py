"""Questions as old clients ask them, and what answers them (legacy contract 5.3, 6.12)."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, post_dump, post_load

from api.wire.fields import Number, Text, Whole
from api.wire.objects import Reply
from legacy.arguments import Arguments
from legacy.schemas.fields import Truth, Words
from services.retrieval import Search

_PAGE_SIZE = 30


class Question(Arguments):
    """A question and where to search; null is the default of everything."""

    required = True

    kb_id = Words()
    dataset_ids = Words()  # clients 11 and 27 of contract 9
    question = Text(required=True, allow_none=True)
    doc_ids = Words()
    page = Whole(least=0, allow_none=True)
    size = Whole(least=0, allow_none=True)
    page_size = Whole(least=0, allow_none=True)
    similarity_threshold = Number(allow_none=True)
    vector_similarity_weight = Number(allow_none=True)
    top_k = Whole(least=1, allow_none=True)
    rerank_id = Text(allow_none=True)
    keyword = Truth(allow_none=True)
    highlight = Truth(allow_none=True)

    @post_load
    def _search(self, given: dict[str, Any], **_: Any) -> dict[str, Any]:
        found = {name: value for name, value in given.items() if value is not None}
        named, also = ([id for id in found.pop(key) if id.strip()] for key in ("kb_id", "dataset_ids"))
        size = found.pop("size", _PAGE_SIZE)
        search = {"question": "", "page_size": size, "document_ids": found.pop("doc_ids"), **found}
        return {"dataset_ids": named or also, "search": Search(**search)}


class FoundChunk(Reply):
    """A chunk that answers; what was renamed has its names of all generations."""

    chunk_id = fields.String(attribute="chunk.id", required=True)
    content_with_weight = fields.String(attribute="chunk.content", required=True)
    content = fields.String(attribute="chunk.content", required=True)
    content_ltks = fields.String(attribute="tokens", required=True)
    doc_id = fields.String(attribute="chunk.document", required=True)
    document_id = fields.String(attribute="chunk.document", required=True)
    docnm_kwd = fields.String(attribute="document_name", required=True)
    doc_name = fields.String(attribute="document_name", required=True)
    document_keyword = fields.String(attribute="document_name", required=True)
    kb_id = fields.String(attribute="chunk.dataset", required=True)
    important_kwd = fields.Raw(attribute="chunk.important_keywords", required=True, metadata={"type": "array", "items": {}})
    img_id = fields.String(attribute="chunk.image_id", required=True)
    image_id = fields.String(attribute="chunk.image_id", required=True)
    doc_type_kwd = fields.String(attribute="chunk.image_kind", required=True)
    positions = fields.Raw(attribute="chunk.positions", required=True, metadata={"type": "array", "items": {}})
    similarity = fields.Float(attribute="hit.similarity", required=True)
    term_similarity = fields.Float(attribute="hit.term_similarity", required=True)
    vector_similarity = fields.Float(attribute="hit.vector_similarity", required=True)
    highlight = fields.String()

    @post_dump
    def _without_absent_highlight(self, item: dict[str, Any], **_: Any) -> dict[str, Any]:
        if item["highlight"] is None:
            del item["highlight"]
        return item


class DocumentCount(Reply):
    doc_name = fields.String(attribute="name", required=True)
    doc_id = fields.String(attribute="id", required=True)
    count = fields.Integer(required=True)


class DocumentCounts(fields.Field[Any]):
    """A list of counts, most first; of an empty question an empty object (contract 6.12)."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return value if value == {} else DocumentCount(many=True).dump(value)


class Found(Reply):
    """One page of the answer."""

    total = fields.Integer(required=True)
    chunks = fields.List(fields.Nested(FoundChunk), required=True)
    doc_aggs = DocumentCounts(attribute="documents", required=True)
