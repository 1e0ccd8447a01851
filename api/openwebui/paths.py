"""Which paths are this dialect's when no route ran, and which ids of a chat are (decisions A10; contract 10)."""

from __future__ import annotations

import re

from werkzeug.routing import BaseConverter

PREFIXES = (
    "/health",
    *(f"/api/{noun}" for noun in ("models", "chat", "version")),
    *(f"/api/v1/{noun}" for noun in ("auths", "files", "folders", "knowledge", "retrieval/")),
)
_UUID = "[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
OTHERS = re.compile(rf"/api/v1/chats/{_UUID}(?:/.*)?")


class ChatId(BaseConverter):
    """The id of a chat here: any but one of 32 hex digits, which is an assistant's, or a noun below an assistant whose id is empty."""

    regex = r"(?!(?:[0-9a-fA-F]{32}|sessions|completions)\Z)[^/]+"
    part_isolating = True  # the slash in it is the end of a part
