"""Citation markers: one neutral form inside, `[ID:n]`, read from what models write and written as clients know it."""

from __future__ import annotations

import re

_NUMBER = re.compile(r"\d+")
# What models make of the form they are asked for (RAGFlow v1 contract 6 step 10): (ID: 3), [ID:1, ID:2], 【3】, ##3$$, $$3$$, ref 3.
_LIST = r"\s*\d+(?:\s*[,，、;]\s*(?:ID)?\s*[:：]?\s*\d+)*\s*"
_MARKER = re.compile(
    rf" ?(?:[\[(【]\s*IDs?\s*[:：]?{_LIST}[\])】]|【{_LIST}】|##(?:ID[:：]?)?\s*\d+\s*\$\$|\$\$\s*\d+\s*\$\$|\bref\s*\d+\b)", re.IGNORECASE
)
# The end of a text that may become a marker, with the space before it.
_UNFINISHED = re.compile(
    r" ?(?:[\[(【][\sIDs:：\d,，、;]{0,40}|#{1,2}[ID:\s]{0,4}\d*\s?\$?|(?<![\d$])\${1,2}\s?\d*\s?\$?|\b(?:r|re|ref\s?\d*))?$", re.IGNORECASE
)
_NEUTRAL = re.compile(r" ?\[ID:(\d+)\]")


def neutral(text: str, count: int) -> str:
    """The text with every marker as ` [ID:n]`; those of passages that were not given (n >= count) are left out."""
    return _MARKER.sub(lambda found: _written(found[0], count), text)


def unfinished(text: str) -> int:
    """Where the end of the text begins that may still become a marker; the text's length when there is none."""
    found = _UNFINISHED.search(text)
    return found.start() if found else len(text)


def cited(text: str) -> list[int]:
    """The numbers of the neutral markers, each once, in the order of the text."""
    return list(dict.fromkeys(int(found[1]) for found in _NEUTRAL.finditer(text)))


def ragflow_markers(text: str) -> str:
    """The text with its neutral markers as RAGFlow's clients know them, ` ##n$$`."""
    return _NEUTRAL.sub(r" ##\1$$", text)


def without_markers(text: str) -> str:
    """The text without markers of either form, as it stands in a history."""
    return re.sub(r" ?(?:##\d+\$\$|\[ID:\d+\])", "", text)


def marker(number: int) -> str:
    """The neutral marker of a passage."""
    return f" [ID:{number}]"


def _written(found: str, count: int) -> str:
    numbers = dict.fromkeys(int(number) for number in _NUMBER.findall(found)[:32] if len(number) < 6)
    written = "".join(marker(number) for number in numbers if number < count)
    # `ref 12` and `$$12$$` may well be words or a formula.
    return found if not written and found.lstrip()[0] in "rR$" else written


class Stream:
    """A text as it comes, its markers neutral; what may become one is held back until it is one or is none."""

    def __init__(self, count: int) -> None:
        self.whole = ""
        self._count = count
        self._held = ""

    def add(self, piece: str) -> str:
        """Take a piece; returns the whole text so far, without what is held back."""
        text = self._held + piece
        cut = unfinished(text)
        self.whole += neutral(text[:cut], self._count)
        self._held = text[cut:]
        return self.whole

    def end(self) -> str:
        """The whole text, nothing held back any more."""
        self.whole += neutral(self._held, self._count)
        self._held = ""
        return self.whole
