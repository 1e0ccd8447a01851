"""A dialect's OpenAPI document and its page; described when it is first asked for, since that takes longer than all else of a start."""

from __future__ import annotations

import threading
from typing import Any

from flask import Flask
from flask.typing import ResponseReturnValue
from flask_smorest import Api, Blueprint

from api.swagger import ASSETS


class Documented(Api):
    """The document of one dialect at /docs/`name`/openapi.json, its page at /docs/`name`/; a subclass names the schema of errors."""

    def __init__(self, app: Flask, *, name: str, title: str, description: str, key: str) -> None:
        """`key` says how a client gives its API key."""
        self._undescribed: list[Blueprint] = []
        self._describing = threading.Lock()
        prefix = name.upper()
        app.config.update(
            {
                f"{prefix}_OPENAPI_URL_PREFIX": f"/docs/{name}",
                f"{prefix}_OPENAPI_JSON_PATH": "openapi.json",
                f"{prefix}_OPENAPI_SWAGGER_UI_PATH": "/",
                f"{prefix}_OPENAPI_SWAGGER_UI_URL": ASSETS,
                f"{prefix}_OPENAPI_SWAGGER_UI_CONFIG": {"validatorUrl": None},
            }
        )
        options = {
            "title": title,
            "version": name,
            "openapi_version": "3.0.3",
            "security": [{"key": []}],
            "info": {"description": description},
        }
        super().__init__(app, config_prefix=prefix, spec_kwargs=options)
        self.spec.components.security_scheme("key", {"type": "http", "scheme": "bearer", "description": key})

    def register_blueprint(self, blueprint: Blueprint, **options: Any) -> None:
        """Serve the routes now, and describe them later."""
        self._app.extensions["flask-smorest"]["blp_name_to_api"][blueprint.name] = self
        self._app.register_blueprint(blueprint, **options)
        self._undescribed.append(blueprint)

    def _openapi_json(self) -> ResponseReturnValue:
        with self._describing:
            while self._undescribed:
                blueprint = self._undescribed.pop()
                blueprint.register_views_in_doc(self, self._app, self.spec, name=blueprint.name, parameters=None)
                self.spec.tag({"name": blueprint.name, "description": blueprint.description})
        document: ResponseReturnValue = super()._openapi_json()
        return document

    def _register_error_handlers(self) -> None:
        """Errors go through the one handler of api.dialects."""
