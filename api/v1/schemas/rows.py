"""How rows look to clients: times as RAGFlow prints them, and keys under all the names its versions gave them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from marshmallow import fields
from werkzeug.http import http_date

from api.v1.schemas.base import Reply


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
