"""Pages of a PDF that are read as pictures."""

from __future__ import annotations

from typing import Any

import pypdfium2

from ingest.blocks import Position
from ingest.parse import ocr
from ingest.parse.layout import Segment, columns_in_order
from ingest.parse.pdf_sheet import Part, position
from ingest.parse.pdf_text import Box


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

    segments = [Segment(line.text, *(side / scale for side in (line.left, line.top, line.right, line.bottom))) for line in reading.lines]
    return [Part(rows, place) for rows in columns_in_order(segments)]
