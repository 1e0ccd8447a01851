"""Tables of contents, which repeat headings and say nothing else (contract 7.3, book and laws)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from ingest.blocks import Block

_TITLE = re.compile(r"\s*(?:table\s+of\s+contents|contents|目\s*[录錄次])\s*[:：]?\s*$", re.IGNORECASE)
_DOTS = re.compile(r"(?:[.…·⋯‥]\s*+){3,}+[0-9ivxlc]+\s*$", re.IGNORECASE)
_TABBED = re.compile(r"[\t_]\s*(?:[0-9a-z]{1,2}-)?[0-9ivxlc]+\s*$", re.IGNORECASE)
_PAGE = re.compile(r"[.…·⋯‥_\s]*+(?:[0-9]{1,2}-)?[0-9]*\s*$")
_LONGEST = 200  # characters of an entry
_FEWEST = 3
_MOST_BETWEEN = 2
"""Lines in a row that no table of contents is taken to end with: a heading may be spelled differently in it."""


def without_contents(blocks: Sequence[Block]) -> list[Block]:
    """The blocks but those of a table of contents: after its title, what leads to a page or stands again further on.

    Without a title, lines that lead to pages by dots are one when three or more follow each other.
    """
    last = {_heading(block.text): number for number, block in enumerate(blocks)}
    kept: list[Block] = []
    number = 0
    while number < len(blocks):
        end = _end(blocks, number, last)
        if end == number:
            kept.append(blocks[number])
        number = max(end, number + 1)
    return kept or list(blocks)


def _end(blocks: Sequence[Block], start: int, last: Mapping[str, int]) -> int:
    """The block after the table of contents that begins here; `start` when none does."""
    if _TITLE.match(blocks[start].text):
        return _entries_end(blocks, start + 1, last)
    end = start
    while end < len(blocks) and len(blocks[end].text) <= _LONGEST and _DOTS.search(blocks[end].text):
        end += 1
    return end if end - start >= _FEWEST else start


def _entries_end(blocks: Sequence[Block], start: int, last: Mapping[str, int]) -> int:
    """The block after the last entry: before the first ones come again, a long line, or a few lines that are no entries."""
    end = start
    first: list[str] = []
    for number in range(start, len(blocks)):
        text = blocks[number].text
        heading = _heading(text)
        if len(text) > _LONGEST or heading in first:
            break
        if _DOTS.search(text) or _TABBED.search(text) or (heading and last[heading] > number):
            end = number + 1
            first += [heading] if heading and len(first) < _FEWEST else []
        elif number - end >= _MOST_BETWEEN:
            break
    return end


def _heading(text: str) -> str:
    """A heading as it stands in both places."""
    return "".join(filter(str.isalnum, _PAGE.sub("", text[:_LONGEST]).lower()))
