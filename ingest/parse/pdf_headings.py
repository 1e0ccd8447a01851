"""Which paragraphs of a PDF are headings, and how deep: by its outline, else by size and weight."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

import pypdfium2

from ingest.parse.pdf_open import opened
from ingest.parse.pdf_paragraphs import Paragraph
from ingest.parse.pdf_sheet import Sheet

_LONGEST = 160  # characters of a heading
_LETTERS = 0.5  # of its characters at least
_FEWEST = 4  # letters, where one is not a word
_SHOUTED = (6, 50)  # characters of a line in capitals
_MOST_LINES = 3
_MOST_ENTRIES = 5_000
_DEEPEST = 6
_RATIOS = ((1.7, 1), (1.35, 2), (1.12, 3))
"""From how many times the size of the body a heading has which level."""
_BOLD_LEVEL = 4
_SENTENCE = re.compile(r"[.,;。；，]$")
_NUMBERED = re.compile(r"\d{1,2}(\.\d{1,2})*\.?\s")
_KEY = re.compile(r"[\W\d_]+")


@dataclass(frozen=True, slots=True)
class Heading:
    """An entry of a PDF's outline; pages and levels count from 1."""

    title: str
    level: int
    page: int


def outline(path: Path) -> list[Heading]:
    """The outline of a PDF; empty when it has none. Raises Unreadable for a file that cannot be opened."""
    with opened(path) as document:
        try:
            return [heading for entry in islice(document.get_toc(max_depth=_DEEPEST), _MOST_ENTRIES) if (heading := _heading(entry))]
        except (pypdfium2.PdfiumError, UnicodeDecodeError, ValueError):
            return []


def _heading(entry: Any) -> Heading | None:
    target, title = entry.get_dest(), " ".join(entry.get_title().split())
    index = target.get_index() if target else None
    return Heading(title, entry.level + 1, index + 1) if title and index is not None else None


class Headings:
    """Knows the size of the body, as far as it has been seen, and which sizes the outline gave which level."""

    def __init__(self, entries: Iterable[Heading]) -> None:
        self._sizes: Counter[float] = Counter()
        self._bold: Counter[bool] = Counter()
        self._by_size: dict[tuple[float, bool], int] = {}
        self._entries: dict[str, list[Heading]] = {}
        for entry in entries:
            self._entries.setdefault(_key(entry.title), []).append(entry)

    def look_at(self, sheet: Sheet) -> None:
        """Count the sizes of a page's lines."""
        for row in (row for part in sheet.parts for row in part.rows if row.piece is None):
            self._sizes[round(row.size * 2) / 2] += len(row.text)
            self._bold[row.is_bold] += len(row.text)

    @property
    def body(self) -> float:
        """The size of most of the text so far."""
        return self._sizes.most_common(1)[0][0] if self._sizes else 0.0

    def levelled(self, paragraph: Paragraph) -> Paragraph:
        """The paragraph with its level: 0 for what is no heading."""
        if paragraph.is_row or len(paragraph.lines) > _MOST_LINES:
            return paragraph
        text = paragraph.text
        letters = sum(map(str.isalpha, text))
        if len(text) > _LONGEST or letters < _LETTERS * len(text) or (letters < _FEWEST and text.isascii()):
            return paragraph
        return replace(paragraph, level=self._level(paragraph, text))

    def _level(self, paragraph: Paragraph, text: str) -> int:
        look = round(paragraph.size), paragraph.is_bold
        for entry in self._entries.get(_key(text), ()):
            if abs(entry.page - paragraph.page) <= 1:
                self._by_size.setdefault(look, entry.level)
                return entry.level
        if _SENTENCE.search(text) and not _NUMBERED.match(text):
            return 0
        ratio = paragraph.size / self.body if self.body else 1.0
        is_shouted = text.isupper() and len(paragraph.lines) == 1 and _SHOUTED[0] <= len(text) <= _SHOUTED[1]
        stands_out = ratio >= _RATIOS[-1][0] or is_shouted or (paragraph.is_bold and ratio > 0.95 and self._bold[False] > self._bold[True])
        if not stands_out:
            return 0
        known = self._by_size.get(look)
        return known or next((level for least, level in _RATIOS if ratio >= least), _BOLD_LEVEL)


def _key(text: str) -> str:
    return _KEY.sub("", text).casefold()
