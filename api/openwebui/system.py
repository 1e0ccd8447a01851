"""Is anybody there, and what version does it speak (contract 1)."""

from __future__ import annotations

from flask import Response, jsonify

from api.openwebui.auth import public
from api.openwebui.blueprint import OpenWebuiBlueprint

VERSION = "0.5.20"  # whose answers these are

blp = OpenWebuiBlueprint("system", __name__, description="Signs of life.")


@blp.get("/health")
@blp.response(200, {"type": "object"})
@blp.doc(security=[])
@public
def tell_health() -> Response:
    """Tell that the server answers."""
    return jsonify({"status": True})


@blp.get("/api/version")
@blp.response(200, {"type": "object"})
@blp.doc(security=[])
@public
def tell_version() -> Response:
    """Tell whose API this is."""
    return jsonify({"version": VERSION})
