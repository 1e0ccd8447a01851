"""Tables of contents, which repeat headings and say nothing else (contract 7.3, book and laws)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from ingest.blocks import Block

_TITLE = re.compile(r"\s*(?:table\s+of\s+contents|contents|目\s*[录錄次])\s*[:：]?\s*$", re.IGNORECASE)
_LEADERS = re.compile(r"(?:[.…·⋯‥]\s*+){3,}+[0-9ivxlc]*\s*$|[\t_]\s*[0-9ivxlc]+\s*$", re.IGNORECASE)
_PAGE = re.compile(r"[.…·⋯‥_\s]*+[0-9]*\s*$")
_LONGEST = 300
_FEWEST = 3


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
        entries = range(start + 1, len(blocks))
        return next((number for number in entries if not _is_entry(blocks[number].text, number, last)), len(blocks))
    end = start
    while end < len(blocks) and _leads_to_page(blocks[end].text):
        end += 1
    return end if end - start >= _FEWEST else start


def _is_entry(text: str, number: int, last: Mapping[str, int]) -> bool:
    return _leads_to_page(text) or last[_heading(text)] > number


def _leads_to_page(text: str) -> bool:
    return len(text) <= _LONGEST and _LEADERS.search(text) is not None


def _heading(text: str) -> str:
    """A heading as it stands in both places."""
    return "".join(_PAGE.sub("", text[:_LONGEST]).lower().split())
