"""The laws method: articles and paragraphs under their parts and chapters (contract 7.3, laws)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ingest.blocks import Block, Draft
from ingest.chunk import sources
from ingest.chunk.bullets import Family, family_of
from ingest.chunk.contents import without_contents
from ingest.chunk.hierarchy import ORPHAN_TOKENS, paths, ranked, sections
from ingest.chunk.job import Job
from ingest.chunk.merge import merged, tables_first


def drafts(job: Job) -> Iterator[Draft]:
    """Tables first, then the text by its divisions; none of a text without any. Raises Unreadable for a form that is no law's."""
    form = sources.form_of(job, sources.BOOKS)
    if form is None:
        return
    lines = yield from tables_first(sources.lines(job, form))
    lines = without_contents(lines)
    family = family_of([line.text for line in lines])
    if form == "docx" and (family or any(line.level for line in lines)):
        yield from _by_headings(lines, family)
    elif family:
        yield from paths(ranked(lines, family, is_authored=form in sources.AUTHORED))
    else:
        job.report(1.0, "No chunk parsed out.")


def _by_headings(lines: Sequence[Block], family: Family | None) -> Iterator[Draft]:
    """Each heading of a Word file, below its own headings, with the text directly under it."""
    for section in sections(ranked(lines, family, is_authored=True)):
        if section.headings:
            yield section.draft(section.bodies)
        else:
            yield from merged(section.bodies, limit=ORPHAN_TOKENS, joint="\n")
