"""Plain text and source code: pieces between delimiters (contract 7.2)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from ingest.blocks import Block
from ingest.parse.encoding import read_text

DEFAULT_DELIMITER = r"\n!?;。；！？"
_GROUP = re.compile(r"`([^`]+)`")
_ESCAPE = re.compile(r"\\(?:([nrtfv\\])|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2}))")
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t", "f": "\f", "v": "\v", "\\": "\\"}


def blocks(path: Path, *, delimiter: str) -> Iterator[Block]:
    """The pieces of a text file, delimiters discarded, so that joining them loses nothing else."""
    return (Block(piece) for piece in pieces(read_text(path), delimiter=delimiter))


def pieces(text: str, *, delimiter: str) -> Iterator[str]:
    """Split at the characters of `delimiter` and at its back-quoted groups; an empty delimiter splits nowhere."""
    pattern = delimiter_pattern(delimiter)
    start = 0
    for found in pattern.finditer(text) if pattern else ():
        yield text[start:found.start()]
        start = found.end()
    yield text[start:]


def delimiter_pattern(delimiter: str) -> re.Pattern[str] | None:
    """One pattern for all delimiters, longer ones first; escapes such as backslash-n are decoded."""
    delimiter = _ESCAPE.sub(_unescaped, delimiter)
    groups = _GROUP.findall(delimiter)
    single = list(_GROUP.sub("", delimiter))
    parts = sorted({*groups, *single}, key=lambda part: (-len(part), part))
    return re.compile("|".join(map(re.escape, parts))) if parts else None


def _unescaped(found: re.Match[str]) -> str:
    letter, wide, narrow = found.groups()
    return _ESCAPED[letter] if letter else chr(int(wide or narrow, 16))
