"""Citation markers: one neutral form inside, `[ID:n]`, read from what models write and written as clients know it."""

from __future__ import annotations

import re

_NUMBER = re.compile(r"\d+")
# What models make of the form they are asked for (RAGFlow v1 contract 6 step 10): (ID: 3), [ID:1, ID:2], 【3】, ##3$$, $$3$$, ref 3.
# Every repeat keeps what it took: a text of brackets and blanks must not be tried in all ways.
_LIST = r"\s*+\d++(?:\s*+[,，、;]\s*+(?:ID)?+\s*+[:：]?+\s*+\d++)*+\s*+"
_MARKER = rf" ?(?:[\[(【]\s*+IDs?+\s*+[:：]?+{_LIST}[\])】]|【{_LIST}】|##(?:ID[:：]?+)?+\s*+\d++\s*+\$\$|\$\$\s*+\d++\s*+\$\$|\bref\s*+\d++\b)"
# The end of a text that may become a marker, with the space before it, or that may open or close code.
_UNFINISHED = re.compile(
    r"(?: ?(?:[\[(【][\sIDs:：\d,，、;]{0,40}|#{1,2}[ID:\s]{0,4}\d*\s?\$?|(?<![\d$])\${1,2}\s?\d*\s?\$?|\b(?:r|re|ref\s?\d*))?"
    r"|(?<!`)(?:``|`[^`\n]{0,100})|</?(?:t|th|thi|thin|think)?)$",
    re.IGNORECASE,
)
FENCE = "```"
_INLINE = r"(?<!`)`[^`\n]{1,100}`"
# Code is text as it stands. That which is fenced goes to its fence, or to the end of the reasoning it is in.
_CODE = rf"(?P<fence>{FENCE}).*?(?:(?P<close>{FENCE}|</think>)|\Z)|{_INLINE}"
_PLACE = re.compile(rf"{_CODE}|(?P<marker>{_MARKER})", re.IGNORECASE | re.DOTALL)
_CITED = re.compile(rf"{_CODE}| ?\[ID:(?P<number>\d+)\]", re.DOTALL)
MOST = 4  # markers in a row (legacy contract 6.4.5)


def neutral(text: str, count: int) -> str:
    """The text with the markers of given passages (n < count) as ` [ID:n]`; code stays as it is.

    `[ID:n]` and `##n$$` of others are left out, all else that may look like a marker stays. Of markers in a row each is
    there once, and there are four at most (decisions B23).
    """
    stream = Stream(count)
    stream.add(text)
    return stream.end()


def unfinished(text: str) -> int:
    """Where the end of the text begins that may still become a marker; the text's length when there is none."""
    begin = max((found.end() for found in re.finditer(_INLINE, text)), default=0)
    found = _UNFINISHED.search(text, begin)
    return found.start() if found else len(text)


def cited(text: str) -> list[int]:
    """The numbers of the neutral markers outside code, each once, in the order of the text."""
    return list(dict.fromkeys(int(found["number"]) for found in _CITED.finditer(text) if found["number"]))


def ragflow_markers(text: str) -> str:
    """The text with its neutral markers as RAGFlow's clients know them, ` ##n$$`; code is left as it is."""
    return _CITED.sub(lambda found: f" ##{found['number']}$$" if found["number"] else found[0], text)


def without_markers(text: str) -> str:
    """The text without markers of either form, as it stands in a history."""
    return re.sub(r" ?(?:##\d+\$\$|\[ID:\d+\])", "", text)


def marker(number: int) -> str:
    """The neutral marker of a passage."""
    return f" [ID:{number}]"


class Stream:
    """A text as it comes, its markers neutral; what may become one is held back until it is one or is none."""

    def __init__(self, count: int) -> None:
        self.whole = ""
        self._count = count
        self._held = ""
        self._in_code = False
        self._row: list[int] = []  # the markers that the text ends with

    def add(self, piece: str) -> str:
        """Take a piece; returns the whole text so far, without what is held back."""
        text = self._held + piece
        cut = unfinished(text)
        self.whole += self._read(text[:cut])
        self._held = text[cut:]
        return self.whole

    def end(self) -> str:
        """The whole text, nothing held back any more."""
        self.whole += self._read(self._held)
        self._held = ""
        return self.whole

    def _read(self, text: str) -> str:
        opener = FENCE if self._in_code else ""
        self._in_code = False
        read, done = [], 0
        for found in _PLACE.finditer(opener + text):
            read.append(self._prose(found.string[done : found.start()]))
            read.append(self._marker(found[0]) if found["marker"] else self._code(found))
            done = found.end()
        read.append(self._prose((opener + text)[done:]))
        return "".join(read)[len(opener) :]

    def _prose(self, text: str) -> str:
        if text.strip():
            self._row = []
        return text

    def _code(self, found: re.Match[str]) -> str:
        self._in_code = bool(found["fence"] and not found["close"])
        return self._prose(found[0])

    def _marker(self, found: str) -> str:
        numbers = dict.fromkeys(int(number) for number in _NUMBER.findall(found)[:32] if len(number) < 6)
        known = [number for number in numbers if number < self._count]
        if not known:
            return self._prose(without_markers(found))
        new = [number for number in known if number not in self._row][: MOST - len(self._row)]
        self._row += new
        return "".join(map(marker, new))
