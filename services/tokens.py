"""API keys: made, recognised, listed, revoked. Only a hash of a key is kept."""

from __future__ import annotations

import hashlib
import secrets

from models.errors import NotAuthenticated, NotFound
from models.tables import ApiKey, User
from services.access import Principal

PREFIX = "ragflow-"  # what RAGFlow's clients and their users expect a key to look like
_HINT = len(PREFIX) + 4


def create(*, user_id: str, name: str = "", key: str | None = None) -> str:
    """Make a key for the user's own tenant and return it; this is the only time it can be seen.

    `key` takes over a secret that scripts already use. Raises NotFound for an unknown user.
    """
    if User.get_or_none(User.id == user_id) is None:
        raise NotFound("user", user_id)
    text = key or PREFIX + secrets.token_urlsafe(24)
    ApiKey.create(tenant=user_id, user=user_id, name=name, digest=_digest(text), hint=text[:_HINT])
    return text


def authenticate(key: str) -> Principal:
    """Whose key this is. Raises NotAuthenticated when it is unknown or revoked."""
    row = ApiKey.get_or_none((ApiKey.digest == _digest(key)) & (ApiKey.revoked == False))  # noqa: E712
    if row is None:
        raise NotAuthenticated("unknown", "Authentication error: API key is invalid!")
    return Principal(tenant=row.tenant, user=row.user)


def list_(*, tenant: str | None = None) -> list[ApiKey]:
    """The keys of a tenant, or of all, oldest first; the revoked ones too."""
    rows = ApiKey.select().order_by(ApiKey.create_time, ApiKey.id)
    return list(rows if tenant is None else rows.where(ApiKey.tenant == tenant))


def revoke(*, key_id: str) -> None:
    """Make a key worthless at once. Raises NotFound."""
    if not ApiKey.change(ApiKey.id == key_id, revoked=True):
        raise NotFound("key", key_id)


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
