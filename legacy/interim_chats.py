"""Assistants as v0.11 and v0.12 had them, `/api/v1/assistant/...` (legacy contract 8)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import g

from legacy.blueprint import LegacyBlueprint
from legacy.schemas.interim_chats import Assistant, AssistantListing, AssistantSave, SavedChat, ShownChat
from legacy.schemas.interim_datasets import Id, NamedOrId
from models.errors import NotFound
from services import chats
from services.paging import Paging

blp = LegacyBlueprint("interim-assistants", __name__, url_prefix="/api/v1/assistant", description="Assistants, for clients of v0.11 and v0.12.")


@blp.post("/save")
@blp.reads(AssistantSave)
@blp.response(200)
@blp.alt_response(200, schema=Assistant)
def save_assistant(body: Any) -> Any:
    """Make an assistant, which is told, or change the one whose `id` is given, which answers true."""
    asked: SavedChat = body()
    if not asked.id:
        return Assistant().dump(_shown([chats.create(g.principal, new=asked.new())])[0])
    chats.update(g.principal, asked.id, changes=asked.fields)
    return True


@blp.get("/get")
@blp.reads(NamedOrId)
@blp.response(200, Assistant)
def show_assistant(query: Any) -> Any:
    """Show the assistant of an id, of a name, or of both."""
    return _shown(chats.list_(g.principal, paging=Paging(page_size=1), **query()))[0]


@blp.get("/list")
@blp.reads(AssistantListing)
@blp.response(200, Assistant(many=True))
def list_assistants(query: Any) -> Any:
    """List assistants."""
    return _shown(chats.list_(g.principal, paging=query()))


@blp.delete("/delete")
@blp.reads(Id)
@blp.response(200)
def delete_assistant(query: Any) -> bool:
    """Delete an assistant and what was said with it."""
    id = query()
    if chats.delete(g.principal, ids=[id]).unknown:
        raise NotFound("chat", id)
    return True


def _shown(rows: Sequence[Any]) -> list[ShownChat]:
    datasets = chats.datasets_of(g.principal, rows)
    models = chats.model_names(g.principal, rows)
    return [ShownChat(row, model, [datasets[id] for id in row.datasets if id in datasets]) for row, model in zip(rows, models, strict=True)]
