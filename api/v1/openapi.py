"""The OpenAPI document of the dialect, /docs/v1/openapi.json, and its page, /docs/v1/."""

from __future__ import annotations

from flask import Flask
from flask_smorest import Api

from api.swagger import ASSETS
from api.v1.blueprint import Error

_SECURITY = {"type": "http", "scheme": "bearer", "description": "An API key, as `dovetail key create` prints it."}


class _Api(Api):
    ERROR_SCHEMA = Error

    def _register_error_handlers(self) -> None:
        """Errors go through the one handler of api.dialects."""


def open_api(app: Flask) -> Api:
    """The document, to which blueprints are registered."""
    app.config.update(
        V1_OPENAPI_URL_PREFIX="/docs/v1",
        V1_OPENAPI_JSON_PATH="openapi.json",
        V1_OPENAPI_SWAGGER_UI_PATH="/",
        V1_OPENAPI_SWAGGER_UI_URL=ASSETS,
        V1_OPENAPI_SWAGGER_UI_CONFIG={"validatorUrl": None},
    )
    options = {
        "title": "Dovetail: RAGFlow HTTP API",
        "version": "v1",
        "openapi_version": "3.0.3",
        "security": [{"key": []}],
        "info": {"description": "Every reply is an envelope: `code` 0 with `data`, or another code with a `message`."},
    }
    api = _Api(app, config_prefix="V1", spec_kwargs=options)
    api.spec.components.security_scheme("key", _SECURITY)
    return api
