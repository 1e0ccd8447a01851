"""The manual method: sections below their headings, as instructions are divided (contract 7.3, manual)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from ingest.blocks import Block, Draft
from ingest.chunk import sources
from ingest.chunk.bullets import family_of
from ingest.chunk.hierarchy import Line, ranked, sections
from ingest.chunk.job import Job
from ingest.chunk.merge import draft, merged, tables_first
from ingest.chunk.outlines import levelled
from ingest.parse.pdf_headings import outline
from ingest.tokens import count

FEWEST_TOKENS, MOST_TOKENS = 32, 1_024
_FEWEST_HEADINGS = 2


def drafts(job: Job) -> Iterator[Draft]:
    """Tables first, then the sections; raises Unreadable for a form other than docx and pdf."""
    form = sources.form_of(job, ("docx", "pdf"))
    if form is None:
        return
    lines = yield from tables_first(sources.lines(job, form))
    yield from _by_headings(lines) if form == "docx" else _by_sections(_ranked(job, lines))


def _by_headings(lines: Iterable[Block]) -> Iterator[Draft]:
    """The text under each heading, below the headings that lead to it."""
    for section in sections(ranked(lines, None)):
        if section.headings:
            yield section.draft(section.bodies)
        else:
            yield from merged(section.bodies, limit=MOST_TOKENS, joint="\n")


def _ranked(job: Job, lines: Sequence[Block]) -> list[Line]:
    """The lines with their depths, by the file's outline where it fits, else by their looks, else by how headings are numbered."""
    outlined = levelled(lines, outline(job.path))
    if outlined is not None:
        return ranked(outlined, None)
    looks_told = sum(line.level > 0 for line in lines) >= _FEWEST_HEADINGS
    return ranked(lines, None if looks_told else family_of([line.text for line in lines]))


def _by_sections(lines: Sequence[Line]) -> Iterator[Draft]:
    """Lines until there are enough tokens: few of any section, more of one; a section begins at the most frequent depth or above."""
    depths = Counter(line.depth for line in lines if not line.is_body)
    dominant = max(depths, key=lambda depth: (depths[depth], -depth), default=-1)
    together: list[Block] = []
    tokens, is_new = 0, False
    for line in lines:
        is_new |= line.depth <= dominant
        if together and (tokens >= MOST_TOKENS or (is_new and tokens >= FEWEST_TOKENS)):
            yield draft(together, joint="\n")
            together, tokens = [], 0
        is_new = is_new and bool(together)
        together.append(line.block)
        tokens += count(line.block.text)
    if together:
        yield draft(together, joint="\n")
