"""Signing up and in, the session, and the one API key of a person (contract 2)."""

from __future__ import annotations

from typing import Any

from flask import Response, g, jsonify, request

from api.openwebui.auth import COOKIE, credentials, public
from api.openwebui.blueprint import OpenWebuiBlueprint
from api.openwebui.schemas.auths import Key, Session, SignIn, SignUp
from services import people, tokens
from services.people import SignedIn

blp = OpenWebuiBlueprint("auths", __name__, description="People, sessions, API keys.")

ROOT = "/api/v1/auths"


@blp.post(f"{ROOT}/signup")
@blp.reads(SignUp)
@blp.response(200, Session)
@blp.refuses(400, 403, 422)
@blp.doc(security=[])
@public
def sign_up(body: Any) -> Response:
    """Make an account, where the operator lets people do so."""
    people.require_sign_up()
    return _begun(people.sign_up(**body()))


@blp.post(f"{ROOT}/signin")
@blp.reads(SignIn)
@blp.response(200, Session)
@blp.refuses(400, 422)
@blp.doc(security=[])
@public
def sign_in(body: Any) -> Response:
    """Begin a session with a password."""
    return _begun(people.sign_in(**body()))


@blp.get(f"{ROOT}/")
@blp.response(200, Session)
def show_session() -> SignedIn:
    """Tell whose the presented token is, an API key too."""
    return SignedIn(g.user, credentials(), people.ends_at(credentials()))


@blp.post(f"{ROOT}/api_key")
@blp.response(200, Key)
def create_key() -> dict[str, str]:
    """Make the caller's key, in place of the one before it."""
    return {"api_key": tokens.replace_personal(g.principal)}


@blp.get(f"{ROOT}/api_key")
@blp.response(200, Key)
@blp.refuses(404)
def show_key() -> dict[str, str]:
    """Show the caller's key."""
    return {"api_key": tokens.personal(g.principal)}


@blp.delete(f"{ROOT}/api_key")
@blp.response(200, {"type": "boolean"})
def delete_key() -> Response:
    """Make the caller's key worthless."""
    tokens.revoke_personal(g.principal)
    return jsonify(True)


def _begun(session: SignedIn) -> Response:
    """The session, with its token in a cookie too, for pages of this host alone (decisions A12)."""
    answer = jsonify(Session().dump(session))
    answer.set_cookie(COOKIE, session.token, expires=session.expires_at, httponly=True, samesite="Lax", secure=request.is_secure)
    return answer
