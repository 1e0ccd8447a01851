"""People who sign up and sign in by themselves: their roles, their sessions, and the one API key each may make."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass

from models.errors import InvalidInput, NotAuthenticated, NotPermitted
from models.tables import User
from services import logins, tokens, users, webtokens
from services.access import Principal
from services.users import ADMIN, PENDING

__all__ = ["ADMIN", "Caller", "SignUp", "SignedIn", "ends_at", "recognise", "require_sign_up", "session_of", "sign_in", "sign_up", "use"]

_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_LONGEST_ADDRESS = 254


@dataclass(frozen=True, slots=True)
class SignUp:
    """Whether people may make accounts by themselves, and what these may do then."""

    open: bool = False
    role: str = PENDING


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is asking: the principal, and the user's row."""

    principal: Principal
    user: User


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session that began: whose, its token, and when it ends, in epoch seconds."""

    user: User
    token: str
    expires_at: int | None


_sign_up = SignUp()


def use(sign_up: SignUp) -> None:
    """Let people sign up as the operator wants it."""
    global _sign_up
    _sign_up = sign_up


def sign_up(*, name: str, email: str, password: str) -> SignedIn:
    """Make an account with a tenant of its own, and sign its owner in.

    Raises NotPermitted sign_up while the operator does not want it, InvalidInput email, Conflict user.email_taken.
    """
    require_sign_up()
    address = email.strip().lower()
    if len(address) > _LONGEST_ADDRESS or not _ADDRESS.fullmatch(address):
        raise InvalidInput("email", "The email address is not valid.", condition="email.invalid")
    role = ADMIN if not User.select().exists() else _sign_up.role
    return session_of(users.create(email=address, nickname=name, password=password, role=role))


def require_sign_up() -> None:
    """Raises NotPermitted sign_up while the operator does not want it."""
    if not _sign_up.open:
        raise NotPermitted("sign_up", "")


def sign_in(*, email: str, password: str) -> SignedIn:
    """Begin a session. The address counts as it is written, else in lower case. Raises as services.logins.log_in."""
    known = User.select(User.id).where(User.email == email).exists()
    user, _ = logins.log_in(email=email if known else email.lower(), password=password)
    return session_of(user)


def session_of(user: User) -> SignedIn:
    """A new session of this user."""
    expires_at = int(time.time()) + logins.SECONDS
    return SignedIn(user, webtokens.signed({"id": user.id, "exp": expires_at, "mark": logins.mark(user)}), expires_at)


def ends_at(credentials: str) -> int | None:
    """When a session's token expires, in epoch seconds; None for an API key, which does not."""
    payload = webtokens.read(credentials)
    return int(payload["exp"]) if payload else None


def recognise(credentials: str) -> Caller:
    """Who an API key or a session's token stands for. Raises NotAuthenticated: unknown, foreign for what is neither, pending."""
    principal = _principal(credentials)
    user = User.get_or_none(User.id == principal.user)
    if user is None:
        raise NotAuthenticated("unknown", "This user is gone.")
    if user.role == PENDING:
        raise NotAuthenticated("pending", "This account waits for its administrator.")
    return Caller(principal, user)


def _principal(credentials: str) -> Principal:
    payload = webtokens.read(credentials)
    if payload is None:
        try:
            return tokens.authenticate(credentials)
        except NotAuthenticated as error:
            if error.condition == "key.unknown" and not credentials.startswith(tokens.PERSONAL):
                raise NotAuthenticated("foreign", "This is neither a key nor a session.") from None
            raise
    user = User.get_or_none(User.id == payload["id"])
    if user is None or payload["mark"] != logins.mark(user):
        raise NotAuthenticated("unknown", "This session has ended.")
    return Principal(tenant=user.id, user=user.id)
