"""The answers to errors of files, knowledge and retrieval (contract 5 to 7)."""

from __future__ import annotations

from api.openwebui import wording
from api.openwebui.outcomes import Answer, Key

_CHANGES = ("update_knowledge", "add_file", "update_file", "remove_file", "add_files", "reset_knowledge", "delete_knowledge")
# Inside a change of a knowledge a refusal is told as text, with its status before it (contract 1.1).
_TOLD = "400: {message}"

ROWS: dict[Key, Answer] = {
    ("*", "dataset.not_found"): Answer(401, wording.NOT_FOUND),
    **{(route, "dataset.not_found"): Answer(400, wording.NOT_FOUND) for route in _CHANGES},
    **{(route, "dataset.not_permitted"): Answer(400, wording.ACCESS_PROHIBITED) for route in _CHANGES},
    **{(route, "file.not_found"): Answer(400, wording.NOT_FOUND) for route in _CHANGES},
    **{(route, "file.unread"): Answer(400, wording.FILE_NOT_PROCESSED) for route in _CHANGES},
    **{(route, "file.twin"): Answer(400, f"400: {wording.DUPLICATE_CONTENT}") for route in _CHANGES},
    **{(route, "file.empty"): Answer(400, f"400: {wording.EMPTY_CONTENT}") for route in _CHANGES},
    **{(route, "file.unreadable"): Answer(400, _TOLD) for route in _CHANGES},
    ("read_file", "file.twin"): Answer(400, wording.DUPLICATE_CONTENT),
    ("*", "file.empty"): Answer(400, wording.default(wording.EMPTY_CONTENT)),
    ("*", "file.unread"): Answer(400, wording.FILE_NOT_PROCESSED),
    ("download_file", "blob.not_found"): Answer(400, wording.default("Error getting file content")),
}
