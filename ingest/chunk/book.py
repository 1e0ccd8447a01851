"""The book method: paragraphs under their chapters, or merged where there are no chapters (contract 7.3, book)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from ingest.blocks import Block, Draft
from ingest.chunk import sources
from ingest.chunk.bullets import family_of
from ingest.chunk.contents import without_contents
from ingest.chunk.hierarchy import paths, ranked
from ingest.chunk.job import Job
from ingest.chunk.merge import merged, tables_first

CHUNK_TOKENS = 256
_TITLE_WITH_COLON = re.compile(r"[^\s.,;!?。，；！？:：]+(?: [^\s.,;!?。，；！？:：]+){0,7}[:：]$")
_LONGEST_TITLE = 40
_LOWEST = 9  # of headings


def drafts(job: Job) -> Iterator[Draft]:
    """Tables first, then each paragraph with its headings above it; raises Unreadable for a form that is no book's."""
    form = sources.form_of(job, sources.BOOKS)
    if form is None:
        return
    lines = yield from tables_first(sources.lines(job, form))
    yield from _text(without_contents(lines), is_authored=form in sources.AUTHORED)


def _text(lines: Sequence[Block], *, is_authored: bool) -> Iterator[Draft]:
    family = family_of([line.text for line in lines])
    if family is None:
        yield from merged(lines, limit=CHUNK_TOKENS, joint="\n")
    else:
        yield from paths(ranked([_titled(line) for line in lines], family, is_authored=is_authored))


def _titled(line: Block) -> Block:
    """The line, as a heading of the lowest level when it announces what follows it."""
    is_title = len(line.text) <= _LONGEST_TITLE and not line.level and _TITLE_WITH_COLON.match(line.text)
    return replace(line, level=_LOWEST) if is_title else line
