"""How answers are written: keys in their order, long lists item by item, frames of streams as these clients read them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import chain, islice
from typing import Any

from flask import Response

from api.wire.streams import frame


def in_order(value: Any) -> Response:
    """A value whose keys leave in their order, which Flask's own would sort."""
    return Response(_json(value).encode("utf-8", "replace"), content_type="application/json")


def spaced(value: Any) -> bytes:
    """A frame of a stream, with the space that Open WebUI's clients expect."""
    return b"data: " + frame(value).removeprefix(b"data:")


def list_of(items: Iterator[Any], beside: Mapping[str, Any] | None = None, key: str = "") -> Response:
    """An array of the items, or an object that has it under `key`, with what is `beside` it. The first item is made at once."""
    first = list(islice(items, 1))
    return Response(_written(chain(first, items), beside, key), content_type="application/json")


def _written(items: Iterator[Any], beside: Mapping[str, Any] | None, key: str) -> Iterator[str]:
    yield _opening(beside, key)
    for number, item in enumerate(items):
        yield ("," if number else "") + _json(item)
    yield "]" if beside is None else "]}"


def _opening(beside: Mapping[str, Any] | None, key: str) -> str:
    if beside is None:
        return "["
    return f"{_json(beside)[:-1]}{',' if beside else ''}{_json(key)}:["


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
