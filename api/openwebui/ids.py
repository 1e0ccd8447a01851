"""Ids: hyphenated on this dialect's wire, 32 hex digits inside; read in either spelling (decisions A3; contract 10.1)."""

from __future__ import annotations

import re

_HEX = re.compile(r"[0-9a-f]{32}")
_HYPHENATED = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def spelled(id: str) -> str:
    """The id as it leaves."""
    return "-".join((id[:8], id[8:12], id[12:16], id[16:20], id[20:]))


def read_id(text: str) -> str:
    """The id that a client means; empty for what is none."""
    lower = text.lower()
    if _HYPHENATED.fullmatch(lower):
        return lower.replace("-", "")
    return lower if _HEX.fullmatch(lower) else ""
