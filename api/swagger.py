"""Swagger UI for every dialect's page, from the files of an installed wheel: the page asks no other host."""

from __future__ import annotations

from importlib.resources import files

from flask import Flask, Response, send_from_directory

ASSETS = "/docs/assets/"


def serve_assets(app: Flask) -> None:
    """Serve Swagger UI's scripts and styles."""
    folder = str(files("flask_swagger_ui") / "dist")

    @app.get(f"{ASSETS}<path:name>")
    def swagger_asset(name: str) -> Response:
        return send_from_directory(folder, name, max_age=3600)
