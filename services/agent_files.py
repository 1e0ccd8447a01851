"""Files that are given as the value of a Begin parameter: read while the client waits, and not kept (RAGFlow v1 contract 3.27)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from models.errors import Conflict
from services import files
from services.access import Principal
from services.arrivals import Upload
from services.files import Said

__all__ = ["Upload", "named", "read"]


def named(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values, where a file stands by its name."""
    return {key: value.name if isinstance(value, Upload) else value for key, value in values.items()}


def read(principal: Principal, parameters: Sequence[Mapping[str, Any]], values: Mapping[str, Any]) -> dict[str, Any]:
    """The values, where a file of a parameter that wants one stands as its name, a line end, and what it says; other files are left out.

    Raises Conflict parameter.unread, and what storing a file raises.
    """
    wanted = {one.get("key") for one in parameters if one.get("type") == "file"}
    texts = {key: _text(principal, value) for key, value in values.items() if isinstance(value, Upload) and key in wanted}
    return {key: texts.get(key, value) for key, value in values.items() if key in texts or not isinstance(value, Upload)}


def _text(principal: Principal, upload: Upload) -> str:
    file = files.upload(principal, upload=upload, said=Said())
    try:
        said = files.text_of(principal, file.id)
        if said is None:
            reason = files.show([file])[0].error or "it took too long"
            raise Conflict("parameter.unread", f"{upload.name} could not be read: {reason}")
        return f"{upload.name}\n{said}"
    finally:
        files.delete(principal, file.id)
