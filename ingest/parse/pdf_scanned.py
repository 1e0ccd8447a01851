"""Pages of a PDF that are read as pictures."""

from __future__ import annotations

from statistics import median
from typing import Any

import pypdfium2

from ingest.blocks import Position
from ingest.parse import ocr
from ingest.parse.layout import Segment, columns_in_order
from ingest.parse.pdf_sheet import Part, position
from ingest.parse.pdf_text import Box

_LEAST, _MOST = 0.7, 1.35


def scanned(page: Any, number: int) -> list[Part]:
    """Columns of the lines that are read on page `number` (from 1); none where it cannot be drawn."""
    scale = ocr.page_scale(*page.get_size())
    try:
        bitmap = page.render(scale=scale)
    except (pypdfium2.PdfiumError, ValueError):
        return []
    try:
        reading = ocr.read(bitmap.to_pil())
    finally:
        bitmap.close()

    def place(box: Box) -> Position:
        return position(number, tuple(side / scale for side in reading.as_given(tuple(side * scale for side in box))))

    usual = median(line.bottom - line.top for line in reading.lines) if reading.lines else 0.0
    segments = [
        Segment(line.text, *(side / scale for side in (line.left, line.top, line.right, line.bottom)), size=_size(line, usual) / scale)
        for line in reading.lines
    ]
    return [Part(rows, place) for rows in columns_in_order(segments)]


def _size(line: ocr.Line, usual: float) -> float:
    """The height of a line; that of most where it differs little, as boxes that are seen differ by the letters in them."""
    height = line.bottom - line.top
    return usual if _LEAST * usual <= height <= _MOST * usual else height
