"""Chats on the wire (RAGFlow v1 contract 2.1, 2.9, 3.17 to 3.20)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import INCLUDE, fields, post_load, pre_load

from api.v1 import bodies
from api.v1.schemas.base import Arguments, Deletion
from api.v1.schemas.bounds import SeedNumber, SeedWhole
from api.v1.schemas.lists import Column, ListQuery, paging
from api.wire.fields import Flag, Items, Part, Text, Texts, broken
from api.wire.objects import HttpDate, Reply, Status, Timed, Wire
from services.chats import DESCRIPTION, NewChat
from services.compat import profile
from services.json_values import shortened

MOST_IDS = 100_000
_MOST_DATASETS = 1_000
_MOST_VARIABLES = 100
_LONGEST_NAME = 255
_LONGEST_LANGUAGE = 32
# The names under which RAGFlow stores what clients send by other names; both are accepted (contract 3.17).
_STORED = {
    "parameters": "variables",
    "prologue": "opener",
    "quote": "show_quote",
    "system": "prompt",
    "rerank_id": "rerank_model",
}
# RAGFlow sorts by any column of its table; these are its names for ours.
_COLUMNS = {"create_date": "create_time", "update_date": "update_time", "icon": "avatar", "llm_id": "model", "do_refer": "refers"}
_UNSORTABLE = {"datasets", "generation", "prompt"}  # JSON, which not every database can order by
# What a chat's own object carries besides what can be changed: clients send objects back whole.
_READ_ONLY = {"id", "tenant_id", "status", "prompt_type", "datasets"}
_READ_ONLY |= {"create_time", "create_date", "update_time", "update_date"}


class DatasetIds(Texts):
    """Ids of datasets, empty ones dropped; of a plain string RAGFlow takes the characters (contract 3.17)."""

    def __init__(self, **options: Any) -> None:
        super().__init__(most=_MOST_DATASETS, longest=_LONGEST_NAME, **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> list[Any]:
        given = list(value) if isinstance(value, str) else value
        if isinstance(given, list):
            given = [id for id in given if id]
        return super()._deserialize(given, attr, data, **kwargs)


class GenerationSettings(Wire):
    """The settings that the product itself reads; others are kept beside them."""

    class Meta:
        unknown = INCLUDE

    model_name = Text(most=_LONGEST_NAME, allow_none=True)
    temperature = SeedNumber(least=0, most=2, allow_none=True)
    top_p = SeedNumber(least=0, most=1, allow_none=True)
    presence_penalty = SeedNumber(least=-2, most=2, allow_none=True)
    frequency_penalty = SeedNumber(least=-2, most=2, allow_none=True)
    max_tokens = SeedWhole(least=0, allow_none=True)
    max_token = SeedWhole(least=0, allow_none=True)


class Generation(Part):
    """`llm`: checked, and stored as it was sent (contract 3.17)."""

    def __init__(self, **options: Any) -> None:
        super().__init__(GenerationSettings, model="llm", **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, partial: Any = None, **kwargs: Any) -> Any:
        super()._deserialize(value, attr, data, partial=partial, **kwargs)
        return dict(value)


class Variable(fields.Field[Any]):
    """A variable of a prompt: its key, and whether it may be missing."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> dict[str, Any]:
        if not isinstance(value, Mapping):
            raise broken("object.type", value, model="variable")
        for key in ("key", "optional"):
            if key not in value:
                raise broken("variable.incomplete", value, key=key)
        return {"key": Text(most=_LONGEST_NAME).deserialize(value["key"]), "optional": Flag().deserialize(value["optional"])}


