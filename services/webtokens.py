"""JSON Web Tokens (HS256) that this installation signs, for clients that hold nothing else."""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import time
from typing import Any

from services import seals

_PURPOSE = "web token"
_HEADER = {"alg": "HS256", "typ": "JWT"}


def signed(payload: dict[str, Any]) -> str:
    """The token of a payload."""
    head = f"{_packed(_HEADER)}.{_packed(payload)}"
    return f"{head}.{_text(seals.signature(_PURPOSE, head))}"


def read(token: str) -> dict[str, Any] | None:
    """The payload of a token that was signed here and has not expired; None for any other text."""
    head, _, signature = token.rpartition(".")
    given = _bytes(signature)
    if given is None or not hmac.compare_digest(given, seals.signature(_PURPOSE, head)):
        return None
    # What is signed here was made here: its parts need no further checks.
    payload: dict[str, Any] = json.loads(_bytes(head.partition(".")[2]) or b"{}")
    return payload if payload.get("exp", 0) > time.time() else None


def _packed(value: dict[str, Any]) -> str:
    return _text(json.dumps(value, separators=(",", ":")).encode())


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _bytes(text: str) -> bytes | None:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
