"""PDF files page by page: memory holds a few pages at a time, however many there are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pypdfium2
from pypdfium2 import raw

from ingest.blocks import Block, Position, Unreadable
from ingest.parse.layout import Segment, columns_in_order
from ingest.parse.pdf_aligned import tables_across
from ingest.parse.pdf_camera import picture_of
from ingest.parse.pdf_figures import figures, image_share, is_captioned
from ingest.parse.pdf_flow import PageItems, pages_in_order
from ingest.parse.pdf_headings import Headings, outline
from ingest.parse.pdf_open import each_page
from ingest.parse.pdf_scanned import scanned
from ingest.parse.pdf_sheet import Figure, Part, Sheet, Table, position
from ingest.parse.pdf_tables import tables
from ingest.parse.pdf_text import HYPHEN, Box, Frame, PageText, page_text

Seen = Callable[[int, int], None]
SCANNED = "The file holds only pictures, and no text could be read in them."
_FEW_CHARACTERS = 60
_SCAN = 0.5
"""Share of a page that one image covers at least when the little text over it is no text of the page."""
_PICTURE_SIDE = 1_000


def pages(path: Path, *, wants: Callable[[int], bool], layout: bool, seen: Seen) -> Iterator[PageItems]:
    """The pages wanted, in order, with their items in reading order; without `layout` the lines as they stand, one by one.

    A few pages are `seen` before the first is given out.
    Raises Unreadable for a file that cannot be opened, and at the end for one whose pages all show something, but no text.
    """
    if layout:
        yield from pages_in_order(sheets(path, wants=wants, seen=seen), Headings(outline(path)))
        return
    for sheet in sheets(path, wants=wants, seen=seen, layout=False):
        yield PageItems(sheet, [])


def sheets(
    path: Path, *, wants: Callable[[int], bool], seen: Seen = lambda _number, _total: None, layout: bool = True, draw: bool = False
) -> Iterator[Sheet]:
    """The pages wanted before their text is put together; with `draw` each has its picture. `seen` is told of each that was read."""
    seen_text = seen_marks = False
    for document, index, total in each_page(path, wants):
        sheet = _sheet(document, index, total, layout=layout, draw=draw)
        seen_text |= not sheet.is_blank
        seen_marks |= not sheet.is_empty
        seen(sheet.number, total)
        yield sheet
    if seen_marks and not seen_text:
        raise Unreadable(SCANNED)


def lines(sheet: Sheet) -> list[Block]:
    """The lines of a page as they stand; the rest of a word broken at the end of one moves up to where it begins."""
    rows = [(row.text, part.place(row.box)) for part in sheet.parts for row in part.rows if row.piece is None]
    texts = [text for text, _ in rows]
    for number in range(len(texts) - 1):
        if texts[number].endswith(HYPHEN):
            rest, _, texts[number + 1] = texts[number + 1].partition(" ")
            hyphen = "" if rest[:1].islower() else "-"
            texts[number] = texts[number].rstrip(HYPHEN) + hyphen + rest
    return [Block(text.replace(HYPHEN, "-"), position=place) for text, (_, place) in zip(texts, rows, strict=True) if text]


def as_one_block(sheet: Sheet) -> Block:
    """The text of a page as one block that has the whole page as position."""
    position = (sheet.number, 0, sheet.size[0], 0, sheet.size[1])
    tables = [item.block().text for item in sheet.floats if isinstance(item, Table)]
    return Block("\n".join((*tables, *(line.text for line in lines(sheet)))), position=position, picture=sheet.picture)


def _sheet(document: Any, index: int, total: int, *, layout: bool, draw: bool) -> Sheet:
    try:
        page = document[index]
    except pypdfium2.PdfiumError:
        return Sheet(index + 1, total, is_empty=True)
    try:
        frame = Frame(page.get_rotation() // 90, page.get_bbox())
        width, height = frame.size
        parts, floats = _content(document, index, page, frame, layout=layout)
        is_empty = not parts and not floats and raw.FPDFPage_CountObjects(page) == 0
        picture = picture_of(page, min(2.0, _PICTURE_SIDE / max(width, height, 1))) if draw else None
        return Sheet(index + 1, total, (round(width), round(height)), parts, floats, is_empty, picture)
    finally:
        page.close()


def _content(document: Any, index: int, page: Any, shown: Frame, *, layout: bool) -> tuple[list[Part], list[Table | Figure]]:
    """Columns of lines, and the tables and figures whose places are kept among them."""
    try:
        textpage = page.get_textpage()
    except pypdfium2.PdfiumError:
        return [], []
    try:
        text = page_text(textpage, shown.page)
        if _needs_eyes(page, text, shown):
            return scanned(page, index + 1), []
        if not layout:
            return list(_parts(index, text, shown, [])), []
        # Rows of a table that lies on its side would be read as columns.
        is_upright = bool(text.groups) and text.groups[0][0].quarters == shown.quarters
        found = tables(document, index, textpage, shown) if is_upright else []
        return _with_floats(index, page, text, shown, found)
    finally:
        textpage.close()


def _needs_eyes(page: Any, text: PageText, shown: Frame) -> bool:
    """Whether the page must be read as a picture: its fonts lie, or it is a scan."""
    if not text.is_readable:
        return True
    if text.characters >= _FEW_CHARACTERS:
        return False
    if text.characters == 0:
        return raw.FPDFPage_CountObjects(page) > 0
    return image_share(page, shown) >= _SCAN


def _with_floats(
    index: int, page: Any, text: PageText, shown: Frame, found: list[tuple[Table, Box]]
) -> tuple[list[Part], list[Table | Figure]]:
    floats: list[tuple[Table | Figure, Box]] = list(found)
    if text.groups and text.groups[0][0].quarters == shown.quarters:
        frame, segments = text.groups[0]
        for box in figures(page, shown, segments):
            floats = _with_figure(floats, _figure(index, box, segments), box)
        outside = [segment for segment in segments if not _is_taken(_as_shown(segment, frame, shown), floats)]
        floats += tables_across(outside, partial(_place, index, frame, shown))
    return list(_parts(index, text, shown, floats)), [item for item, _ in floats]


def _with_figure(floats: list[tuple[Table | Figure, Box]], figure: Figure, box: Box) -> list[tuple[Table | Figure, Box]]:
    """A figure that is called one takes the tables within it; any other yields to a table."""
    if figure.has_words:
        return [*((item, other) for item, other in floats if not _lies_in(other, box)), (figure, box)]
    return floats if any(_lies_in(box, other) or _lies_in(other, box) for _, other in floats) else [*floats, (figure, box)]


def _figure(index: int, box: Box, segments: Sequence[Segment]) -> Figure:
    """The figure; words in it are its own when a caption makes sure that it is one."""
    if not is_captioned(box, segments):
        return Figure(position(index + 1, box))
    inside = [segment for segment in segments if _lies_in((segment.left, segment.top, segment.right, segment.bottom), box)]
    rows = [row.text for column in columns_in_order(inside) for row in column]
    return Figure(position(index + 1, box), "\n".join(rows).replace(HYPHEN, "-"), has_words=True)


def _parts(index: int, text: PageText, shown: Frame, floats: list[tuple[Table | Figure, Box]]) -> Iterator[Part]:
    for frame, segments in text.groups:
        is_upright = frame.quarters == shown.quarters
        outside = [segment for segment in segments if not _is_taken(_as_shown(segment, frame, shown), floats)]
        if is_upright:
            outside += [Segment("", *box, piece=number) for number, (_, box) in enumerate(floats)]
        for rows in columns_in_order(outside):
            yield Part(rows, partial(_place, index, frame, shown), is_upright)


def _is_taken(box: Box, floats: list[tuple[Table | Figure, Box]]) -> bool:
    return any(_lies_in(box, other) for item, other in floats if isinstance(item, Table) or item.has_words)


def _lies_in(box: Box, other: Box) -> bool:
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return other[0] <= x <= other[2] and other[1] <= y <= other[3]


def _as_shown(segment: Segment, frame: Frame, shown: Frame) -> Box:
    return shown.shown(frame.stored((segment.left, segment.top, segment.right, segment.bottom)))


def _place(index: int, frame: Frame, shown: Frame, box: Box) -> Position:
    return position(index + 1, shown.shown(frame.stored(box)))
