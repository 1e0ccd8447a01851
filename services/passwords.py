"""Passwords as clients send them: plain, or encrypted by the public key that RAGFlow's clients carry (RAGFlow v1 contract, appendix A)."""

from __future__ import annotations

import base64
import binascii
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from models.errors import InvalidInput

_SHORTEST = 128  # bytes of an encrypted password: a key of 1024 bits

_key: rsa.RSAPrivateKey | None = None


def use(file: str, passphrase: str) -> None:
    """Open encrypted passwords with the private key in this file; without a file with none. Raises OSError, ValueError."""
    global _key
    _key = _read(Path(file), passphrase) if file else None


def opened(sent: str) -> str:
    """The password that a client means. Raises InvalidInput password.encrypted where it is encrypted and cannot be opened."""
    sealed = _decoded(sent)
    if sealed is None or len(sealed) < _SHORTEST:
        return sent
    try:
        if _key is None:
            raise ValueError
        inner = _key.decrypt(sealed, padding.PKCS1v15())
        return (_decoded(inner.decode()) or inner).decode()
    except ValueError:  # what is not UTF-8 is one too
        raise InvalidInput("password", "The password is encrypted by a key that is not known here.", condition="password.encrypted") from None


def _read(file: Path, passphrase: str) -> rsa.RSAPrivateKey:
    try:
        key = load_pem_private_key(file.read_bytes(), passphrase.encode() or None)
    except (TypeError, UnsupportedAlgorithm) as error:
        raise ValueError(str(error)) from None
    if not isinstance(key, rsa.RSAPrivateKey):
        raise ValueError("it is no RSA key")
    return key


def _decoded(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
