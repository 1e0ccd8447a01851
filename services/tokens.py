"""API keys: made, taken over, recognised, listed, revoked. A hash of each is kept, and the text, sealed, of those that are shown again."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from peewee import Expression

from models.agent_tables import Agent
from models.base import database
from models.errors import Conflict, InvalidInput, NotAuthenticated, NotFound
from models.tables import ApiKey, Chat, User
from services import seals
from services.access import Principal, select_in
from services.users import PENDING

PREFIX = "ragflow-"  # what RAGFlow's clients and their users expect a key to look like
PERSONAL = "sk-"  # how the one key begins that a person makes and sees again (Open WebUI contract 2.4)
LONGEST = 255  # characters of a key, and of an id that it is bound to
_HINT = len(PREFIX) + 4
_PURPOSE = "api key"


@dataclass(frozen=True, slots=True)
class Binding:
    """The chat or the agent a key is bound to; empty ids bind it to nothing."""

    chat: str = ""
    agent: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """A key whose text can be told; of one that was sealed with another secret the text is the hint."""

    row: ApiKey
    text: str


class Takeover(StrEnum):
    """What taking a key over came to."""

    NEW = "taken over"
    SAME = "already here"
    REBOUND = "already here, bound anew"


def create(*, user_id: str, name: str = "", key: str | None = None, binding: Binding = Binding()) -> str:
    """Make a key for the user's own tenant and return it; unless it is bound, this is the only time it can be seen.

    `key` takes over a secret that scripts already use. Raises NotFound for an unknown user, chat or agent, InvalidInput for a text
    that no header can carry, Conflict for a key that is taken.
    """
    if key is not None:
        _require_usable(key)
    if User.get_or_none(User.id == user_id) is None:
        raise NotFound("user", user_id)
    if binding.chat and Chat.get_or_none((Chat.id == binding.chat) & (Chat.tenant == user_id)) is None:
        raise NotFound("chat", binding.chat)
    if binding.agent and Agent.get_or_none((Agent.id == binding.agent) & (Agent.tenant == user_id)) is None:
        raise NotFound("agent", binding.agent)
    text = key or _new_text()
    with database.atomic():
        if key and ApiKey.get_or_none(ApiKey.digest == _digest(key)) is not None:
            raise Conflict("key.taken", "This key is here already: `key list` shows it.")
        _insert(user_id, user_id, text, name=name, binding=binding, shown=binding != Binding())
    return text


def create_bound(principal: Principal, *, binding: Binding) -> Shown:
    """Make a key of the caller's tenant that `list_bound` will show again; what it is bound to need not exist."""
    text = _new_text()
    return Shown(_insert(principal.tenant, principal.user, text, binding=binding, shown=True), text)


def take_over(*, user_id: str, key: str, binding: Binding) -> Takeover:
    """Recognise a key of an old deployment; one that this user has already keeps its row. What it is bound to need not exist yet.

    Raises InvalidInput for a text that no header can carry, NotFound for an unknown user, Conflict for another tenant's key or a revoked one.
    """
    _require_usable(key)
    if User.get_or_none(User.id == user_id) is None:
        raise NotFound("user", user_id)
    with database.atomic():
        row = ApiKey.get_or_none(ApiKey.digest == _digest(key))
        if row is None:
            _insert(user_id, user_id, key, name="taken over", binding=binding, shown=True)
            return Takeover.NEW
        if row.tenant != user_id:
            raise Conflict("key.foreign", "This key is another user's.")
        if row.revoked:
            raise Conflict("key.revoked", "This key was revoked.")
        if Binding(row.chat, row.agent) == binding:
            return Takeover.SAME
        ApiKey.change(ApiKey.id == row.id, chat=binding.chat, agent=binding.agent, sealed=seals.seal(_PURPOSE, key))
        return Takeover.REBOUND


def replace_personal(principal: Principal) -> str:
    """Make the caller's personal key, in place of the one before it."""
    text = PERSONAL + secrets.token_hex(16)
    with database.atomic():
        revoke_personal(principal)
        _insert(principal.tenant, principal.user, text, name=PERSONAL, binding=Binding(), shown=True)
    return text


