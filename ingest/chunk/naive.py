"""The general method: pieces of any text or office format, merged greedily (contract 7.3, naive)."""

from __future__ import annotations

from collections.abc import Iterator

from ingest.blocks import Block, Draft
from ingest.chunk import pages
from ingest.chunk.job import Job
from ingest.chunk.merge import Joint, gap, merged, tables_first
from ingest.chunk.sources import READERS
from ingest.kinds import extension
from ingest.parse import sniff

_STREAMED = frozenset(("text", "csv", "sheet", "json", "xml"))
"""Forms of lines without tables, which need not be held until the tables have gone ahead."""


def drafts(job: Job) -> Iterator[Draft]:
    """Chunks of a file: its tables first, then its text; raises Unreadable for a format that is not its own."""
    form = sniff.form_of(job.path, job.name)
    if form is None:
        return
    if form == "pdf":
        yield from pages.drafts(job)
        return
    if form not in READERS:
        raise sniff.not_supported(form, named=extension(job.name))
    blocks = READERS[form](job)
    # The delimiters of a plain text are gone (7.2); other formats keep their lines apart.
    yield from arranged(blocks, job, joint=gap if form == "text" else "\n", is_streamed=form in _STREAMED and not job.options.html_rows)


def arranged(blocks: Iterator[Block], job: Job, *, joint: Joint = "\n", is_streamed: bool = False) -> Iterator[Draft]:
    """Tables as chunks of their own, before the merged text (7.1)."""
    lines = blocks if is_streamed else (yield from tables_first(blocks))
    yield from merged(lines, limit=job.options.chunk_tokens, joint=joint)
