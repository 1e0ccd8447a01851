"""PDF files with text, page by page: memory holds one page at a time, however many there are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pypdfium2
from pypdfium2 import raw

from ingest.blocks import Block, Picture, Position, Unreadable
from ingest.parse.archive import DAMAGED
from ingest.parse.layout import Segment, lines_in_order
from ingest.parse.pdf_tables import Table, tables
from ingest.parse.pdf_text import Box, Frame, page_text, rejoined
from ingest.parse.pictures import jpeg

SCANNED = "The file holds only scanned pages or pictures, without text; scanned pages are not supported yet."
_REOPEN_AFTER = 100
"""Pages after which the file is opened anew, as PDFium keeps what it has once read."""
_PICTURE_SIDE = 1_000


@dataclass(frozen=True, slots=True)
class Page:
    """A page: `number` from 1 of `total`, its size in points as shown; `is_blank` when it shows no text that can be read."""

    number: int
    total: int
    size: tuple[int, int]
    lines: list[Block]
    tables: list[Block]
    is_blank: bool
    is_empty: bool
    picture: Picture | None = None

    def as_one_block(self) -> Block:
        """Its text as one block that has the whole page as position."""
        position = (self.number, 0, self.size[0], 0, self.size[1])
        text = "\n".join(block.text for block in (*self.tables, *self.lines))
        return Block(text, position=position, picture=self.picture)


def pages(path: Path, *, wants: Callable[[int], bool], find_tables: bool, draw: bool = False) -> Iterator[Page]:
    """The pages wanted, in order; with `draw` each has its picture.

    Raises Unreadable for a file that cannot be opened, and at the end for one whose pages all show something, but no text.
    """
    seen_text = seen_marks = False
    for document, index, total in _opened(path, wants):
        page = _page(document, index, total, find_tables=find_tables, draw=draw)
        seen_text |= not page.is_blank
        seen_marks |= not page.is_empty
        yield page
    if seen_marks and not seen_text:
        raise Unreadable(SCANNED)


def _opened(path: Path, wants: Callable[[int], bool]) -> Iterator[tuple[Any, int, int]]:
    document = _open(path)
    try:
        total = len(document)
        wanted = (index for index in range(total) if wants(index + 1))
        for count, index in enumerate(wanted):
            if count and count % _REOPEN_AFTER == 0:
                document.close()
                document = _open(path)
            yield document, index, total
    finally:
        document.close()


def _open(path: Path) -> Any:
    try:
        return pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError as error:
        if raw.FPDF_GetLastError() == raw.FPDF_ERR_PASSWORD:
            raise Unreadable("The file is protected by a password. Save a copy without one and upload that.") from error
        raise Unreadable(DAMAGED) from error


def _page(document: Any, index: int, total: int, *, find_tables: bool, draw: bool) -> Page:
    try:
        page = document[index]
    except pypdfium2.PdfiumError:
        return Page(index + 1, total, (0, 0), [], [], is_blank=True, is_empty=True)
    try:
        frame = Frame(page.get_rotation() // 90, page.get_bbox())
        lines, found = _content(document, index, page, frame, find_tables=find_tables)
        width, height = frame.size
        is_empty = not lines and not found and raw.FPDFPage_CountObjects(page) == 0
        picture = _drawn(page) if draw else None
        size = (round(width), round(height))
        return Page(index + 1, total, size, lines, found, not lines and not found, is_empty, picture)
    finally:
        page.close()


def _content(document: Any, index: int, page: Any, shown: Frame, *, find_tables: bool) -> tuple[list[Block], list[Block]]:
    """Lines outside tables, and tables."""
    try:
        textpage = page.get_textpage()
    except pypdfium2.PdfiumError:
        return [], []
    try:
        text = page_text(textpage, shown.page)
        if not text.is_readable:
            return [], []
        # Rows of a table that lies on its side would be read as columns.
        is_upright = bool(text.groups) and text.groups[0][0].quarters == shown.quarters
        found = tables(document, index, textpage, shown) if find_tables and is_upright else []
        lines = [
            _block(index, line, frame, shown)
            for frame, segments in text.groups
            for line in rejoined(lines_in_order(_outside(segments, found, frame, shown)))
        ]
        return lines, [Block(table.html, is_table=True, position=_position(index, table.box)) for table in found]
    finally:
        textpage.close()


def _outside(segments: list[Segment], found: list[Table], frame: Frame, shown: Frame) -> Iterator[Segment]:
    for segment in segments:
        left, top, right, bottom = _as_shown(segment, frame, shown)
        x, y = (left + right) / 2, (top + bottom) / 2
        if not any(box[0] <= x <= box[2] and box[1] <= y <= box[3] for box in (table.box for table in found)):
            yield segment


def _as_shown(segment: Segment, frame: Frame, shown: Frame) -> Box:
    return shown.shown(frame.stored((segment.left, segment.top, segment.right, segment.bottom)))


def _block(index: int, line: Segment, frame: Frame, shown: Frame) -> Block:
    return Block(line.text, position=_position(index, _as_shown(line, frame, shown)))


def _position(index: int, box: Box) -> Position:
    left, top, right, bottom = (max(0, round(side)) for side in box)
    return index + 1, left, right, top, bottom


def _drawn(page: Any) -> Picture | None:
    """The page as a picture; None where it has no area to draw."""
    try:
        bitmap = page.render(scale=min(2.0, _PICTURE_SIDE / max(*page.get_size(), 1)))
    except (pypdfium2.PdfiumError, ValueError):
        return None
    try:
        return jpeg(bitmap.to_pil())
    finally:
        bitmap.close()