def personal(principal: Principal) -> str:
    """The caller's personal key. Raises NotFound where there is none, or it was sealed with another secret."""
    row = ApiKey.get_or_none(_personal(principal))
    text = seals.unseal(_PURPOSE, row.sealed) if row else None
    if text is None:
        raise NotFound("key", "")
    return text


def revoke_personal(principal: Principal) -> None:
    """Make the caller's personal key worthless."""
    _revoke(_personal(principal))


def authenticate(key: str) -> Principal:
    """Whose key this is. Raises NotAuthenticated: unknown, also when it is revoked, or pending for a user who waits to be let in."""
    known = ApiKey.select(ApiKey, User.role.alias("role")).join(User, on=(ApiKey.user == User.id)).where((ApiKey.digest == _digest(key)) & _valid())
    row: Any = known.objects().first()
    if row is None:
        raise NotAuthenticated("unknown", "Authentication error: API key is invalid!")
    if row.role == PENDING:
        raise NotAuthenticated("pending", "This account waits for its administrator.")
    return Principal(tenant=row.tenant, user=row.user, chat=row.chat, agent=row.agent)


def list_(*, tenant: str | None = None) -> list[ApiKey]:
    """The keys of a tenant, or of all, oldest first; the revoked ones too."""
    rows = ApiKey.select().order_by(ApiKey.create_time, ApiKey.id)
    return list(rows if tenant is None else rows.where(ApiKey.tenant == tenant))


def list_bound(principal: Principal, *, binding: Binding) -> list[Shown]:
    """The caller's keys that are bound to this and can be shown, oldest first."""
    of_tenant = (ApiKey.tenant == principal.tenant) & _valid() & ApiKey.sealed.is_null(False)
    rows = ApiKey.select().where(of_tenant, ApiKey.chat == binding.chat, ApiKey.agent == binding.agent)
    return [Shown(row, seals.unseal(_PURPOSE, row.sealed) or f"{row.hint}...") for row in rows.order_by(ApiKey.create_time, ApiKey.id)]


def hint(key: str) -> str:
    """The first characters of a key, to tell keys apart in a list: never more than half of it, for a short one could be guessed."""
    return key[: min(_HINT, len(key) // 2)]


def revoke(*, key_id: str) -> None:
    """Make a key worthless at once. Raises NotFound."""
    if not _revoke(ApiKey.id == key_id):
        raise NotFound("key", key_id)


def revoke_texts(principal: Principal, *, keys: Sequence[str]) -> None:
    """Make those of the keys worthless that are the caller's; the others are left alone."""
    for row in select_in(ApiKey, ApiKey.digest, [_digest(key) for key in keys], ApiKey.tenant == principal.tenant):
        _revoke(ApiKey.id == row.id)


def _revoke(which: Expression) -> int:
    return ApiKey.change(which, revoked=True, sealed=None)


def _insert(tenant: str, user: str, text: str, *, name: str = "", binding: Binding, shown: bool) -> ApiKey:
    return ApiKey.create(
        tenant=tenant,
        user=user,
        name=name,
        digest=_digest(text),
        hint=hint(text),
        chat=binding.chat,
        agent=binding.agent,
        sealed=seals.seal(_PURPOSE, text) if shown else None,
    )


def _require_usable(key: str) -> None:
    if not key or len(key) > LONGEST or not key.isprintable() or len(key.split()) != 1:
        raise InvalidInput("key", f"A key is one word of at most {LONGEST} printable characters.")


def _new_text() -> str:
    return PREFIX + secrets.token_urlsafe(24)


def _personal(principal: Principal) -> Expression:
    return (ApiKey.user == principal.user) & (ApiKey.name == PERSONAL) & ApiKey.sealed.is_null(False) & _valid()


def _valid() -> Expression:
    return ApiKey.revoked == False  # noqa: E712  (an SQL expression)


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
