"""What the operator decides about this dialect (legacy contract 10.3; decisions C6)."""

from __future__ import annotations

from dataclasses import dataclass

from flask import current_app

EXTENSION = "dovetail-legacy"


@dataclass(frozen=True, slots=True)
class Options:
    """`envelope` is both, retcode or code; `default_*` is what clients get who do not say, `public_*` what needs no key."""

    envelope: str
    default_stream: bool
    default_quote: bool
    public_documents: bool
    public_images: bool
    default_chat: str
    parse_seconds: int


def options() -> Options:
    """The options of the application that answers."""
    chosen: Options = current_app.extensions[EXTENSION]
    return chosen
