"""Request bodies as JSON values.

Three regimes, as the RAGFlow v1 contract 1.5 and decisions A6 have them: strict (datasets), lenient, and deleting.
"""

from __future__ import annotations

from typing import Any, NoReturn

from flask import g, request

from models.errors import InvalidInput
from services import json_values
from services.compat import profile

_ABSENT = object()


def strict() -> dict[str, Any]:
    """The body of a dataset route; any empty value counts as an empty object. Raises InvalidInput."""
    if request.get_data() and not request.is_json:
        got = str(request.content_type)
        raise InvalidInput("body", f"Unsupported content type: Expected application/json, got {got}", condition="body.content_type")
    value = _value()
    if value is _ABSENT:
        _refuse_syntax()
    return _object(value or {})


def lenient() -> dict[str, Any]:
    """The body of any other route, whatever its content type. Raises InvalidInput.

    RAGFlow 0.19 reads an absent or broken body as null and fails on it; the seeds' profile says what is wrong.
    """
    if profile().name == "v0.19":
        value = _value_or_null()
        return _object(value)
    value = _value()
    return {} if value is _ABSENT else _object(value)


def asking() -> dict[str, Any]:
    """The body of a question to a chat: lenient, but any empty value counts as an empty object (decisions B22). Raises InvalidInput."""
    try:
        value = _value()
    except InvalidInput:
        return lenient()
    return {} if value is _ABSENT or not value else _object(value)


def any_object() -> dict[str, Any]:
    """The body as an object, an empty one where it is none: for what is looked at before anybody is recognised."""
    try:
        value = _value()
    except InvalidInput:
        return {}
    return value if isinstance(value, dict) else {}


def deleting() -> dict[str, Any] | None:
    """The body of a delete, None when there is none: nothing but `{}` may stand for all (decisions A6)."""
    value = _value()
    return None if value is _ABSENT else _object(value)


def _value_or_null() -> Any:
    try:
        value = _value()
    except InvalidInput as error:
        if error.condition != "body.syntax":
            raise
        return None
    return None if value is _ABSENT else value


def _value() -> Any:
    """The body's JSON value, parsed once a request."""
    if "json_value" not in g:
        g.json_value = _parsed(request.get_data())
    return g.json_value


def _parsed(data: bytes) -> Any:
    if not data.strip():
        return _ABSENT
    try:
        return json_values.parse(data)
    except ValueError:  # UnicodeDecodeError and numbers of too many digits are ValueErrors too
        _refuse_syntax()


def _refuse_syntax() -> NoReturn:
    message = "Malformed JSON syntax: Missing commas/brackets or invalid encoding"
    raise InvalidInput("body", message, condition="body.syntax") from None


def _object(value: Any) -> dict[str, Any]:
    if isinstance(value, dict):
        return value
    message = f"Invalid request payload: expected object, got {type(value).__name__}"
    raise InvalidInput("body", message, condition="body.type", value=value)
