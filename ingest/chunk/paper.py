"""The paper method: the abstract, findable by that word, then one chunk for each section (contract 7.3, paper)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from ingest.blocks import Block, Draft
from ingest.chunk import sources
from ingest.chunk.bullets import family_of
from ingest.chunk.hierarchy import ranked
from ingest.chunk.job import Job
from ingest.chunk.merge import draft, tables_first

KEYWORDS = ("abstract", "summary", "summarize", "摘要", "总结", "概括")
_FEWEST_WORDS, _FEWEST_CHARACTERS = 32, 64
_MARKER = re.compile(r"\s*(?:abstract|summary|摘\s*要)(?:\s*$|\s*[.:：—–-]+\s*|\s+(?=[A-Z])|(?<=要))", re.IGNORECASE)
_AFTER = re.compile(
    r"\s*(?:key\s*-?\s*words|index\s+terms|ccs\s+concepts|jel\b|关\s*键\s*[词字]|(?:[0-9IVX]+\.?\s*)?introduction\b|引\s*言|(?:1|一)[、.．\s])", re.IGNORECASE
)
_LOOKED_AT = 60  # first blocks of a paper, among which its abstract is
_LONGEST_ABSTRACT = 8


def drafts(job: Job) -> Iterator[Draft]:
    """Tables and figures first, then the abstract, then title and authors, then the sections; raises Unreadable for all but PDF."""
    form = sources.form_of(job, ("pdf",))
    if form is None:
        return
    lines = yield from tables_first(sources.lines(job, form))
    start, end = _abstract(lines)
    if end > start:
        yield replace(draft(lines[start:end], joint="\n"), important_keywords=KEYWORDS)
    yield from _sections([*lines[:start], *lines[end:]], first=start if end > start else 0)


def _abstract(lines: Sequence[Block]) -> tuple[int, int]:
    """From where to where the abstract goes; both 0 when there is none worth the name."""
    for start, line in enumerate(lines[:_LOOKED_AT]):
        marker = _MARKER.match(line.text)
        if marker:
            end = _end(lines, start, has_text=marker.end() < len(line.text))
            return (start, end) if _is_long(" ".join(part.text for part in lines[start:end])[marker.end():]) else (0, 0)
    return 0, 0


def _end(lines: Sequence[Block], start: int, *, has_text: bool) -> int:
    """Where the abstract that begins here has ended: at the next heading or keywords; at once when it stands in one paragraph."""
    for end in range(start + 1, min(start + _LONGEST_ABSTRACT, len(lines))):
        if lines[end].level or _AFTER.match(lines[end].text):
            return end
        if has_text and _is_long(" ".join(part.text for part in lines[start:end])):
            return end
    return min(start + _LONGEST_ABSTRACT, len(lines))


def _is_long(text: str) -> bool:
    if re.search(r"[\u4e00-\u9fff]", text):
        return len(text) > _FEWEST_CHARACTERS
    return len(text.split()) > _FEWEST_WORDS


def _sections(lines: Sequence[Block], *, first: int) -> Iterator[Draft]:
    """A chunk for what stands before `first`, title and authors, and for each section: from one heading of the most frequent
    level, or of one above it, to the next."""
    family = None if any(line.level for line in lines[first:]) else family_of([line.text for line in lines])
    found = ranked(lines, family)
    depths = Counter(line.depth for line in found[first:] if not line.is_body)
    dominant = max(depths, key=lambda depth: (depths[depth], -depth), default=-1)
    together: list[Block] = []
    for number, line in enumerate(found):
        begins = number == first or (number > first and line.depth <= dominant)
        if together and begins:
            yield draft(together, joint="\n")
            together = []
        together.append(line.block)
    if together:
        yield draft(together, joint="\n")
