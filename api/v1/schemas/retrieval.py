"""Questions and what answers them on the wire (RAGFlow v1 contract 3.16; decisions B4, B6, B13)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import fields, post_dump, post_load

from api.v1.schemas.base import Arguments
from api.wire.fields import Choice, Flag, Items, Number, Part, Text, Texts, Whole, broken
from api.wire.objects import Reply, Wire
from models.errors import InvalidInput
from services.compat import profile
from services.metadata import Condition, MetadataCondition, operator_named
from services.retrieval import Search

_MOST_IDS = 100_000
_MOST_CONDITIONS = 100
_MOST_LANGUAGES = 20


class RetrievalScope(Arguments):
    """Where to search, known before the rest is looked at. Only the seeds' profile takes the datasets from the documents (decisions B4)."""

    dataset_ids = Texts(most=_MOST_IDS)
    document_ids = Texts(most=_MOST_IDS, allow_none=True)

    def take(self, sent: Mapping[str, Any]) -> dict[str, list[str]]:
        if sent.get("dataset_ids"):
            wanted = {"dataset_ids": sent["dataset_ids"]}
        elif sent.get("document_ids") and profile().name != "v0.19":
            wanted = {"document_ids": sent["document_ids"]}
        else:
            raise InvalidInput("dataset_ids", "`datasets` is required.", condition="datasets.required")
        return {"dataset_ids": [], **super().take(wanted)}


class Threshold(Number):
    """The least similarity; RAGFlow 0.19 took any number."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> float:
        number = super()._deserialize(value, attr, data, **kwargs)
        if profile().name != "v0.19" and not 0 <= number <= 1:
            raise broken("number.least", value, least=0, most=1)
        return number


class Reranker(fields.String):
    """The name of a rerank model; the seeds call it an integer (V9), and clients send null for none."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if isinstance(value, (str, int)):
            return str(value or "")
        raise broken("text.type", value)


class Operator(Text):
    """A comparison, in any of the words that clients use for it."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        return operator_named(super()._deserialize(value, attr, data, **kwargs))


class ConditionItem(Wire):
    name = Text(required=True, least=1, most=255)
    test = Operator(required=True, data_key="comparison_operator")
    value = fields.Raw(allow_none=True)

    @post_load
    def _condition(self, values: dict[str, Any], **_: Any) -> Condition:
        return Condition(**values)


class Metadata(Wire):
    """Which documents to search by their meta_fields, as RAGFlow 0.20 and later clients ask."""

    logic = Choice("and", "or", folded=True, load_default="and")
    conditions = Items(Part(ConditionItem), most=_MOST_CONDITIONS, load_default=list)

    @post_load
    def _metadata(self, values: dict[str, Any], **_: Any) -> MetadataCondition | None:
        return MetadataCondition(**values) if values["conditions"] else None


class Question(Arguments):
    """The question and how to answer it, checked in the order of contract 3.16: numbers, then documents (decisions B19)."""

    dataset_ids = Texts(most=_MOST_IDS, allow_none=True)  # read before, as RetrievalScope
    question = Text(required=True)
    page = Whole(least=1)
    page_size = Whole(least=1)
    similarity_threshold = Threshold()
    vector_similarity_weight = Number()
    top_k = Whole(least=1)
    document_ids = Texts(most=_MOST_IDS, allow_none=True)
    rerank_id = Reranker(allow_none=True)
    keyword = Flag(allow_none=True)
    highlight = Flag(allow_none=True)
    use_kg = Flag(allow_none=True)
    metadata_condition = Part(Metadata, allow_none=True)
    cross_languages = Texts(most=_MOST_LANGUAGES, allow_none=True)

    @post_load
    def _search(self, values: dict[str, Any], **_: Any) -> Search:
        values.pop("dataset_ids", None)
        values |= {name: values.get(name) or () for name in ("document_ids", "cross_languages")}
        values |= {name: bool(values.get(name)) for name in ("highlight", "keyword", "use_kg")}
        return Search(**{**values, "rerank_id": values.get("rerank_id") or ""})


class FoundChunk(Reply):
    id = fields.String(attribute="chunk.id", required=True)
    content = fields.String(attribute="chunk.content", required=True)
    content_ltks = fields.String(attribute="tokens", required=True)
    document_id = fields.String(attribute="chunk.document", required=True)
    document_keyword = fields.String(attribute="document_name", required=True)
    dataset_id = fields.String(attribute="chunk.dataset", required=True)
    older_dataset_id = fields.String(attribute="chunk.dataset", data_key="kb_id", required=True)
    important_keywords = fields.Raw(attribute="chunk.important_keywords", required=True, metadata={"type": "array", "items": {}})
    image_id = fields.String(attribute="chunk.image_id", required=True)
    positions = fields.Raw(attribute="chunk.positions", required=True, metadata={"type": "array", "items": {}})
    similarity = fields.Float(attribute="hit.similarity", required=True)
    term_similarity = fields.Float(attribute="hit.term_similarity", required=True)
    vector_similarity = fields.Float(attribute="hit.vector_similarity", required=True)
    doc_type_kwd = fields.String(attribute="chunk.image_kind", required=True)
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
    """A list of counts; of an empty question an empty object, as in RAGFlow (contract 3.16)."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return value if value == {} else DocumentCount(many=True).dump(value)


class Found(Reply):
    """One page of the answer."""

    total = fields.Integer(required=True)
    chunks = fields.List(fields.Nested(FoundChunk), required=True)
    doc_aggs = DocumentCounts(attribute="documents", required=True)
