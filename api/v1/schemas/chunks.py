"""Chunks on the wire (RAGFlow v1 contract 2.1, 3.12 to 3.15)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from marshmallow import fields, post_load

from api.v1 import bodies
from api.v1.schemas.base import Arguments, Deletion, Query
from api.v1.schemas.documents import Document
from api.wire.fields import Flag, Text, Texts, Whole, broken
from api.wire.objects import Reply, SpacedTime
from models.errors import InvalidInput
from services.chunks import NewChunk
from services.compat import profile

_MOST_IDS = 100_000
_MOST_WORDS = 1_000
_LONGEST_WORD = 10_000
_LONGEST_KEYWORDS = 100_000
_LONGEST_ID = 1_000
_FIRST_HITS = 10  # what a page_size of 0 stands for (contract 1.7)


class Content(Text):
    """A text that is not blank."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if not text.strip():
            raise broken("required", value)
        return text


class Questions(Texts):
    """Questions, stripped, without empty ones."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> list[Any]:
        return [question.strip() for question in super()._deserialize(value, attr, data, **kwargs) if question.strip()]


class Available(Flag):
    """What `int()` takes, so a number may be spelled but no word is one; the seeds' profile knows 0 and 1 alone (contract 3.15, 1.10)."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bool:
        if not isinstance(value, (int, float, str)):
            raise broken("flag.type", value)
        try:
            number = int(value)
        except ValueError:
            raise broken("flag.literal", value) from None
        if profile().name != "v0.19" and float(value) not in (0, 1):
            raise broken("flag.literal", value)
        return number != 0


class ChunkAdd(Arguments):
    content = Content(required=True)
    important_keywords = Texts(most=_MOST_WORDS, longest=_LONGEST_WORD)
    questions = Questions(most=_MOST_WORDS, longest=_LONGEST_WORD)

    @post_load
    def _new(self, values: dict[str, Any], **_: Any) -> NewChunk:
        return NewChunk(**values)


class ChunkUpdate(Arguments):
    """Only the keys that are sent change."""

    content = Text()
    important_keywords = Texts(most=_MOST_WORDS, longest=_LONGEST_WORD)
    questions = Questions(most=_MOST_WORDS, longest=_LONGEST_WORD)
    available = Available()


class ChunkDelete(Deletion):
    """None, said by null, `[]` or `{}`, means all of the document; an absent body says nothing (contract 3.14)."""

    chunk_ids = Texts(most=_MOST_IDS, allow_none=True)

    def read(self) -> list[str] | None:
        sent = bodies.deleting()
        if sent is None:
            raise InvalidInput("chunk_ids", "`chunk_ids` is required", condition="body.absent")
        return self.take(sent).get("chunk_ids") or None


class ChunkQuery(Query):
    keywords = Text(most=_LONGEST_KEYWORDS)
    page = Whole(least=1)
    page_size = Whole(least=0)
    id = Text(most=_LONGEST_ID)

    @post_load
    def _filters(self, values: dict[str, Any], **_: Any) -> dict[str, Any]:
        page_size = values.get("page_size", 30 if profile().name == "v0.19" else 1024)  # V7
        return {"page": 1, **values, "page_size": page_size or _FIRST_HITS}


@dataclass(frozen=True, slots=True)
class Listed:
    """A chunk row with its content as it is to be shown, and its document's name."""

    chunk: Any
    content: str
    document_name: str


class ChunkItem(Reply):
    id = fields.String(attribute="chunk.id", required=True)
    content = fields.String(required=True)
    document_id = fields.String(attribute="chunk.document", required=True)
    docnm_kwd = fields.String(attribute="document_name", required=True)
    important_keywords = fields.Raw(attribute="chunk.important_keywords", required=True, metadata={"type": "array", "items": {}})
    questions = fields.Raw(attribute="chunk.questions", required=True, metadata={"type": "array", "items": {}})
    dataset_id = fields.String(attribute="chunk.dataset", required=True)
    image_id = fields.String(attribute="chunk.image_id", required=True)
    available = fields.Boolean(attribute="chunk.available", required=True)
    available_int = fields.Integer(attribute="chunk.available", required=True)
    positions = fields.Raw(attribute="chunk.positions", required=True, metadata={"type": "array", "items": {}})


class ChunkPage(Reply):
    total = fields.Integer(required=True)
    chunks = fields.List(fields.Nested(ChunkItem), required=True)
    doc = fields.Nested(Document, required=True)


class NewChunkItem(Reply):
    id = fields.String(required=True)
    content = fields.String(required=True)
    document_id = fields.String(attribute="document", required=True)
    dataset_id = fields.String(attribute="dataset", required=True)
    important_keywords = fields.List(fields.String(), required=True)
    questions = fields.List(fields.String(), required=True)
    create_time = SpacedTime(required=True, metadata={"type": "string"})
    create_timestamp = fields.Float(attribute="create_time", required=True)


class ChunkAdded(Reply):
    chunk = fields.Nested(NewChunkItem, required=True)
