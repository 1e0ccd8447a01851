"""Chats: create, change, list, delete (RAGFlow v1 contract 3.17 to 3.20)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from peewee import chunked

from models.base import database
from models.errors import Conflict, InvalidInput, NotFound
from models.tables import Chat, Dataset, Session, Tenant
from services import answers, models, names
from services.access import BATCH, Principal, reach, select_in
from services.batch import Batch, distinct, require_delete_all
from services.paging import Paging, paged

DESCRIPTION = "A helpful Assistant"
MOST_CHUNKS = 1024  # of one answer
LARGEST = 65_535  # characters, as JSON, of what a chat keeps for its client alone
PROMPT_DEFAULTS: Mapping[str, Any] = {
    "prompt": answers.PROMPT,
    "opener": answers.OPENER,
    "variables": [{"key": answers.KNOWLEDGE, "optional": False}],
    "empty_response": answers.EMPTY_RESPONSE,
    "show_quote": True,
    "tts": False,
    "refine_multiturn": True,
}
_READ = {*PROMPT_DEFAULTS, "keyword", "reasoning", "use_kg", "cross_languages"}  # of a prompt, each with a limit of its own


@dataclass(frozen=True, slots=True)
class NewChat:
    """What a client may say of a chat it makes; `generation` None means the defaults, `prompt` holds only what was sent."""

    name: str = ""
    avatar: str = ""
    description: str = DESCRIPTION
    language: str = "English"
    datasets: Sequence[str] = ()
    model: str = ""
    generation: Mapping[str, Any] | None = None
    prompt: Mapping[str, Any] = field(default_factory=dict)
    rerank_model: str = ""
    similarity_threshold: float = 0.2
    vector_similarity_weight: float = 0.3
    top_n: int = 6
    top_k: int = 1024
    tenant: Any = None  # a tenant that the client named, which it may not


def create(principal: Principal, *, new: NewChat) -> Chat:
    """Make a chat. Raises what contract 3.17 lists, in its order."""
    _require_datasets(principal, new.datasets)
    _require_models(principal.tenant, new.model, new.rerank_model)
    if not new.name:
        raise InvalidInput("name", "`name` is required.", condition="name.required")
    with database.atomic():
        _take_turns(principal.tenant)
        _require_free_name(principal.tenant, new.name)
        if new.tenant:
            raise InvalidInput("tenant_id", "`tenant_id` must not be provided.", condition="tenant.forbidden")
        fields = {**asdict(new), "datasets": list(new.datasets)}
        del fields["tenant"]
        fields["generation"] = _generation(answers.LLM_DEFAULTS if new.generation is None else new.generation)
        fields["prompt"] = _prompt({**PROMPT_DEFAULTS, **new.prompt})
        return Chat.create(tenant=principal.tenant, name_key=names.key(new.name), **fields)


def get(principal: Principal, chat_id: str) -> Chat:
    """The caller's own chat. Raises NotFound."""
    chat = Chat.get_or_none((Chat.id == chat_id) & (Chat.tenant == principal.tenant))
    if chat is None:
        raise NotFound("chat", chat_id)
    return chat


def update(principal: Principal, chat_id: str, *, changes: Mapping[str, Any], unknown: Sequence[str] = ()) -> None:
    """Change the named fields, all or none; `prompt` and `generation` are merged into what is stored (contract 3.18).

    `unknown` are names the client sent that no chat has: the first is refused when all else is found good. Raises NotFound
    and what `create` raises, and InvalidInput column.unknown.
    """
    fields = dict(changes)
    with database.atomic():
        _take_turns(principal.tenant)  # two merges must not lose one of them
        chat = get(principal, chat_id)
        _require_datasets(principal, fields.get("datasets", ()))
        _require_models(principal.tenant, fields.get("model", ""), fields.get("rerank_model", ""))
        if "name" in fields:
            fields["name_key"] = _changed_name(chat, fields["name"])
        if "generation" in fields:
            fields["generation"] = _generation({**chat.generation, **fields["generation"]})
        if "prompt" in fields:
            fields["prompt"] = _prompt({**chat.prompt, **fields["prompt"]})
        for name in unknown:
            raise InvalidInput(name, f"{name} cannot be set, nothing was changed", condition="column.unknown")
        Chat.change(Chat.id == chat.id, **fields)


def delete(principal: Principal, *, ids: Sequence[str] | None) -> Batch:
    """Delete the chats of these ids (None: all of the caller's), and what was said with them.

    The rows of sessions stay, without names and words, so that they keep answering as a deleted chat's (contract 2.7);
    those of the legacy dialect stay whole.
    """
    mine = Chat.tenant == principal.tenant
    if ids is None:
        require_delete_all()
        ids = [row.id for row in Chat.select(Chat.id).where(mine)]
    unique, duplicates = distinct(ids)
    with database.atomic():
        found = {row.id for row in select_in(Chat, Chat.id, unique, mine)}
        for batch in chunked(found, BATCH):
            Chat.delete().where(Chat.id.in_(batch)).execute()
            said = (Session.chat.in_(batch)) & (Session.kind == "chat")
            Session.change(said, name="", caller="", messages=[], references=[])
    return Batch(len(found), [id for id in unique if id not in found], duplicates)