class Prompt(Wire):
    """How a chat is told to answer. What is not known here is kept and shown again."""

    class Meta:
        unknown = INCLUDE

    similarity_threshold = SeedNumber(least=0, most=1, allow_none=True)
    keywords_similarity_weight = SeedNumber(least=0, most=1, allow_none=True)
    vector_similarity_weight = SeedNumber(least=0, most=1, allow_none=True)
    top_n = SeedWhole(least=0, most=1024, allow_none=True)
    top_k = SeedWhole(least=0, allow_none=True)
    rerank_model = Text(most=_LONGEST_NAME, allow_none=True)
    variables = Items(Variable(metadata={"type": "object"}), most=_MOST_VARIABLES)
    prompt = Text(allow_none=True)
    opener = Text(allow_none=True)
    empty_response = Text(allow_none=True)
    show_quote = Flag()
    tts = Flag()
    refine_multiturn = Flag()
    keyword = Flag(allow_none=True)
    reasoning = Flag(allow_none=True)
    use_kg = Flag(allow_none=True)
    cross_languages = Texts(most=20, longest=100, allow_none=True)

    @pre_load
    def _by_api_names(self, sent: Mapping[str, Any], **_: Any) -> dict[str, Any]:
        names = {name: _STORED[name] for name in _STORED if name in sent and _STORED[name] not in sent}
        return {names.get(name, name): value for name, value in sent.items()}

    @post_load
    def _apart(self, values: dict[str, Any], **_: Any) -> dict[str, Any]:
        """The numbers by themselves, the rest as `prompt`. Null is no number, and asks for the default (decisions B15)."""
        apart = {name: values.pop(name, None) for name in ("similarity_threshold", "vector_similarity_weight", "top_n", "top_k")}
        weight = values.pop("keywords_similarity_weight", None)
        if weight is not None:
            apart["vector_similarity_weight"] = weight if profile().name == "v0.19" else 1 - weight  # B5, V14
        found = {name: value for name, value in apart.items() if value is not None}
        if "rerank_model" in values:
            found["rerank_model"] = values.pop("rerank_model") or ""
        return {**found, "prompt": values} if values else found


class ChatFields(Arguments):
    """What create and update have in common. The prompt's `top_k` goes before the chat's own (decisions B21)."""

    name = Text(most=_LONGEST_NAME, allow_none=True)
    avatar = Text(most=65_535, allow_none=True)
    description = Text(most=65_535, allow_none=True)
    language = Text(most=_LONGEST_LANGUAGE, allow_none=True)
    top_k = SeedWhole(least=0, allow_none=True)
    dataset_ids = DatasetIds(allow_none=True)
    llm = Generation(allow_none=True)
    prompt = Part(Prompt, model="prompt", allow_none=True)


class ChatCreate(ChatFields):
    tenant_id = fields.Raw(allow_none=True)

    @post_load
    def _new(self, values: dict[str, Any], **_: Any) -> NewChat:
        generation = values.get("llm") or None
        model = generation.pop("model_name", None) if generation is not None else None
        description = values.get("description")
        return NewChat(
            name=values.get("name") or "",
            avatar=values.get("avatar") or "",
            description=DESCRIPTION if description is None else description,
            datasets=values.get("dataset_ids") or (),
            model=model or "",
            generation=generation,
            tenant=values.get("tenant_id"),
            **{**_own(values), **(values.get("prompt") or {})},
        )


@dataclass(frozen=True, slots=True)
class Changes:
    """What a PUT changes, only the keys that were sent, and the keys that no chat has."""

    fields: dict[str, Any]
    unknown: list[str]


class ChatUpdate(ChatFields):
    """Only the keys that are sent change. What is no key of a chat is handed on, to be refused last (appendix B)."""

    show_quotation = Flag()
    do_refer = Flag()

    def take(self, sent: Mapping[str, Any]) -> Changes:
        # An empty object reaches RAGFlow's storage as a column of its own, which there is none of (contract 3.18).
        unknown = [shortened(name) for name, value in sent.items() if name not in _KNOWN or (name in ("llm", "prompt") and value == {})]
        return Changes(super().take(sent), unknown)

    @post_load
    def _changes(self, values: dict[str, Any], **_: Any) -> dict[str, Any]:
        changes = {name: values[name] or "" for name in ("name", "avatar", "description") if name in values}
        if values.get("dataset_ids") is not None:
            changes["datasets"] = values["dataset_ids"]
        for name in {"show_quotation", "do_refer"} & values.keys():
            changes["refers"] = values[name]
        if values.get("llm"):
            changes["generation"] = values["llm"]
            changes["model"] = changes["generation"].pop("model_name", None)
        if changes.get("model") is None:
            changes.pop("model", None)
        return {**changes, **_own(values), **(values.get("prompt") or {})}


