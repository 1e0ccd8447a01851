"""Request bodies as JSON values that rows, indexes and answers can hold: bounded, finite, and valid Unicode.

Three regimes, as the RAGFlow v1 contract 1.5 and decisions A6 have them: strict (datasets), lenient, and deleting.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NoReturn

from flask import g, request

from models.errors import InvalidInput
from services.compat import profile

DEEPEST = 64
LONGEST_LIST = 100_000
LARGEST_INTEGER = 2**63 - 1
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
        value = json.loads(data, parse_constant=_refuse_constant)
    except RecursionError:
        raise InvalidInput("body", f"The body is nested deeper than {DEEPEST} levels.", condition="body.too_deep") from None
    except ValueError:  # UnicodeDecodeError and numbers of too many digits are ValueErrors too
        _refuse_syntax()
    check(value)
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _refuse_syntax() -> NoReturn:
    message = "Malformed JSON syntax: Missing commas/brackets or invalid encoding"
    raise InvalidInput("body", message, condition="body.syntax") from None


def _object(value: Any) -> dict[str, Any]:
    if isinstance(value, dict):
        return value
    message = f"Invalid request payload: expected object, got {type(value).__name__}"
    raise InvalidInput("body", message, condition="body.type", value=value)


def check(value: Any) -> None:
    """Refuse what a value may not hold anywhere. Raises InvalidInput naming the place and the limit."""
    level: list[tuple[str, Any]] = [("", value)]
    for _ in range(DEEPEST):
        level = [inner for path, outer in level for inner in _parts(path, outer)]
        if not level:
            return
    raise InvalidInput("body", f"The body is nested deeper than {DEEPEST} levels.", condition="body.too_deep")


def _parts(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    problem = _problem(value)
    if problem:
        place = path or "The body"
        raise InvalidInput(place, f"{place} {problem}", condition="body.value")
    if isinstance(value, dict):
        for key, inner in value.items():
            if _text_problem(key):
                raise InvalidInput("body", f"A key of {path or 'the body'} {_text_problem(key)}", condition="body.value")
            yield f"{path}.{key}" if path else key, inner
    elif isinstance(value, list):
        yield from ((f"{path}.{index}", inner) for index, inner in enumerate(value))


def _problem(value: Any) -> str | None:
    if isinstance(value, str):
        return _text_problem(value)
    if isinstance(value, list) and len(value) > LONGEST_LIST:
        return f"should have at most {LONGEST_LIST} items"
    if isinstance(value, float) and value in (float("inf"), float("-inf")):
        return "should be a finite number"
    if isinstance(value, int) and abs(value) > LARGEST_INTEGER:
        return "should be a number of at most 64 bits"
    return None


def _text_problem(text: str) -> str | None:
    if "\0" in text:
        return "must not contain NUL characters"
    try:
        text.encode()
    except UnicodeEncodeError:
        return "must not contain lone surrogates"
    return None
