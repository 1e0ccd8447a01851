"""Who is calling: an API key or a session's token after `Bearer`, else the cookie `token` (contract 2; decisions A11)."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import current_app, g, request

from api.wire.blueprint import Route
from models.errors import NotAuthenticated, NotPermitted
from services import people

COOKIE = "token"
_PUBLIC = "needs_nobody"
ADMIN_ONLY = "for_administrators"  # what a route is marked with


def public(route: Route) -> Route:
    """Ask nobody who it is."""
    setattr(route, _PUBLIC, True)
    return route


def admin_only(route: Callable[..., Any]) -> Callable[..., Any]:
    """Refuse a caller who is no administrator, with 401."""

    @wraps(route)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        if g.role != people.ADMIN:
            raise NotPermitted("admin", g.principal.user)
        return route(*args, **kwargs)

    setattr(guarded, ADMIN_ONLY, True)
    return guarded


def authenticate() -> None:
    """Put the caller into g.principal, its user into g.user and its role into g.role. Raises NotAuthenticated.

    A browser asks with OPTIONS before it sends a key.
    """
    if request.method == "OPTIONS" or hasattr(current_app.view_functions[str(request.endpoint)], _PUBLIC):
        return
    caller = people.recognise(credentials())
    g.principal, g.user, g.role = caller.principal, caller.user, caller.user.role


def credentials() -> str:
    """The text that says who is calling. Raises NotAuthenticated."""
    header = request.headers.get("Authorization")
    if header is None:
        if cookie := request.cookies.get(COOKIE):
            return cookie
        raise NotAuthenticated("missing", "Not authenticated")
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise NotAuthenticated("malformed", "Not authenticated")
    return token.strip()
