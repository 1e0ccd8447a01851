"""Datasets on the wire (RAGFlow v1 contract 2.2, 3.1 to 3.4)."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import request
from marshmallow import RAISE, fields, post_load

from api.v1 import bodies
from api.v1.schemas.base import StrictArguments, StrictQuery
from api.wire.fields import Choice, Flag, Items, Text, Whole, broken
from api.wire.objects import Timed
from api.v1.schemas.parser_config import ParserConfigField
from models.errors import InvalidInput
from services.compat import profile
from services.datasets import NewDataset, knows_model
from services.paging import Paging

_METHODS = ("naive", "book", "email", "laws", "manual", "one", "paper", "picture", "presentation", "qa", "table", "tag")
_IMAGES = ("image/jpeg", "image/png")
_MOST_IDS = 100_000


class Uuid1(Text):
    """An id of 32 hex digits, from any spelling of a version 1 UUID (contract 1.9)."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        return uuid1_hex(value)


def uuid1_hex(value: Any) -> str:
    """The 32 hex digits of a version 1 UUID; raises ValidationError for anything else."""
    try:
        found = uuid.UUID(value)
    except (AttributeError, TypeError, ValueError):
        raise broken("uuid1", value) from None
    if found.version != 1:
        raise broken("uuid1", value)
    return found.hex


class Avatar(Text):
    """A picture as a data URL; empty means none, and the seeds' profile takes plain base64 too (decisions B18)."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        text = super()._deserialize(value, attr, data, **kwargs)
        head, comma, _ = text.partition(",")
        plain = not comma and not text.startswith("data:")
        if not text or (plain and profile().name == "seed"):
            return text or None
        if not comma:
            raise broken("avatar.missing", value)
        if not head.startswith("data:"):
            raise broken("avatar.prefix", value)
        if head.removeprefix("data:").partition(";")[0] not in _IMAGES:
            raise broken("avatar.type", value)
        return text


class ModelName(Text):
    """An embedding model: `name@factory`, or a bare name that the catalogue has (contract 3.1)."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        name = super()._deserialize(value, attr, data, **kwargs)
        if "@" not in name:
            if knows_model(name):
                return name
            raise broken("model.format", value)
        if not all(part.strip() for part in name.rpartition("@")):
            raise broken("model.parts", value)
        return name


class ModelNameOrDefault(ModelName):
    """Null asks for the default in the seeds' profile, because ragflow-sdk 0.20 sends it unasked; `v0.19` refuses it (3.1)."""

    def deserialize(self, value: Any, attr: str | None = None, data: Any = None, **kwargs: Any) -> str | None:
        if value is None and profile().name == "v0.19":
            raise broken("text.type", value)
        name: str | None = super().deserialize(value, attr, data, **kwargs)
        return name


class DatasetCreate(StrictArguments):
    name = Text(strip=True, least=1, most=128, required=True)
    avatar = Avatar(most=65_535, allow_none=True)
    description = Text(most=65_535, allow_none=True)
    language = Choice("English", "Chinese")
    embedding_model = ModelNameOrDefault(strip=True, most=255, allow_none=True)
    permission = Choice("me", "team", folded=True)
    chunk_method = Choice(*_METHODS, also=("knowledge_graph",))
    pagerank = Whole(least=0, most=100)
    parser_config = ParserConfigField(complete=True, allow_none=True)

    @post_load
    def _new(self, values: dict[str, Any], **_: Any) -> NewDataset:
        return NewDataset(**{**values, "parser_config": values.get("parser_config") or {}})


@dataclass(frozen=True, slots=True)
class Changes:
    """What a PUT changes: only the keys that were sent; `tenant` when the client named one, to be compared."""

    fields: dict[str, Any]
    tenant: Any = None


class DatasetPath(StrictArguments):
    """The id in the path, told in the same grammar and before anything of the body (contract 3.3, appendix B)."""

    location = "path"

    dataset_id = Uuid1(required=True)

    def read(self) -> str:
        id: str = self.take(request.view_args or {})["dataset_id"]
        return id


class DatasetUpdate(StrictArguments):
    name = Text(strip=True, least=1, most=128)
    avatar = Avatar(most=65_535, allow_none=True)
    description = Text(most=65_535, allow_none=True)
    language = Choice("English", "Chinese")
    embedding_model = ModelName(strip=True, most=255)
    permission = Choice("me", "team", folded=True)
    chunk_method = Choice(*_METHODS, also=("knowledge_graph",))
    pagerank = Whole(least=0, most=100)
    parser_config = ParserConfigField(complete=False, allow_none=True)

    def take(self, sent: Mapping[str, Any]) -> Changes:
        values = super().take(sent)
        tenant = sent.get("tenant_id")
        if not values and tenant is None:
            raise InvalidInput("body", "No properties were modified")
        if "parser_config" in values:
            values["parser_config"] = values["parser_config"] or {}
        return Changes(values, tenant)


class DatasetQuery(StrictQuery):
    id = Uuid1(most=64)
    name = Text(most=1_000)
    page = Whole(least=1)
    page_size = Whole(least=1)
    orderby = Choice("create_time", "update_time", folded=True)
    desc = Flag()

    @post_load
    def _listing(self, values: dict[str, Any], **_: Any) -> dict[str, Any]:
        filters = {name: values.pop(name, None) for name in ("id", "name")}
        return {**filters, "paging": Paging(**values)}


class Ids(Items):
    """Ids of datasets, each once."""

    def __init__(self, **options: Any) -> None:
        super().__init__(Uuid1(), most=_MOST_IDS, **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> list[Any]:
        ids = super()._deserialize(value, attr, data, **kwargs)
        twice = [id for id, count in Counter(ids).items() if count > 1]
        if twice:
            raise broken("duplicates", value, ids=", ".join(twice))
        return ids


class DatasetDelete(StrictArguments):
    """None means all: said by null, or in the seeds' profile by `{}` (decisions B2); no body says nothing (3.2)."""

    ids = Ids(allow_none=True, required=True)

    def read(self) -> Any:
        bodies.strict()  # content type, syntax and presence come first; an empty value of another type is no `{}` here
        return self.take(bodies.deleting() or {})

    def take(self, sent: Mapping[str, Any]) -> list[str] | None:
        if not sent and profile().name == "seed":
            return None
        ids: list[str] | None = super().take(sent)["ids"]
        return ids

    def load(self, data: Any, **options: Any) -> Any:
        return super().load(data, **{**options, "unknown": RAISE})


class Dataset(Timed):
    id = fields.String(required=True)
    tenant_id = fields.String(attribute="tenant", required=True)
    created_by = fields.String(required=True)
    name = fields.String(required=True)
    avatar = fields.String(required=True, allow_none=True)
    description = fields.String(required=True, allow_none=True)
    language = fields.String(required=True)
    embedding_model = fields.String(required=True)
    permission = fields.String(required=True)
    chunk_method = fields.String(required=True)
    parser_config = fields.Dict(required=True)
    document_count = fields.Integer(required=True)
    chunk_count = fields.Integer(required=True)
    token_num = fields.Integer(attribute="token_count", required=True)
    similarity_threshold = fields.Float(required=True)
    vector_similarity_weight = fields.Float(required=True)
    pagerank = fields.Integer(required=True)
    status = fields.Constant("1")
