"""Chats: create, update, delete, list (RAGFlow v1 contract 3.17 to 3.20)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import g

from api.v1.batches import tolerant_outcome
from api.v1.blueprint import V1Blueprint
from api.v1.schemas.chats import Changes, Chat, ChatCreate, ChatDelete, ChatQuery, ChatUpdate, Shown
from api.v1.schemas.documents import PartialSuccess
from services import chats

blp = V1Blueprint("chats", __name__, description="Assistants that answer from datasets.")


@blp.post("/chats")
@blp.reads(ChatCreate)
@blp.response(200, Chat)
def create_chat(body: Any) -> Any:
    """Create a chat."""
    return _shown([chats.create(g.principal, new=body())])[0]


@blp.put("/chats/<chat_id>")
@blp.reads(ChatUpdate)
@blp.response(200)
def update_chat(body: Any, chat_id: str) -> None:
    """Update a chat; `llm` and `prompt` are merged into what it has."""
    chats.get(g.principal, chat_id)
    changes: Changes = body()
    chats.update(g.principal, chat_id, changes=changes.fields, unknown=changes.unknown)


@blp.delete("/chats", strict_slashes=True)  # with a slash it is another dialect's (decisions A10)
@blp.reads(ChatDelete)
@blp.response(200, PartialSuccess)
def delete_chats(body: Any) -> Any:
    """Delete chats and what was said with them; without ids, all of them."""
    batch = chats.delete(g.principal, ids=body())
    return tolerant_outcome("assistant", batch, missing="Assistant({id}) not found.", condition="chats.unknown")


@blp.get("/chats", strict_slashes=True)
@blp.reads(ChatQuery)
@blp.response(200, Chat(many=True))
def list_chats(query: Any) -> Any:
    """List chats."""
    return _shown(chats.list_(g.principal, **query()))


def _shown(rows: Sequence[Any]) -> list[Shown]:
    datasets = chats.datasets_of(g.principal, rows)
    models = chats.model_names(g.principal, rows)
    return [Shown(row, model, [datasets[id] for id in row.datasets if id in datasets]) for row, model in zip(rows, models, strict=True)]
