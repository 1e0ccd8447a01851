"""Datasets as the clients of v0.11 and v0.12 send and read them (legacy contract 8)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import fields, post_load, pre_load

from api.wire.fields import Choice, Flag, Part, Text, Texts, Whole
from api.wire.objects import Timed, Wire
from legacy.arguments import Arguments, anywhere
from legacy.schemas.paging import WholeListing
from models.errors import InvalidInput
from services import parser_config
from services.datasets import NewDataset

_LONG = 65_535
_COLUMNS = {
    **{name: name for name in ("id", "name", "chunk_count", "document_count", "permission", "language")},
    "chunk_num": "chunk_count",
    "doc_num": "document_count",
    "parse_method": "chunk_method",
}


class Raptor(Wire):
    use_raptor = Flag()


class ParserConfig(Wire):
    """What of a configuration means something here; `chunk_token_count` is its name in the SDK."""

    chunk_token_num = Whole(least=1, most=2048)
    delimiter = Text(least=1, most=_LONG)
    layout_recognize = Text(most=255)
    html4excel = Flag()
    task_page_size = Whole(least=1, allow_none=True)
    auto_keywords = Whole(least=0, most=32)
    auto_questions = Whole(least=0, most=10)
    entity_types = Texts(most=1_000)
    raptor = Part(Raptor)

    @pre_load
    def _modern(self, sent: Mapping[str, Any], **_: Any) -> dict[str, Any]:
        config = dict(sent)
        if "chunk_token_count" in config:
            config.setdefault("chunk_token_num", config.pop("chunk_token_count"))
        if isinstance(config.get("layout_recognize"), bool):
            config["layout_recognize"] = "DeepDOC" if config["layout_recognize"] else "Plain Text"
        return config


@dataclass(frozen=True, slots=True)
class Saved:
    """A dataset to change, when `id` names one, else to make: the fields that were sent, and what may only be repeated, not changed."""

    id: str
    fields: dict[str, Any]
    fixed: dict[str, Any]


class DatasetSave(Arguments):
    """What a client says of a dataset; the counters and the tenant it repeats from what it read."""

    required = True

    id = Text(allow_none=True)
    name = Text(strip=True, least=1, most=128)
    avatar = Text(most=_LONG, allow_none=True)
    description = Text(most=_LONG, allow_none=True)
    language = Text(most=32)
    permission = Choice("me", "team", folded=True)
    parse_method = Choice(*parser_config.CHUNK_METHODS, attribute="chunk_method")
    parser_config = Part(ParserConfig, allow_none=True)
    embedding_model = Text(most=255, allow_none=True)
    tenant_id = Text(allow_none=True, attribute="tenant")
    chunk_count = Whole(least=0, allow_none=True)
    document_count = Whole(least=0, allow_none=True)

    @pre_load
    def _modern(self, sent: Mapping[str, Any], **_: Any) -> dict[str, Any]:
        """The SDK of v0.11 sends the names of the table."""
        given = dict(sent)
        for old, name in {"parser_id": "parse_method", "embd_id": "embedding_model", "chunk_num": "chunk_count", "doc_num": "document_count"}.items():
            if old in given:
                given.setdefault(name, given[old])
        return given

    @post_load
    def _saved(self, given: dict[str, Any], **_: Any) -> Saved:
        id = given.pop("id", None) or ""
        fixed = {name: given.pop(name, None) for name in ("tenant", "chunk_count", "document_count")}
        for name in ("parser_config", "embedding_model"):
            if not given.get(name):
                given.pop(name, None)
        return Saved(id, given, {name: value for name, value in fixed.items() if value is not None})


def new_dataset(asked: Saved) -> NewDataset:
    """The dataset to make. Raises InvalidInput where the client names a tenant or a model, or no name."""
    if asked.fixed.get("tenant") or "embedding_model" in asked.fields:
        raise InvalidInput("tenant_id", "Tenant_id or embedding_model must not be provided", condition="dataset.not_of_client")
    if "name" not in asked.fields:
        raise InvalidInput("name", "required argument are missing: name; ")
    given = dict(asked.fields)
    if "parser_config" in given:
        given["parser_config"] = parser_config.merged(parser_config.default(given.get("chunk_method", "naive")), given["parser_config"])
    return NewDataset(**given)


class NamedOrId(Arguments):
    """A dataset or an assistant by id, by name, or by both."""

    id = Text(allow_none=True)
    name = Text(allow_none=True, most=1_000)

    @post_load
    def _named(self, given: dict[str, Any], **_: Any) -> dict[str, str]:
        found = {name: value for name, value in given.items() if value}
        if not found:
            raise InvalidInput("id", "required argument are missing: id; ")
        return found


class Identity(Arguments):
    """One id, under the name that the route calls it by."""

    key = "id"

    def read(self) -> str:
        """The id. Raises InvalidInput."""
        given = anywhere()
        if not given.get(self.key):
            raise InvalidInput(self.key, f"required argument are missing: {self.key}; ")
        found: str = self.take(given)[self.key]
        return found


class Id(Identity):
    """One id, under that name."""

    id = Text()


class DatasetListing(WholeListing):
    """Which part of the list of datasets."""

    columns = _COLUMNS


class Dataset(Timed):
    """A dataset's row, with the names of v0.12."""

    id = fields.String(required=True)
    tenant_id = fields.String(attribute="tenant", required=True)
    created_by = fields.String(required=True)
    name = fields.String(required=True)
    avatar = fields.String(required=True, allow_none=True)
    description = fields.String(required=True, allow_none=True)
    language = fields.String(required=True)
    embedding_model = fields.String(required=True)
    permission = fields.String(required=True)
    parse_method = fields.String(attribute="chunk_method", required=True)
    parser_config = fields.Dict(required=True)
    document_count = fields.Integer(required=True)
    chunk_count = fields.Integer(required=True)
    token_num = fields.Integer(attribute="token_count", required=True)
    similarity_threshold = fields.Float(required=True)
    vector_similarity_weight = fields.Float(required=True)
    status = fields.Constant("1", metadata={"type": "string"})
