"""A knowledge on the wire: a dataset (contract 6)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from marshmallow import Schema, fields, post_load

from api.openwebui.ids import read_id, spelled
from api.openwebui.schemas.auths import Person
from api.openwebui.schemas.base import JsonBody, JsonList, Query
from api.openwebui.schemas.files import meta_of
from api.wire.fields import Flag, FreeObject, Text, Whole, broken
from services import sharing
from services.files import Shown
from services.libraries import Outline

_LONGEST_NAME = 255
_LARGEST_CONTROL = 60_000  # characters


class Control(FreeObject):
    """Who may read and write: an object, or null for everybody."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if not isinstance(value, dict):
            raise broken("object.type", value)
        return super()._deserialize(value, attr, data, **kwargs)


class KnowledgeForm(JsonBody):
    """What a knowledge is made of; `data` is accepted, and files stay as they are (contract 6)."""

    name = Text(most=_LONGEST_NAME, required=True)
    description = Text(most=100_000, required=True)
    access_control = Control(most=_LARGEST_CONTROL, allow_none=True, load_default=None)

    @post_load
    def _outline(self, given: dict[str, Any], **_: Any) -> Outline:
        return Outline(given["name"], given["description"], given["access_control"])


class FileId(JsonBody):
    file_id = Text(required=True)

    @post_load
    def _id(self, given: dict[str, Any], **_: Any) -> str:
        return read_id(given["file_id"])


class FileIds(JsonList):
    file_id = Text(required=True)


class RemoveOptions(Query):
    delete_file = Flag(load_default=True)


class KnowledgePage(Query):
    page = Whole(least=1, allow_none=True, load_default=None)


class FilePage(Query):
    page = Whole(least=1, allow_none=True, load_default=1)


class Knowledge(Schema):
    """A knowledge; `files` are whole where one is shown or changed, and short in lists."""

    id = fields.String(required=True)
    user_id = fields.String(required=True)
    name = fields.String(required=True)
    description = fields.String(required=True)
    data = fields.Dict(required=True, allow_none=True)
    meta = fields.Dict(required=True, allow_none=True)
    access_control = fields.Dict(required=True, allow_none=True)
    created_at = fields.Integer(required=True)
    updated_at = fields.Integer(required=True)
    user = fields.Nested(Person)
    files = fields.List(fields.Dict(), required=True, allow_none=True)


class KnowledgeList(Schema):
    """A page of knowledges, and how many there are in all."""

    items = fields.List(fields.Nested(Knowledge), required=True)
    total = fields.Integer(required=True)


# What a list is: an array, or an object where the client names a page (contract 11).
LISTED = {"anyOf": [{"type": "array", "items": Knowledge}, KnowledgeList]}


def knowledge_object(dataset: Any, file_ids: Sequence[str]) -> dict[str, Any]:
    """All but the files; `data` is null until there was a file."""
    untouched = not file_ids and dataset.update_time // 1000 == dataset.create_time // 1000
    return {
        "id": spelled(dataset.id),
        "user_id": spelled(dataset.created_by),
        "name": dataset.name,
        "description": dataset.description or "",
        "data": None if untouched else {"file_ids": [spelled(id) for id in file_ids]},
        "meta": None,
        "access_control": sharing.shares_of(dataset),
        "created_at": dataset.create_time // 1000,
        "updated_at": dataset.update_time // 1000,
    }


def short_file(shown: Shown, knowledge: str) -> dict[str, Any]:
    """A file in a list of knowledges."""
    file = shown.file
    return {
        "id": spelled(file.id),
        "meta": meta_of(shown, knowledge),
        "created_at": file.create_time // 1000,
        "updated_at": file.update_time // 1000,
    }
