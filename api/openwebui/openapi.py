"""The OpenAPI document of the dialect, /docs/openwebui/openapi.json, and its page, /docs/openwebui/."""

from __future__ import annotations

from flask import Flask

from api.openwebui.blueprint import Error
from api.wire.openapi import Documented


class _Documented(Documented):
    ERROR_SCHEMA = Error


def open_api(app: Flask) -> Documented:
    """The document, to which blueprints are registered."""
    return _Documented(
        app,
        name="openwebui",
        title="Dovetail: Open WebUI API",
        description='Successes leave bare with status 200, errors as `{"detail": ...}` with the status that fits.',
        key="An API key (`sk-...`, or any other of Dovetail's), or the token of a session.",
    )
