"""Logging in, and knowing again who did (legacy contract 4.4; RAGFlow v1 contract, appendix A; decisions C2)."""

from __future__ import annotations

from typing import Any

from flask import g

from legacy import auth
from legacy.blueprint import LegacyBlueprint
from legacy.schemas.tokens import Credentials, Person
from services import logins

blp = LegacyBlueprint("login", __name__, url_prefix="/v1/user", description="A password becomes a session, which makes API keys.")


def authenticate() -> None:
    """Put the caller into g.principal, by a session string or, as since v0.24, an API key. Raises NotAuthenticated."""
    principal = logins.recognise(auth.header_key())
    if principal is None:
        auth.authenticate()
    else:
        g.principal = principal


def admit_anybody() -> None:
    """Ask nobody who it is."""


@blp.post("/login")
@blp.requires("email", "password")
@blp.authenticated_by(admit_anybody, from_body=True)
@blp.reads(Credentials)
@blp.response(200, Person, headers={"Authorization": {"description": "The session string.", "schema": {"type": "string"}}})
@blp.doc(security=[])
def log_in(body: Any) -> Any:
    """Log in; the reply's header `Authorization` is a session string, which is sent back as it is, without a scheme word."""
    user, session = logins.log_in(**body())
    return user, {"Authorization": session}
