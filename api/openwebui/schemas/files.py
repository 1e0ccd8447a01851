"""Files on the wire (contract 5)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from marshmallow import Schema, fields

from api.openwebui import wording
from api.openwebui.ids import spelled
from api.openwebui.places import FILE
from api.openwebui.schemas.base import JsonBody, Query
from api.wire.fields import Flag, Text, Whole
from services import files
from services.files import Shown

_STATES = {files.UNASKED: "pending", files.PENDING: "pending", files.READING: "processing", files.DONE: "completed", files.FAILED: "failed"}


class FileList(Query):
    page = Whole(least=1, allow_none=True, load_default=None)
    content = Flag(load_default=True)


class FileSearch(Query):
    filename = Text(most=1000, required=True)
    content = Flag(load_default=True)
    skip = Whole(least=0, load_default=0)
    limit = Whole(least=1, most=1000, load_default=100)


class UploadOptions(Query):
    parse = Flag(data_key="process", load_default=True)
    in_background = Flag(data_key="process_in_background", load_default=False)


class StatusQuery(Query):
    stream = Flag(load_default=False)


class ContentUpdate(JsonBody):
    content = Text(most=32 << 20, required=True)


class Content(Schema):
    content = fields.String(required=True)


class Message(Schema):
    message = fields.String(required=True)


class Progress(Schema):
    status = fields.String(required=True)


class File(Schema):
    """A file; clients take what they know of it."""

    id = fields.String(required=True)
    user_id = fields.String(required=True)
    hash = fields.String(required=True, allow_none=True)
    filename = fields.String(required=True)
    path = fields.String()
    data = fields.Dict(required=True)
    meta = fields.Dict(required=True)
    access_control = fields.Dict(allow_none=True)
    created_at = fields.Integer(required=True)
    updated_at = fields.Integer(required=True)
    error = fields.String()


class FilePage(Schema):
    """A page of files, and how many there are in all."""

    items = fields.List(fields.Nested(File), required=True)
    total = fields.Integer(required=True)


# What a list is: an array, or an object where the client names a page (contract 11).
LISTED = {"anyOf": [{"type": "array", "items": File}, FilePage]}


@dataclass(frozen=True, slots=True)
class View:
    """How a file is told: with its path, as one of a knowledge, with its text."""

    full: bool = False
    knowledge: str = ""
    content: bool = True


def file_objects(shown: Iterable[Shown], view: View) -> Iterator[dict[str, Any]]:
    """The files as they leave, read a few at a time."""
    if not view.content:
        return (file_object(one, None, view) for one in shown)
    return (file_object(one, text, view) for one, text in files.with_texts(shown))


def file_object(shown: Shown, text: str | None, view: View) -> dict[str, Any]:
    """One file; `text` None is not told."""
    file, done = shown.file, shown.state == files.DONE
    told: dict[str, Any] = {
        "id": spelled(file.id),
        "user_id": spelled(file.created_by or file.tenant),
        "hash": file.text_digest if done else None,
        "filename": file.name,
    }
    if view.full:
        told["path"] = f"uploads/{spelled(file.id)}_{file.name}"
    told["data"] = _data(shown, text)
    told["meta"] = meta_of(shown, view.knowledge)
    if view.full:
        told["access_control"] = None
    return {**told, "created_at": file.create_time // 1000, "updated_at": file.update_time // 1000}


def meta_of(shown: Shown, knowledge: str = "") -> dict[str, Any]:
    """What is told of a file everywhere."""
    file, dataset = shown.file, knowledge or shown.dataset
    return {
        "name": file.name,
        "content_type": file.content_type,
        "size": file.size,
        "data": file.facts or {},
        "collection_name": spelled(dataset) if dataset else FILE + spelled(file.id),
    }


def status_of(shown: Shown) -> str:
    """How far the reading of a file is, as newer clients ask."""
    return _STATES[shown.state]


def error_of(shown: Shown) -> str:
    """Why a file could not be read."""
    return wording.EMPTY_CONTENT if shown.error == files.NOTHING_SAID else shown.error


def _data(shown: Shown, text: str | None) -> dict[str, Any]:
    if shown.state == files.DONE:
        return {"status": "completed"} if text is None else {"content": text, "status": "completed"}
    if shown.state == files.FAILED:
        return {"status": "failed", "error": error_of(shown)}
    return {} if shown.state == files.UNASKED else {"status": _STATES[shown.state]}
