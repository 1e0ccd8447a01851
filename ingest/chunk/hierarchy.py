"""The hierarchical merge: every line of a text under the headings that lead to it (contract 7.3)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from ingest.blocks import Block, Draft
from ingest.chunk.bullets import NAMED, Family, depth_in
from ingest.chunk.merge import draft, merged

ORPHAN_TOKENS = 218
_BODY = 1_000  # deeper than any heading
_LOWEST_LEVEL = 100  # deeper than any heading that an author marks
_FEWEST_MARKED = 2


@dataclass(frozen=True, slots=True)
class Line:
    """A block and how deep it stands, 0 the outermost."""

    block: Block
    depth: int

    @property
    def is_body(self) -> bool:
        """Whether it is no heading."""
        return self.depth >= _BODY


def ranked(blocks: Sequence[Block], family: Family | None, *, is_authored: bool = False) -> list[Line]:
    """Each block with its depth: numbered headings as their family has them, headings by their looks below, body text last.

    Where the author has marked headings (`is_authored`), those come first, and only lines that are called something
    (an article, a chapter) are further ones below them: numbers alone are lists then.
    """
    if is_authored and sum(block.level > 0 for block in blocks) >= _FEWEST_MARKED:
        named = family if family in NAMED else ()
        return [Line(block, _marked_depth(block, named or ())) for block in blocks]
    return [Line(block, _depth(block, family or ())) for block in blocks]


def _marked_depth(block: Block, family: Family) -> int:
    if block.level:
        return block.level - 1
    numbered = depth_in(family, block.text)
    return _BODY if numbered is None else _LOWEST_LEVEL + numbered


def _depth(block: Block, family: Family) -> int:
    numbered = depth_in(family, block.text)
    if numbered is not None:
        return numbered
    return len(family) + block.level - 1 if block.level else _BODY


def paths(lines: Iterable[Line]) -> Iterator[Draft]:
    """Each body line below its headings, the outermost first; lines without any are collected up to a size.

    A heading with nothing below it stands with its own headings.
    """
    orphans: list[Block] = []
    for section in sections(lines):
        if section.headings:
            yield from merged(orphans, limit=ORPHAN_TOKENS, joint="\n")
            orphans = []
            for body in section.bodies or [None]:
                yield section.draft([body] if body else [])
        else:
            orphans += section.bodies
    yield from merged(orphans, limit=ORPHAN_TOKENS, joint="\n")


class Section:
    """Headings from the outermost inwards, and the body lines directly below the innermost."""

    def __init__(self, headings: Sequence[Block], fresh: int) -> None:
        self.headings = headings
        self.bodies: list[Block] = []
        self._fresh = fresh  # as many of the last headings were in no section before

    def draft(self, bodies: Sequence[Block]) -> Draft:
        """A chunk of the headings and these lines; it has the place of those headings only that no chunk had before."""
        known = len(self.headings) - self._fresh
        placed = [replace(heading, position=None, more=(), picture=None) for heading in self.headings[:known]]
        fresh, self._fresh = self.headings[known:], 0
        return draft([*placed, *fresh, *bodies], joint="\n")


def sections(lines: Iterable[Line]) -> Iterator[Section]:
    """The text cut at its headings, those without any lines of their own left out unless nothing is below them."""
    path: list[Line] = []
    fresh = 0
    section = Section([], 0)
    for line in lines:
        if line.is_body:
            section.bodies.append(line.block)
            fresh = 0
            continue
        is_below = bool(path) and line.depth > path[-1].depth
        if section.bodies or (path and not is_below):
            yield section
            fresh = 0
        path = [above for above in path if above.depth < line.depth] + [line]
        fresh += 1
        section = Section([above.block for above in path], min(fresh, len(path)))
    if section.headings or section.bodies:
        yield section
