"""Statements of SQL told apart, as each kind of database quotes and comments."""

from __future__ import annotations

import re

MOST_STATEMENTS = 10
_FENCE = re.compile(r"```(?:sql)?", re.IGNORECASE)
_COMMENT = r"--[^\n]*|/\*.*?(?:\*/|\Z)"
_DOUBLED = r"'[^']*(?:'|\Z)|\"[^\"]*(?:\"|\Z)"  # a quote within is written twice, which reads as two texts side by side
_ESCAPED = r"'(?:[^'\\]|\\(?:.|\Z))*(?:'|\Z)|\"(?:[^\"\\]|\\(?:.|\Z))*(?:\"|\Z)"
_TICKED = r"`[^`]*(?:`|\Z)"
_DOLLARS = r"(?<![\w$])\$(?P<tag>(?:[^\W\d]\w*)?)\$.*?(?:\$(?P=tag)\$|\Z)"


def _tokens(comment: str, *quoted: str) -> re.Pattern[str]:
    return re.compile(rf"(?P<comment>{comment})|(?P<cut>;)|(?P<space>\s+)|{'|'.join(quoted)}|[^;'\"`\[$#/\-\seE]+|.", re.DOTALL)


_TOKENS = {
    "sqlite": _tokens(_COMMENT, _DOUBLED, _TICKED, r"\[[^\]]*(?:\]|\Z)"),
    "postgresql": _tokens(_COMMENT, r"(?<![\w$])[eE]'(?:[^'\\]|\\(?:.|\Z))*(?:'|\Z)", _DOUBLED, _DOLLARS),
    "mysql": _tokens(rf"{_COMMENT}|#[^\n]*", _ESCAPED, _TICKED),
}


def statements(text: str, kind: str) -> list[str]:
    """The first statements of a text for a database of kind sqlite, postgresql or mysql, without fences and semicolons."""
    found: list[str] = []
    start, says = 0, False
    bare = _FENCE.sub("", text)
    for token in _TOKENS[kind].finditer(bare):
        if token["cut"]:
            found += [bare[start : token.start()].strip()] if says else []
            start, says = token.end(), False
        says = says or token.lastgroup in (None, "tag")
    found += [bare[start:].strip()] if says else []
    return found[:MOST_STATEMENTS]
