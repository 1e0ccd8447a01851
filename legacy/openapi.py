"""The OpenAPI document of the dialect, /docs/legacy/openapi.json, and its page, /docs/legacy/."""

from __future__ import annotations

from flask import Flask

from api.wire.openapi import Documented
from legacy.blueprint import Reply


class _Documented(Documented):
    ERROR_SCHEMA = Reply


def open_api(app: Flask) -> Documented:
    """The document, to which blueprints are registered."""
    return _Documented(
        app,
        name="legacy",
        title="Dovetail: RAGFlow legacy API",
        description="Every reply is HTTP 200 with an envelope: code 0 with `data`, or another code with a message.",
        key="An API key; any scheme word, or none, will do.",
    )