def _own(values: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that null and an empty text leave as they are."""
    return {name: values[name] for name in ("language", "top_k") if values.get(name) not in (None, "")}


_KNOWN = {*ChatUpdate._declared_fields, *_READ_ONLY}


class ChatDelete(Deletion):
    """None means all: said by an absent body, `{}`, null or `[]` (contract 1.8)."""

    ids = Texts(most=MOST_IDS, allow_none=True)

    def read(self) -> list[str] | None:
        return self.take(bodies.deleting() or {}).get("ids") or None


class ChatQuery(ListQuery):
    orderby = Column(_COLUMNS, _UNSORTABLE)

    @post_load
    def _listing(self, values: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {"paging": paging(values), **values}


@dataclass(frozen=True, slots=True)
class Shown:
    """A chat with what a client sees of it besides its row."""

    chat: Any
    model: str
    datasets: list[Any]


class StoredDataset(Timed):
    """A dataset under the names that RAGFlow stores it by (contract 3.20)."""

    id = fields.String(required=True)
    tenant_id = fields.String(attribute="tenant", required=True)
    created_by = fields.String(required=True)
    name = fields.String(required=True)
    avatar = fields.String(required=True, allow_none=True)
    description = fields.String(required=True, allow_none=True)
    language = fields.String(required=True)
    embd_id = fields.String(attribute="embedding_model", required=True)
    permission = fields.String(required=True)
    parser_id = fields.String(attribute="chunk_method", required=True)
    parser_config = fields.Dict(required=True)
    doc_num = fields.Integer(attribute="document_count", required=True)
    chunk_num = fields.Integer(attribute="chunk_count", required=True)
    token_num = fields.Integer(attribute="token_count", required=True)
    similarity_threshold = fields.Float(required=True)
    vector_similarity_weight = fields.Float(required=True)
    pagerank = fields.Integer(required=True)
    status = fields.Constant("1")


class Chat(Reply):
    id = fields.String(attribute="chat.id", required=True)
    tenant_id = fields.String(attribute="chat.tenant", required=True)
    name = fields.String(attribute="chat.name", required=True)
    description = fields.String(attribute="chat.description", required=True)
    language = fields.String(attribute="chat.language", required=True)
    avatar = fields.String(attribute="chat.avatar", required=True)
    dataset_ids = fields.List(fields.String(), attribute="chat.datasets", required=True)
    datasets = fields.List(fields.Nested(StoredDataset), required=True)
    llm = fields.Function(lambda shown: {**shown.chat.generation, "model_name": shown.model}, required=True, metadata={"type": "object"})
    prompt = fields.Function(lambda shown: shown_prompt(shown.chat), required=True, metadata={"type": "object"})
    top_k = fields.Integer(attribute="chat.top_k", required=True)
    prompt_type = fields.Constant("simple")
    do_refer = Status(attribute="chat.refers", required=True, metadata={"type": "string"})
    status = fields.Constant("1")
    create_time = fields.Integer(attribute="chat.create_time", required=True)
    create_date = HttpDate(attribute="chat.create_time", required=True)
    update_time = fields.Integer(attribute="chat.update_time", required=True)
    update_date = HttpDate(attribute="chat.update_time", required=True)


def shown_prompt(chat: Any) -> dict[str, Any]:
    """The prompt as it is stored, with the numbers that clients look for in it (contract 3.17)."""
    return {
        **chat.prompt,
        "similarity_threshold": chat.similarity_threshold,
        "keywords_similarity_weight": round(1 - chat.vector_similarity_weight, 10),
        "top_n": chat.top_n,
        "rerank_model": chat.rerank_model,
    }
