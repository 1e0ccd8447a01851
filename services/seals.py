"""Seals: texts that this installation alone can read or could have written, such as keys that are shown again."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken

_BYTES = 32
SHORTEST = 32  # characters of a secret


@dataclass(frozen=True, slots=True)
class Secret:
    """What seals are made with: the text, where the operator set one, else what the file holds, which is made when it is missing."""

    text: str = field(repr=False)
    file: Path


_secret: Secret | None = None


def use(secret: Secret) -> None:
    """Seal with this secret from now on. Raises OSError or ValueError where its file is there and holds none."""
    global _secret
    if not secret.text and secret.file.exists():
        _kept(secret.file)
    _secret = secret


def seal(purpose: str, text: str) -> str:
    """The text, sealed for one purpose: 100 and some characters of URL-safe base64.

    Raises OSError when the secret cannot be kept, ValueError when what is kept is none.
    """
    return _box(_in_use(), purpose).encrypt(text.encode()).decode()


def unseal(purpose: str, sealed: str, *, seconds: int | None = None) -> str | None:
    """The text; None when it was not sealed here for this purpose, or is older than so many seconds."""
    try:
        return _box(_in_use(), purpose).decrypt(sealed.encode(), ttl=seconds).decode()
    except (InvalidToken, UnicodeEncodeError):
        return None


def signature(purpose: str, text: str) -> bytes:
    """Proof that this installation wrote the text, for one purpose: the SHA-256 HMAC."""
    return hmac.new(_key(_in_use(), purpose), text.encode("utf-8", "surrogatepass"), hashlib.sha256).digest()


def _in_use() -> Secret:
    if _secret is None:
        raise RuntimeError("no secret was chosen")
    return _secret


@cache
def _box(secret: Secret, purpose: str) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(_key(secret, purpose)))


@cache
def _key(secret: Secret, purpose: str) -> bytes:
    """A key of its own for each purpose."""
    text = secret.text or _kept(secret.file)
    return hmac.new(text.encode(), f"dovetail {purpose}".encode(), hashlib.sha256).digest()


def _kept(file: Path) -> str:
    """The secret in the file. The first process that asks makes it, whole or not at all, for its user alone.

    Raises ValueError for a file without one: whoever knows that it is empty could forge every seal.
    """
    if not file.exists():
        mine = file.with_name(f"{file.name}.{secrets.token_hex(8)}")
        with os.fdopen(os.open(mine, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as handle:
            handle.write(secrets.token_urlsafe(_BYTES))
            handle.flush()
            os.fsync(handle.fileno())
        try:
            os.link(mine, file)
        except FileExistsError:  # another process was first
            pass
        finally:
            mine.unlink()
    text = file.read_text(encoding="ascii").strip()
    if len(text) < SHORTEST:
        raise ValueError(f"it has fewer than {SHORTEST} characters")
    return text
