"""The OpenAPI document of the dialect, /docs/legacy/openapi.json, and its page, /docs/legacy/."""

from __future__ import annotations

from flask import Flask

from api.wire.openapi import Documented
from legacy.blueprint import Reply


def open_api(app: Flask) -> Documented:
    """The document, to which blueprints are registered."""
    return Documented(
        app,
        name="legacy",
        title="Dovetail: RAGFlow legacy API",
        version="2024",
        description="Every reply is HTTP 200 with an envelope: code 0 with `data`, or another code with a message.",
        key="An API key; any scheme word, or none, will do.",
        error=Reply,
    )
