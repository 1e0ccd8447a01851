"""The OpenAPI document of the dialect, /docs/legacy/openapi.json, and its page, /docs/legacy/."""

from __future__ import annotations

from flask import Flask
from flask_smorest import Api

from api.swagger import ASSETS
from legacy.blueprint import Reply

_SECURITY = {"type": "http", "scheme": "bearer", "description": "An API key; any scheme word, or none, will do."}


class _Api(Api):
    ERROR_SCHEMA = Reply

    def _register_error_handlers(self) -> None:
        """Errors go through the one handler of api.dialects."""


def open_api(app: Flask) -> Api:
    """The document, to which blueprints are registered."""
    app.config.update(
        LEGACY_OPENAPI_URL_PREFIX="/docs/legacy",
        LEGACY_OPENAPI_JSON_PATH="openapi.json",
        LEGACY_OPENAPI_SWAGGER_UI_PATH="/",
        LEGACY_OPENAPI_SWAGGER_UI_URL=ASSETS,
        LEGACY_OPENAPI_SWAGGER_UI_CONFIG={"validatorUrl": None},
    )
    options = {
        "title": "Dovetail: RAGFlow legacy API",
        "version": "2024",
        "openapi_version": "3.0.3",
        "security": [{"key": []}],
        "info": {"description": "Every reply is HTTP 200 with an envelope: code 0 with `data`, or another code with a message."},
    }
    api = _Api(app, config_prefix="LEGACY", spec_kwargs=options)
    api.spec.components.security_scheme("key", _SECURITY)
    return api
