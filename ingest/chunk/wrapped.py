"""Paragraphs of a text whose lines were broken by hand, at the width of a screen or a page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ingest.chunk.bullets import FAMILIES, depth_in

_NARROWEST, _WIDEST = 50, 120
"""Characters of a full line of prose; longer ones are paragraphs already."""
_GOING_ON = 0.6
"""Of the lines that may go on with a sentence, as many begin with a small letter in prose; in lists they do not."""


def unwrapped(lines: Iterable[str]) -> Iterator[str]:
    """Lines without blank ones, those of one paragraph joined; as they stand where the text is not broken by hand.

    A line goes on with the one before when its first word would not have fitted there.
    """
    stripped = [line.strip() for line in lines]
    width = _width(stripped)
    paragraph = ""
    before = ""
    for line in stripped:
        if paragraph and not _continues(before, line, width):
            yield paragraph
            paragraph = ""
        paragraph = f"{paragraph} {line}" if paragraph else line
        before = line
    if paragraph:
        yield paragraph


def _width(lines: Sequence[str]) -> int:
    """Of full lines; 0 where lines are paragraphs, items or verses."""
    lengths = sorted(len(line) for line in lines if line)
    width = lengths[int(len(lengths) * 0.95)] if lengths else 0
    if not _NARROWEST <= width <= _WIDEST:
        return 0
    going_on = [line[0].islower() for before, line in zip(lines, lines[1:], strict=False) if _continues(before, line, width)]
    return width if going_on and sum(going_on) >= _GOING_ON * len(going_on) else 0


def _continues(before: str, line: str, width: int) -> bool:
    if not width or not before or not line:
        return False
    word = line.split(" ", 1)[0]
    return len(before) + 1 + len(word) > width and not any(depth_in(family, line) is not None for family in FAMILIES)
