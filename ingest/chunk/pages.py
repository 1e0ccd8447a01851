"""PDFs for the chunk methods: blocks in reading order, the general method's chunks, and pictures of places (contract 4.3, 7.1)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

from ingest.blocks import Block, Draft
from ingest.chunk.job import Job
from ingest.chunk.merge import draft, merged
from ingest.pace import Pace
from ingest.parse import pdf
from ingest.parse.pdf_camera import Camera
from ingest.parse.pdf_flow import PageItems
from ingest.parse.pdf_paragraphs import Paragraph, continued, united
from ingest.tokens import count


def drafts(job: Job) -> Iterator[Draft]:
    """Chunks of a PDF with their places: tables and figures of each window of pages before its text (7.1); `Plain Text` is one run of lines."""
    if not job.options.find_tables:
        yield from merged(blocks(job), limit=job.options.chunk_tokens, joint="\n")
        return
    for pages in _windows(job, None):
        items = [item for page in pages for item in page.items]
        yield from (draft([item.block()], joint="") for item in items if not isinstance(item, Paragraph))
        pieces = (piece for item in items if isinstance(item, Paragraph) for piece in _pieces(item, job.options.chunk_tokens))
        yield from merged(pieces, limit=job.options.chunk_tokens, joint="\n")


def blocks(job: Job, *, window: int | None = None) -> Iterator[Block]:
    """All of a PDF in reading order: headings, paragraphs, tables and figures; in `Plain Text` the lines of each page."""
    for pages in _windows(job, window):
        for page in pages:
            yield from _blocks(page, job)


def illustrated(job: Job, drafts: Iterator[Draft]) -> Iterator[Draft]:
    """Drafts with the picture of exactly the places they name, where they have no other."""
    with Camera(job.path) as camera:
        for chunk in drafts:
            picture = camera.picture(chunk.positions) if chunk.image is None else None
            yield replace(chunk, image=picture.data, image_kind=picture.kind) if picture else chunk


def _pieces(paragraph: Paragraph, limit: int) -> Iterator[Block]:
    """The paragraph whole, or one of more than `limit` tokens by its sentences: a piece is never cut again (7.2)."""
    whole = paragraph.block()
    if count(whole.text) <= limit:
        yield whole
        return
    held: list[Block] = []
    for sentence in paragraph.sentences():
        if held and sum(count(block.text) for block in held) + count(sentence.text) > limit:
            yield _joined(held)
            held = []
        held.append(sentence)
    yield _joined(held)


def _joined(sentences: list[Block]) -> Block:
    text = sentences[0].text
    for sentence in sentences[1:]:
        text = continued(text, sentence.text)
    first, *more = united(place for sentence in sentences for place in sentence.positions)
    return Block(text, position=first, more=tuple(more))


def _windows(job: Job, window: int | None) -> Iterator[list[PageItems]]:
    options, pace = job.options, Pace()

    def seen(number: int, total: int) -> None:
        told = pace.read(number, of=total)
        if told:
            job.report(*told)

    pages = pdf.pages(job.path, wants=options.wants_page, layout=options.find_tables, seen=seen)
    while found := list(islice(pages, window or options.page_window)):
        yield found
        first, last = found[0].sheet, found[-1].sheet
        job.report(*pace.at(first.number, last.number, "text extracted", of=last.total, pages=len(found)))


def _blocks(page: PageItems, job: Job) -> list[Block]:
    return [item.block() for item in page.items] if job.options.find_tables else pdf.lines(page.sheet)
