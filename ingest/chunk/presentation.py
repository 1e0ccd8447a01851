"""The presentation method: one chunk per slide or page (contract 7.3, presentation)."""

from __future__ import annotations

from collections.abc import Iterator

from ingest.blocks import Draft
from ingest.chunk.job import Job
from ingest.chunk.merge import draft
from ingest.parse import pdf, pptx, sniff


def drafts(job: Job) -> Iterator[Draft]:
    """Chunks of slides or of PDF pages, each with its whole page as position; PDF pages also as picture."""
    form = sniff.form_of(job.path, job.name)
    if form == "pptx":
        yield from _slides(job)
    elif form == "pdf":
        yield from _pages(job)
    elif form is not None:
        raise sniff.not_supported(form)


def _slides(job: Job) -> Iterator[Draft]:
    for number, total, block in pptx.blocks(job.path):
        job.report(number / total, f"Page({number}~{number}): slide read")
        yield draft([block], joint="")


def _pages(job: Job) -> Iterator[Draft]:
    for page in pdf.pages(job.path, wants=job.options.wants_page, find_tables=False, draw=True):
        job.report(page.number / page.total, f"Page({page.number}~{page.number}): page read")
        yield draft([page.as_one_block()], joint="")
