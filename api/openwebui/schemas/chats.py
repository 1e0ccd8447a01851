"""Transcripts on the wire, which clients call chats, and their folders (contract 8)."""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from api.openwebui.ids import spelled
from api.openwebui.schemas.base import JsonBody, Query
from api.wire.fields import FreeObject, Text, Whole, broken
from api.wire.objects import Reply

_LARGEST = 32 << 20  # characters


class Content(FreeObject):
    """An object of the client's own making."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if not isinstance(value, dict):
            raise broken("object.type", value)
        return value


class ChatSave(JsonBody):
    chat = Content(most=_LARGEST, required=True)


class ChatClone(JsonBody):
    title = Text(allow_none=True, load_default=None)


class ChatFolder(JsonBody):
    folder_id = Text(allow_none=True, load_default=None)


class FolderCreate(JsonBody):
    name = Text(least=1, most=255, required=True)


class ChatPage(Query):
    page = Whole(least=1, load_default=None)


class ChatSearch(Query):
    text = Text(load_default="")
    page = Whole(least=1, load_default=1)


class Spelled(fields.Field[str]):
    """An id, hyphenated; null for none."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return spelled(value) if value else None


class Seconds(fields.Integer):
    """Milliseconds since the epoch as whole seconds."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return value // 1000


class Listed(Reply):
    """A chat in a list."""

    id = Spelled(required=True, metadata={"type": "string"})
    title = fields.String(required=True)
    updated_at = Seconds(attribute="update_time", required=True)
    created_at = Seconds(attribute="create_time", required=True)


class Chat(Reply):
    """A chat; `chat` is as it was sent."""

    id = Spelled(required=True, metadata={"type": "string"})
    user_id = Spelled(attribute="user", required=True, metadata={"type": "string"})
    title = fields.String(required=True)
    chat = fields.Raw(attribute="content", required=True, metadata={"type": "object"})
    updated_at = Seconds(attribute="update_time", required=True)
    created_at = Seconds(attribute="create_time", required=True)
    share_id = fields.Constant(None, required=True, allow_none=True)
    archived = fields.Boolean(required=True)
    pinned = fields.Boolean(required=True)
    meta = fields.Constant({}, required=True)
    folder_id = Spelled(attribute="folder", required=True, allow_none=True, metadata={"type": "string"})


class Folder(Reply):
    """A folder of chats."""

    id = Spelled(required=True, metadata={"type": "string"})
    parent_id = fields.Constant(None, required=True, allow_none=True)
    user_id = Spelled(attribute="user", required=True, metadata={"type": "string"})
    name = fields.String(required=True)
    items = fields.Constant(None, required=True, allow_none=True)
    meta = fields.Constant(None, required=True, allow_none=True)
    is_expanded = fields.Constant(False, required=True)
    created_at = Seconds(attribute="create_time", required=True)
    updated_at = Seconds(attribute="update_time", required=True)
