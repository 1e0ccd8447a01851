"""A text in sentences: places in it, one after the other, that together are all of it."""

from __future__ import annotations

import re

Span = tuple[int, int]

_FENCE = re.compile(r"```.*?(?:```|\Z)", re.DOTALL)
_END = re.compile(r"""(?<![.!?])[.!?]++["'”’)\]]*+(?=\s)|[。！？；]+["'”’）」』]*|;(?=\s)|\n+""")
_SHORTENED = "Mr|Mrs|Ms|Dr|St|Jr|Sr|Prof|Gen|Col|Lt|Sgt|Capt|Rev|Hon|vs|etc|cf|al|No|Fig|Inc|Ltd|Co|Corp|approx|ca|c|e\\.g|i\\.e"
_ABBREVIATION = re.compile(rf"(?:\b(?:{_SHORTENED})|\b[A-Z]|[A-Z]\.[A-Z])\.$")


def split(text: str) -> list[Span]:
    """The sentences, each with what separates it from the next; a code fence is one, whatever is in it."""
    spans: list[Span] = []
    done = 0
    for fence in _FENCE.finditer(text):
        spans += _prose(text, done, fence.start())
        spans.append(fence.span())
        done = fence.end()
    return spans + _prose(text, done, len(text))


def _prose(text: str, start: int, end: int) -> list[Span]:
    spans: list[Span] = []
    begin = close = start
    for found in _END.finditer(text, start, end):
        if found.end() <= close:  # in blanks that were passed already
            continue
        if found[0] == "." and _ABBREVIATION.search(text, max(begin, found.end() - 12), found.end()):
            continue
        close = _after_space(text, found.end(), end)
        if text[begin:close].strip():
            spans.append((begin, close))
            begin = close
    if text[begin:end].strip():
        spans.append((begin, end))
    elif spans and begin < end:
        spans[-1] = (spans[-1][0], end)
    elif begin < end:
        spans.append((begin, end))
    return spans


def _after_space(text: str, at: int, end: int) -> int:
    while at < end and text[at].isspace():
        at += 1
    return at
