"""The form of an upload (contract 5.1)."""

from __future__ import annotations

from typing import Any, ClassVar

from flask import request
from flask_smorest.fields import Upload as PartField
from marshmallow import fields

from api.openwebui import wording
from api.openwebui.envelope import Refusal
from api.openwebui.problems import entry
from api.wire.objects import Wire
from services import json_values
from services.arrivals import Upload
from services.files import Said

LONGEST_NAME = 255  # characters
_LONGEST_TYPE = 255


class FilePart(Wire):
    """One part named `file`; `metadata` is a JSON object that newer clients send along."""

    location: ClassVar[str] = "files"
    required: ClassVar[bool] = True

    file = PartField(required=True)
    metadata = fields.String()

    def read(self) -> tuple[Upload, Said]:
        """The file, and what is said of it. Raises Refusal."""
        part = request.files.get("file")
        if part is None:
            raise Refusal(422, [entry("missing", ["body", "file"], None)])
        return Upload(_name(part.filename or ""), part.stream), Said(_type(part.content_type), _metadata())


def _name(sent: str) -> str:
    """The last component of the path that some clients send."""
    name = sent.replace("\\", "/").rpartition("/")[2]
    if not name.strip() or name in (".", "..") or len(name) > LONGEST_NAME or any(mark < " " or mark == "\x7f" for mark in name):
        raise Refusal(400, wording.default(f"a file needs a name of at most {LONGEST_NAME} printable characters"))
    return name


def _type(sent: str | None) -> str | None:
    return sent if sent and len(sent) <= _LONGEST_TYPE and sent.isascii() and sent.isprintable() else None


def _metadata() -> dict[str, Any] | None:
    sent = request.form.get("metadata")
    if not sent:
        return None
    try:
        found = json_values.parse(sent.encode())
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise Refusal(400, wording.default("Invalid metadata format"))
    return found
