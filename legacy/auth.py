"""Who is calling: the key in the Authorization header, whatever scheme word is before it (legacy contract 4.1)."""

from __future__ import annotations

from flask import g, request

from models.errors import NotAuthenticated
from services import tokens


def authenticate() -> None:
    """Put the caller into g.principal. Raises NotAuthenticated."""
    authenticate_by(header_key())


def authenticate_by(key: str) -> None:
    """Put the caller who holds this key into g.principal. Raises NotAuthenticated."""
    if not key:
        raise NotAuthenticated("missing", "`Authorization` can't be empty")
    g.principal = tokens.authenticate(key)


def header_key() -> str:
    """The second word of the header, or its only one; empty when there is none."""
    words = request.headers.get("Authorization", "").split()
    return words[1] if len(words) > 1 else "".join(words)
