"""Questions to knowledge and files on the wire (contract 7)."""

from __future__ import annotations

from marshmallow import Schema, fields

from api.openwebui.schemas.base import JsonBody
from api.wire.fields import Flag, Number, Text, Texts, Whole

_MOST_PLACES = 1000


class _Question(JsonBody):
    query = Text(required=True)
    k = Whole(least=-(2**31), allow_none=True, load_default=None)
    r = Number(allow_none=True, load_default=None)
    hybrid = Flag(allow_none=True, load_default=None)


class CollectionQuery(_Question):
    collection_names = Texts(most=_MOST_PLACES, required=True)


class DocQuery(_Question):
    collection_name = Text(required=True)


class Found(Schema):
    """Passages, best first; every list is nested once."""

    distances = fields.List(fields.List(fields.Float()), required=True)
    documents = fields.List(fields.List(fields.String()), required=True)
    metadatas = fields.List(fields.List(fields.Dict()), required=True)


class FoundWithIds(Found):
    ids = fields.List(fields.List(fields.String()), required=True)


class FileForm(JsonBody):
    file_id = Text(required=True)
    content = Text(most=32 << 20, allow_none=True, load_default=None)
    collection_name = Text(allow_none=True, load_default=None)


class FileRead(Schema):
    status = fields.Boolean(required=True)
    collection_name = fields.String(required=True, allow_none=True)
    filename = fields.String(required=True)
    content = fields.String(required=True)


class Status(Schema):
    """How passages are made and found."""

    status = fields.Boolean(required=True)
    chunk_size = fields.Integer(required=True)
    chunk_overlap = fields.Integer(required=True)
    template = fields.String(required=True)
    embedding_engine = fields.String(required=True)
    embedding_model = fields.String(required=True)
    reranking_model = fields.String(required=True)
    embedding_batch_size = fields.Integer(required=True)


class QuerySettings(Schema):
    status = fields.Boolean(required=True)
    template = fields.String(required=True)
    k = fields.Integer(required=True)
    r = fields.Float(required=True)
    hybrid = fields.Boolean(required=True)
