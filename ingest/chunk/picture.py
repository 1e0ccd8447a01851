"""The picture method: the text of an image as one chunk (contract 7.3, picture)."""

from __future__ import annotations

from collections.abc import Iterator

from ingest.blocks import Block, Draft
from ingest.chunk.job import Job
from ingest.chunk.merge import draft
from ingest.kinds import extension
from ingest.pace import Pace
from ingest.parse import image, ocr, sniff
from ingest.parse.layout import Segment, columns_in_order
from ingest.parse.pictures import MAX_STACKED, jpeg


def drafts(job: Job) -> Iterator[Draft]:
    """One chunk with all text that the image shows, its pages as positions and as picture; none when it shows no text."""
    form = sniff.form_of(job.path, job.name)
    if form is None:
        return
    if form != "image":
        raise sniff.not_supported(form, named=extension(job.name))
    blocks = list(_pages(job))
    if any(block.text for block in blocks):
        yield draft(blocks, joint="\n")


def _pages(job: Job) -> Iterator[Block]:
    pace = Pace()
    for frame in image.frames(job.path):
        width, height = frame.size
        picture = jpeg(frame.image) if frame.number <= MAX_STACKED else None
        yield Block(_text(ocr.read(frame.image)), position=(frame.number, 0, width, 0, height), picture=picture)
        job.report(*pace.at(frame.number, frame.number, "text recognized", of=frame.total))


def _text(reading: ocr.Reading) -> str:
    segments = [Segment(line.text, line.left, line.top, line.right, line.bottom) for line in reading.lines]
    return "\n".join(row.text for rows in columns_in_order(segments) for row in rows)
