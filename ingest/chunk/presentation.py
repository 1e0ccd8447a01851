"""The presentation method: one chunk per slide or page (contract 7.3, presentation)."""

from __future__ import annotations

from collections.abc import Iterator

from ingest.blocks import Draft
from ingest.chunk.job import Job
from ingest.chunk.merge import draft
from ingest.kinds import extension
from ingest.parse import pdf, pptx, sniff


def drafts(job: Job) -> Iterator[Draft]:
    """Chunks of slides or of PDF pages, each with its whole page as position; PDF pages also as picture."""
    form = sniff.form_of(job.path, job.name)
    if form == "pptx":
        yield from _slides(job)
    elif form == "pdf":
        yield from _pages(job)
    elif form is not None:
        raise sniff.not_supported(form, named=extension(job.name))


def _slides(job: Job) -> Iterator[Draft]:
    for number, total, block in pptx.blocks(job.path):
        yield draft([block], joint="")
        _say(job, number, total)


def _pages(job: Job) -> Iterator[Draft]:
    for page in pdf.sheets(job.path, wants=job.options.wants_page, draw=True):
        yield draft([pdf.as_one_block(page)], joint="")
        _say(job, page.number, page.total)


def _say(job: Job, number: int, total: int) -> None:
    window = job.options.page_window
    if number % window == 0 or number == total:
        first = (number - 1) // window * window + 1
        job.report(number / total, f"Page({first}~{number}): text extracted")
