"""Token administration, by a session or an API key: make, list, revoke, count what they were used for (legacy contract 4.4, 6.1)."""

from __future__ import annotations

from typing import Any

from flask import g

from legacy import login
from legacy.blueprint import LegacyBlueprint
from legacy.schemas.tokens import Bound, Period, Statistics, Token, TokenRemoval
from services import statistics, tokens

blp = LegacyBlueprint("tokens", __name__, url_prefix="/v1/api", description="API keys, each bound to a chat or an agent.")


@blp.post("/new_token")
@blp.requires(("dialog_id", "canvas_id"))
@blp.authenticated_by(login.authenticate)
@blp.reads(Bound)
@blp.response(200, Token)
def new_token(body: Any) -> Any:
    """Make a key; the id that it is bound to need not be anything's."""
    return tokens.create_bound(g.principal, binding=body())


@blp.get("/token_list")
@blp.authenticated_by(login.authenticate)
@blp.reads(Bound)
@blp.response(200, Token(many=True))
def token_list(query: Any) -> Any:
    """List the keys that are bound to a chat or an agent, oldest first."""
    return tokens.list_bound(g.principal, binding=query())


@blp.post("/rm")
@blp.requires("tokens", "tenant_id")
@blp.authenticated_by(login.authenticate)
@blp.reads(TokenRemoval)
@blp.response(200)
def remove_tokens(body: Any) -> bool:
    """Make keys worthless; those that are not the caller's are left alone."""
    asked = body()
    if asked["tenant"] == g.principal.tenant:
        tokens.revoke_texts(g.principal, keys=asked["keys"])
    return True


@blp.get("/stats")
@blp.authenticated_by(login.authenticate)
@blp.reads(Period)
@blp.response(200, Statistics)
def show_statistics(query: Any) -> Any:
    """Tell how much was asked, day by day."""
    asked = query()
    return {"days": [] if asked.pop("agents") else statistics.of_days(g.principal, **asked)}