def list_(principal: Principal, *, paging: Paging, name: str | None = None, id: str | None = None) -> list[Chat]:
    """A page of the caller's chats. Raises NotFound when no chat is what the filters ask for, both at once."""
    rows = Chat.select().where(Chat.tenant == principal.tenant)
    if id:
        rows = rows.where(Chat.id == id)
    if name:
        rows = rows.where(Chat.name_key == names.key(name))
    if (id or name) and not rows.exists():
        raise NotFound("chat", str(id or name))
    return paged(rows, Chat, paging)


def datasets_of(principal: Principal, chats: Sequence[Chat]) -> dict[str, Dataset]:
    """The datasets of these chats that are still there, and within reach, by id."""
    ids = list(dict.fromkeys(id for chat in chats for id in chat.datasets))
    return {row.id: row for row in select_in(Dataset, Dataset.id, ids, reach(principal))}


def model_names(principal: Principal, chats: Sequence[Chat]) -> list[str]:
    """The name of the model of each of the caller's chats: the one that was asked for, else the tenant's default as it is now."""
    default = "" if all(chat.model for chat in chats) else models.chat_model_name(principal.tenant)
    return [chat.model or default for chat in chats]


def setup(chat: Chat) -> answers.Setup:
    """How the chat answers."""
    prompt = {**PROMPT_DEFAULTS, **chat.prompt}
    return answers.Setup(
        datasets=tuple(chat.datasets),
        model=chat.model,
        llm=chat.generation,
        prompt=prompt["prompt"] or answers.PROMPT,
        variables=tuple(answers.Variable(one["key"], one["optional"]) for one in prompt["variables"]),
        quote=bool(prompt["show_quote"]),
        empty_response=prompt["empty_response"] or "",
        refine_multiturn=bool(prompt["refine_multiturn"]),
        keyword=bool(prompt.get("keyword")),
        cross_languages=tuple(prompt.get("cross_languages") or ()),
        rerank_model=chat.rerank_model,
        top_n=min(max(chat.top_n, 0), MOST_CHUNKS),
        top_k=max(chat.top_k, 1),
        similarity_threshold=chat.similarity_threshold,
        vector_similarity_weight=chat.vector_similarity_weight,
    )


def _require_datasets(principal: Principal, ids: Sequence[str]) -> None:
    """Each within reach and with chunks, in the order they were sent; then all of one embedding model (contract 3.17)."""
    found = {row.id: row for row in select_in(Dataset, Dataset.id, list(dict.fromkeys(ids)), reach(principal))}
    for id in ids:
        if id not in found:
            raise NotFound("dataset", id)
        if not found[id].chunk_count:
            raise Conflict("chat.dataset_empty", f"The dataset {id} doesn't own parsed file", id=id)
    if len({dataset.model for dataset in found.values()}) > 1:
        raise Conflict("models.differ", "Datasets use different embedding models.")


def _require_models(tenant: str, model: str, rerank_model: str) -> None:
    if model and not models.knows_chat_model(tenant, model):
        raise InvalidInput("model_name", f"`model_name` {model} doesn't exist", condition="chat.model_unknown", model=model)
    if rerank_model and not models.knows_rerank_model(tenant, rerank_model):
        message = f"`rerank_model` {rerank_model} doesn't exist"
        raise InvalidInput("rerank_model", message, condition="chat.rerank_unknown", model=rerank_model)


def _take_turns(tenant: str) -> None:
    """Let the changes of one tenant's chats come one after the other, on every database."""
    Tenant.change(Tenant.id == tenant)


def _require_free_name(tenant: str, name: str) -> None:
    if Chat.select().where((Chat.tenant == tenant) & (Chat.name_key == names.key(name))).exists():
        raise Conflict("chat.name_taken", f"Duplicated chat name {name}", name=name)


def _changed_name(chat: Chat, name: str) -> str:
    """The key of the new name; one that differs from the old by case alone is free."""
    if not name:
        raise InvalidInput("name", "`name` cannot be empty.", condition="name.empty")
    key = names.key(name)
    if key != chat.name_key:
        _require_free_name(chat.tenant, name)
    return key


def _generation(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of the model as they are stored. Raises InvalidInput when they are too large."""
    _require_small("llm", settings)
    return dict(settings)


def _prompt(prompt: Mapping[str, Any]) -> dict[str, Any]:
    """The prompt as it is stored, where an empty text is the built-in one. Raises InvalidInput for one that cannot be used."""
    whole = {**prompt, "prompt": prompt["prompt"] or answers.PROMPT}
    _require_small("prompt", {name: whole[name] for name in whole if name not in _READ})
    _require_used_variables(whole)
    return whole


def _require_small(field: str, kept: Mapping[str, Any]) -> None:
    size = len(json.dumps(kept, ensure_ascii=False))
    if size > LARGEST:
        message = f"{field} should have at most {LARGEST} characters, it has {size}"
        raise InvalidInput(field, message, condition="object.size", limit=LARGEST, size=size)


def _require_used_variables(prompt: Mapping[str, Any]) -> None:
    for variable in prompt["variables"]:
        if not variable["optional"] and f"{{{variable['key']}}}" not in prompt["prompt"]:
            message = f"Parameter '{variable['key']}' is not used"
            raise InvalidInput("prompt", message, condition="variable.unused", key=variable["key"])
