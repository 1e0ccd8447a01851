"""Assistants as the clients of v0.11 and v0.12 send and read them (legacy contract 8)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from marshmallow import INCLUDE, fields, post_load, pre_load

from api.wire.fields import Flag, FreeObject, Items, Number, Part, Text, Whole
from api.wire.objects import HttpDate, Reply, Wire
from legacy.arguments import Arguments
from legacy.schemas.interim_datasets import Dataset
from legacy.schemas.paging import WholeListing
from models.errors import InvalidInput
from services.chats import MOST_CHUNKS, NewChat

_LONG = 65_535
_LONGEST_NAME = 255
_MOST = 1_000
_STORED = {
    "parameters": "variables",
    "prologue": "opener",
    "quote": "show_quote",
    "system": "prompt",
    "rerank_id": "rerank_model",
    "vector_similarity_weight": "keywords_similarity_weight",
}
# What a client leaves empty, so that the chat has its default.
_NEVER_EMPTY = ("prompt", "opener", "variables", "empty_response")


class VariableFields(Wire):
    key = Text(most=_LONGEST_NAME, required=True)
    optional = Flag(load_default=False)


class InterimPrompt(Wire):
    """How an assistant is told to answer, under the names of that time or of the table; what is not known here is kept."""

    class Meta:
        unknown = INCLUDE

    similarity_threshold = Number(least=0, most=1, allow_none=True)
    keywords_similarity_weight = Number(least=0, most=1, allow_none=True, data_key="keywords_similarity_weight", attribute="vector_similarity_weight")
    top_n = Whole(least=0, most=MOST_CHUNKS, allow_none=True)
    rerank_model = Text(most=_LONGEST_NAME, allow_none=True)
    variables = Items(Part(VariableFields, model="variable"), most=100, allow_none=True)
    prompt = Text(allow_none=True)
    opener = Text(allow_none=True)
    empty_response = Text(allow_none=True)
    show_quote = Flag()

    @pre_load
    def _modern(self, sent: Mapping[str, Any], **_: Any) -> dict[str, Any]:
        return {_STORED.get(name, name): value for name, value in sent.items()}


class InterimModel(Wire):
    """The model and its settings, kept as they were sent."""

    class Meta:
        unknown = INCLUDE

    model_name = Text(most=_LONGEST_NAME, allow_none=True)


class Kept(Part):
    """An object that is kept with all that is in it, and so is bounded in size."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, partial: Any = None, **kwargs: Any) -> Any:
        FreeObject(most=_LONG).deserialize(value)
        return super()._deserialize(value, attr, data, partial=partial, **kwargs)


class DatasetRef(fields.Field[str]):
    """A dataset as the SDK sends it, a whole object, of which the id counts; the id alone will do."""

    def deserialize(self, value: Any, attr: str | None = None, data: Any = None, **kwargs: Any) -> str:
        """The id. Raises InvalidInput."""
        id = value.get("id") if isinstance(value, Mapping) else value
        if not id or not isinstance(id, str):
            raise InvalidInput("knowledgebases", "knowledgebase needs id", condition="datasets.unnamed")
        return id


class AssistantListing(WholeListing):
    """Which part of the list of assistants."""

    columns = {name: name for name in ("id", "name", "language")}


@dataclass(frozen=True, slots=True)
class SavedChat:
    """A chat to change, when `id` names one, else to make: the fields that were sent, in the house's names."""

    id: str
    fields: dict[str, Any]

    def new(self) -> NewChat:
        """The chat to make. Raises InvalidInput without a dataset."""
        if "datasets" not in self.fields:
            raise InvalidInput("knowledgebases", "knowledgebases are required!", condition="datasets.unnamed")
        prompt = {name: value for name, value in self.fields.get("prompt", {}).items() if value or name not in _NEVER_EMPTY}
        return NewChat(**{**self.fields, "prompt": prompt})


