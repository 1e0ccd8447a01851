"""Ids as Open WebUI's clients know them, UUIDs with hyphens; both spellings are read (decisions A3)."""

from __future__ import annotations

import re
import uuid

_HEX = re.compile(r"[0-9a-f]{32}")
_HYPHENATED = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def spelled(id: str) -> str:
    """The id as a client is told it."""
    return str(uuid.UUID(id)) if _HEX.fullmatch(id) else id


def read_id(text: str) -> str:
    """The id as the house has it; empty for what is none."""
    word = text.strip().lower()
    if _HYPHENATED.fullmatch(word):
        return word.replace("-", "")
    return word if _HEX.fullmatch(word) else ""
