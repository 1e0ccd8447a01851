"""Logging in with a password, and the session strings that stand for a person who did."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from threading import BoundedSemaphore

from werkzeug.security import check_password_hash, generate_password_hash

from models.errors import Busy, NotAuthenticated
from models.tables import User
from services import passwords, seals
from services.access import Principal
from services.users import PENDING

SECONDS = 30 * 24 * 60 * 60  # after which a person has to log in again
_PURPOSE = "login"
_PATIENCE = 1.0  # seconds
_hashing = BoundedSemaphore(2)  # each takes 32 MiB, and anybody may ask for one


def log_in(*, email: str, password: str) -> tuple[User, str]:
    """The person, and a session string. An unknown address and a wrong password answer alike, and take equally long.

    `password` is as the client sent it. Raises NotAuthenticated `password`, InvalidInput password.encrypted, Busy.
    """
    plain = passwords.opened(password)
    user = User.get_or_none(User.email == email)
    right = _fits((user and user.password_hash) or _nobody(), plain)
    if user is None or not user.password_hash or not right:
        raise NotAuthenticated("password", "Email and password do not match!")
    return user, seals.seal(_PURPOSE, json.dumps([user.id, mark(user)]))


def recognise(session: str) -> Principal | None:
    """Who this session string stands for; None when it is none, is too old, the password was changed since, or who it is waits to be let in."""
    text = seals.unseal(_PURPOSE, session, seconds=SECONDS)
    if text is None:
        return None
    id, marked = json.loads(text)
    user = User.get_or_none(User.id == id)
    return Principal(tenant=id, user=id) if user is not None and marked == mark(user) and user.role != PENDING else None


def mark(user: User) -> str:
    """What a session carries of the password: another one with every change of it."""
    return hashlib.sha256(str(user.password_hash).encode()).hexdigest()[:16]


def _fits(hash: str, password: str) -> bool:
    if not _hashing.acquire(timeout=_PATIENCE):
        raise Busy
    try:
        return check_password_hash(hash, password)
    finally:
        _hashing.release()


@cache
def _nobody() -> str:
    """The hash of a password that nobody has."""
    return generate_password_hash("")
