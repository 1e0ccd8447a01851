"""Who is calling: the key after the scheme word of the Authorization header (RAGFlow v1 contract 1.4, decisions A11)."""

from __future__ import annotations

from flask import g, request

from models.errors import NotAuthenticated
from services import tokens


def authenticate() -> None:
    """Put the caller into g.principal, before anything else of the request is looked at. Raises NotAuthenticated.

    A browser asks with OPTIONS before it sends a key.
    """
    if request.method == "OPTIONS":
        return
    g.principal = tokens.authenticate(_key(request.headers.get("Authorization", "")))


def _key(header: str) -> str:
    if not header:
        raise NotAuthenticated("missing", "`Authorization` can't be empty")
    words = header.split()
    if len(words) < 2:
        raise NotAuthenticated("malformed", "Please check your authorization format.")
    return words[1]
