"""The dialects of the HTTP API, mounted on one application."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask

from api import openwebui, v1
from api.dialects import Dialect, install
from api.swagger import serve_assets


def _as_it_is(error: Exception) -> Exception:
    return error


def register(app: Flask, *others: Dialect, translate: Callable[[Exception], Exception] = _as_it_is) -> None:
    """Mount RAGFlow's /api/v1, Open WebUI's API and any other dialect, and put the one error handler over them all."""
    serve_assets(app)
    install(app, (v1.DIALECT, openwebui.DIALECT, *others), translate)
