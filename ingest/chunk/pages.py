"""PDF pages by the general method: windows of pages, each with its tables before its text (contract 4.3, 7.1)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from ingest.blocks import Draft
from ingest.chunk.job import Job
from ingest.chunk.merge import draft, merged
from ingest.parse import pdf


def drafts(job: Job) -> Iterator[Draft]:
    """Chunks of a PDF with their boxes; `Plain Text` reads it as one run of lines, without looking for tables."""
    options = job.options
    pages = _reported(job, pdf.pages(job.path, wants=options.wants_page, find_tables=options.find_tables))
    if not options.find_tables:
        yield from merged((line for page in pages for line in page.lines), limit=options.chunk_tokens, joint="\n")
        return
    while window := list(islice(pages, options.page_window)):
        for page in window:
            yield from (draft([table], joint="") for table in page.tables)
        lines = (line for page in window for line in page.lines)
        yield from merged(lines, limit=options.chunk_tokens, joint="\n")
        _say(job, window[0], window[-1])


def _reported(job: Job, pages: Iterator[pdf.Page]) -> Iterator[pdf.Page]:
    for page in pages:
        if page.is_blank and not page.is_empty:
            job.report(page.number / page.total, f"Page({page.number}~{page.number}): no text to read, skipped")
        yield page


def _say(job: Job, first: pdf.Page, last: pdf.Page) -> None:
    job.report(last.number / last.total, f"Page({first.number}~{last.number}): text extracted")
