"""Objects on the wire of any dialect, and the forms in which times and switches leave."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from marshmallow import EXCLUDE, Schema, fields
from werkzeug.http import http_date

from api.wire.fields import Problem


class Wire(Schema):
    """An object on the wire; unknown keys are ignored (decisions A7)."""

    class Meta:
        unknown = EXCLUDE

    error_messages = {"unknown": Problem("extra")}


class Reply(Wire):
    """An object that only leaves, so that one value may leave under several keys."""

    def on_bind_field(self, field_name: str, field_obj: fields.Field[Any]) -> None:
        field_obj.dump_only = True

    def dump(self, obj: Any, *, many: bool | None = None) -> Any:
        """The wire form; of nothing it is nothing, so that the envelope has no `data`."""
        return None if obj is None else super().dump(obj, many=many)


class HttpDate(fields.Field[str]):
    """Milliseconds since the epoch as `Thu, 24 Oct 2024 09:14:07 GMT`, in UTC (decisions A8)."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return None if value is None else http_date(value / 1000)


class SpacedTime(fields.Field[str]):
    """Seconds since the epoch as `2024-12-30 16:59:55`, in UTC (contract 1.9, decisions A8)."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> str:
        return datetime.fromtimestamp(value, UTC).strftime("%Y-%m-%d %H:%M:%S")


class Status(fields.Field[str]):
    """A boolean as RAGFlow's `"1"` or `"0"`."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> str:
        return "1" if value else "0"


class Timed(Reply):
    """The times that every row carries."""

    create_time = fields.Integer(required=True)
    create_date = HttpDate(attribute="create_time", required=True)
    update_time = fields.Integer(required=True)
    update_date = HttpDate(attribute="update_time", required=True)
