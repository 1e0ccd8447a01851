"""The presentation method: one chunk per slide or page (contract 7.3, presentation)."""

from __future__ import annotations

from collections.abc import Iterator

from ingest.blocks import Block, Draft
from ingest.chunk.job import Job
from ingest.chunk.merge import draft
from ingest.kinds import extension
from ingest.pace import Pace
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
    return _told(job, pptx.blocks(job.path))


def _pages(job: Job) -> Iterator[Draft]:
    sheets = pdf.sheets(job.path, wants=job.options.wants_page, draw=True)
    return _told(job, ((page.number, page.total, pdf.as_one_block(page)) for page in sheets))


def _told(job: Job, pages: Iterator[tuple[int, int, Block]]) -> Iterator[Draft]:
    """A chunk for each page (its number, how many there are, its text), and word of every window of them or sooner."""
    pace, total = Pace(), 0
    held: list[int] = []
    for number, total, block in pages:
        yield draft([block], joint="")
        held.append(number)
        if len(held) == job.options.page_window or pace.is_silent():
            job.report(*pace.at(held[0], number, "text extracted", of=total, pages=len(held)))
            held = []
    if held:
        job.report(*pace.at(held[0], held[-1], "text extracted", of=total, pages=len(held)))
