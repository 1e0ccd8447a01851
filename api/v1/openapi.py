"""The OpenAPI document of the dialect, /docs/v1/openapi.json, and its page, /docs/v1/."""

from __future__ import annotations

from flask import Flask

from api.v1.blueprint import Error
from api.wire.openapi import Documented


class _Documented(Documented):
    ERROR_SCHEMA = Error


def open_api(app: Flask) -> Documented:
    """The document, to which blueprints are registered."""
    return _Documented(
        app,
        name="v1",
        title="Dovetail: RAGFlow HTTP API",
        description="Every reply is an envelope: `code` 0 with `data`, or another code with a `message`.",
        key="An API key, as `dovetail key create` prints it.",
    )
