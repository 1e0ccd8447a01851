"""Which models answer (contract 3; decisions D1)."""

from __future__ import annotations

import hashlib
import time
from datetime import UTC, datetime
from typing import Any

from flask import Response, g, jsonify

from api.openwebui.blueprint import OpenWebuiBlueprint
from services import models

blp = OpenWebuiBlueprint("models", __name__, description="Models that answer.")


@blp.get("/api/v1/models", endpoint="list_models_alias")
@blp.get("/api/models")
@blp.response(200, {"type": "object"})
def list_models() -> Response:
    """List the models: the caller's own, those of the installation, and the built-in one."""
    return jsonify({"data": [_shown(model) for model in models.list_chat_models(g.principal.tenant)]})


def _shown(model: Any) -> dict[str, Any]:
    now = int(time.time())
    common = {"id": model.label, "name": model.label, "object": "model", "created": now, "actions": []}
    if not model.built_in:
        upstream = {"id": model.label, "object": "model", "created": now, "owned_by": "openai"}
        return {**common, "owned_by": "openai", "openai": upstream, "urlIdx": 0}
    return {**common, "owned_by": "ollama", "ollama": _as_ollama(model.label, now)}


def _as_ollama(name: str, now: int) -> dict[str, Any]:
    kind = {"parent_model": "", "format": "", "family": "extractive", "families": ["extractive"], "parameter_size": "", "quantization_level": ""}
    return {
        "name": name,
        "model": name,
        "modified_at": datetime.fromtimestamp(now, UTC).isoformat(),
        "size": 0,
        "digest": hashlib.sha256(name.encode()).hexdigest(),
        "details": kind,
        "urls": [0],
    }
