"""Parser configurations: the default of each chunk method, and merging (RAGFlow v1 contract 2.4, 3.6; decisions B5)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from models.errors import InvalidInput
from services.compat import profile

CHUNK_METHODS = (
    "naive", "manual", "qa", "table", "paper", "book", "laws", "presentation", "picture", "one", "knowledge_graph", "email", "tag",
)  # fmt: skip
_WITH_RAPTOR = {"qa", "manual", "paper", "book", "laws", "presentation"}
_ENTITY_TYPES = ["organization", "person", "location", "event", "time"]


def default(method: str) -> dict[str, Any]:
    """A fresh configuration for the method."""
    raptor = {"use_raptor": False}
    if method == "naive":
        return {
            "chunk_token_num": 128,
            "delimiter": profile().delimiter,
            "html4excel": False,
            "layout_recognize": "DeepDOC",
            "raptor": raptor,
        }
    if method == "knowledge_graph":
        return {"chunk_token_num": 8192, "delimiter": profile().delimiter, "entity_types": list(_ENTITY_TYPES)}
    return {"raptor": raptor} if method in _WITH_RAPTOR else {}


def merged(stored: Mapping[str, Any], sent: Mapping[str, Any]) -> dict[str, Any]:
    """The stored configuration with the sent keys over it; nested objects are merged, all else is replaced.

    Raises InvalidInput where an object would go over a scalar.
    """
    result = dict(stored)
    for key, value in sent.items():
        old = result.get(key)
        if isinstance(value, Mapping) and old is not None:
            if not isinstance(old, Mapping):
                raise InvalidInput("parser_config", f"parser_config.{key} is not an object.", condition="config.not_an_object")
            value = merged(old, value)
        result[key] = value
    return result
