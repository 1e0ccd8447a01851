"""Counting tokens as the contract's chunk sizes mean them."""

from __future__ import annotations

from functools import cache
from typing import Any

from rs_bpe import bpe


@cache
def _vocabulary() -> Any:
    return bpe.openai.cl100k_base()


def count(text: str) -> int:
    """Tokens of `text` in cl100k_base (contract 7.1); lone surrogates count as question marks."""
    try:
        return int(_vocabulary().count(text))
    except UnicodeEncodeError:
        return int(_vocabulary().count(text.encode("utf-8", "replace").decode()))
