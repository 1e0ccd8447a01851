"""Headings told by a file's own outline (contract 7.3, manual)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace

from ingest.blocks import Block
from ingest.parse.pdf_headings import Heading

_FEWEST_PARTS = 0.03
_ALIKE = 0.8
_LONGEST = 200  # characters of a heading


def levelled(lines: Sequence[Block], outline: Sequence[Heading]) -> list[Block] | None:
    """The lines with the levels the outline gives them, 0 for the others; None when too few of them are in it to go by it."""
    entries: dict[str, list[int]] = defaultdict(list)
    for number, heading in enumerate(outline):
        for pair in _pairs(heading.title):
            entries[pair].append(number)
    found = [replace(line, level=_level(line.text, outline, entries)) for line in lines]
    known = sum(line.level > 0 for line in found)
    return found if known > _FEWEST_PARTS * len(found) else None


def _level(text: str, outline: Sequence[Heading], entries: dict[str, list[int]]) -> int:
    pairs = _pairs(text) if len(text) <= _LONGEST else set()
    shared = Counter(number for pair in pairs for number in entries.get(pair, ()))
    for number, common in shared.most_common(1):
        if common > _ALIKE * max(len(pairs), len(_pairs(outline[number].title))):
            return outline[number].level
    return 0


def _pairs(text: str) -> set[str]:
    """The pairs of characters that follow each other, spaces left out."""
    bare = "".join(text.lower().split())
    return {bare[start:start + 2] for start in range(len(bare) - 1)}