class AssistantSave(Arguments):
    """What a client says of an assistant."""

    required = True

    id = Text(allow_none=True)
    name = Text(most=_LONGEST_NAME, allow_none=True)
    avatar = Text(most=_LONG, allow_none=True)
    description = Text(most=_LONG, allow_none=True)
    knowledgebases = Items(DatasetRef(metadata={"type": "object"}), most=_MOST, allow_none=True)
    llm = Kept(InterimModel, allow_none=True)
    prompt = Kept(InterimPrompt, allow_none=True)
    tenant_id = fields.Raw(allow_none=True)

    @post_load
    def _saved(self, given: dict[str, Any], **_: Any) -> SavedChat:
        id = given.pop("id", None) or ""
        found = {name: value or "" for name, value in given.items() if name in ("name", "avatar", "description")}
        if given.get("knowledgebases") == []:
            raise InvalidInput("knowledgebases", "knowledgebases can not be empty list", condition="datasets.unnamed")
        if given.get("knowledgebases"):
            found["datasets"] = given["knowledgebases"]
        if given.get("tenant_id") and not id:
            found["tenant"] = given["tenant_id"]
        return SavedChat(id, {**found, **_model(given.get("llm") or {}), **_prompt(given.get("prompt") or {})})


def _model(sent: Mapping[str, Any]) -> dict[str, Any]:
    generation = {name: value for name, value in sent.items() if name != "model_name"}
    named = {"model": sent["model_name"] or ""} if "model_name" in sent else {}
    return {**named, **({"generation": generation} if generation else {})}


def _prompt(sent: Mapping[str, Any]) -> dict[str, Any]:
    """The numbers by themselves, the rest as `prompt`; null is no number."""
    values = dict(sent)
    apart = {name: values.pop(name, None) for name in ("similarity_threshold", "vector_similarity_weight", "top_n")}
    found = {name: value for name, value in apart.items() if value is not None}
    if "rerank_model" in values:
        found["rerank_model"] = values.pop("rerank_model") or ""
    if values.get("variables", 0) is None:
        del values["variables"]
    return {**found, "prompt": values} if values else found


@dataclass(frozen=True, slots=True)
class ShownChat:
    """A chat with what a client sees of it besides its row."""

    chat: Any
    model: str
    datasets: Sequence[Any]


class Assistant(Reply):
    """An assistant, with the names of v0.12."""

    id = fields.String(attribute="chat.id", required=True)
    tenant_id = fields.String(attribute="chat.tenant", required=True)
    name = fields.String(attribute="chat.name", required=True)
    description = fields.String(attribute="chat.description", required=True)
    language = fields.String(attribute="chat.language", required=True)
    avatar = fields.String(attribute="chat.avatar", required=True)
    knowledgebases = fields.List(fields.Nested(Dataset), attribute="datasets", required=True)
    llm = fields.Function(lambda shown: {**shown.chat.generation, "model_name": shown.model}, required=True, metadata={"type": "object"})
    prompt = fields.Function(lambda shown: _shown_prompt(shown.chat), required=True, metadata={"type": "object"})
    top_k = fields.Integer(attribute="chat.top_k", required=True)
    prompt_type = fields.Constant("simple", metadata={"type": "string"})
    do_refer = fields.Constant("1", metadata={"type": "string"})
    status = fields.Constant("1", metadata={"type": "string"})
    create_time = fields.Integer(attribute="chat.create_time", required=True)
    create_date = HttpDate(attribute="chat.create_time", required=True)
    update_time = fields.Integer(attribute="chat.update_time", required=True)
    update_date = HttpDate(attribute="chat.update_time", required=True)


def _shown_prompt(chat: Any) -> dict[str, Any]:
    numbers = {"similarity_threshold": chat.similarity_threshold, "keywords_similarity_weight": chat.vector_similarity_weight}
    return {**chat.prompt, **numbers, "top_n": chat.top_n, "rerank_model": chat.rerank_model}
