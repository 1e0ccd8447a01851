"""Ruled tables of a PDF page: their grid from pdfplumber, their texts from PDFium."""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pdfplumber
import pypdfium2
from pdfminer.psexceptions import PSException
from pdfplumber.utils.exceptions import MalformedPDFException, PdfminerException
from pypdfium2 import raw

from ingest.parse.pdf_sheet import Table, position
from ingest.parse.pdf_text import Box, Frame, around
from ingest.parse.tables import Cell

_THIN = 3
_FEWEST_RULES = 2
_FEWEST_BOXES = 4
_MOST_PATHS = 4_000
"""Paths on a page above which it is a drawing, and comparing all its lines would take minutes."""
_FEWEST_FILLED = 0.3
_FEWEST_BESIDE = 4
_TALL = 3
_CELLS_PER_ROW = 1.5
_NEAR = 2
_STRIP = 12
"""Points that a column or a row has at most which is only the space around the writing: Word shades it apart from the cell."""
# pdfminer is stricter than PDFium and meets damage with whatever Python raises; the text of the page is there all the same.
_TOO_ODD = (
    PSException, PdfminerException, MalformedPDFException, pypdfium2.PdfiumError,
    ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError, AssertionError, OSError,
)


@dataclass(frozen=True, slots=True)
class _Placed:
    """A cell on the page, its text by lines."""

    left: float
    lines: list[str]
    columns: int
    rows: int


@dataclass(frozen=True, slots=True)
class _Strip:
    """What a cell takes of one direction, and whether text stands in it."""

    start: float
    end: float
    is_filled: bool


def tables(document: Any, index: int, textpage: Any, frame: Frame) -> list[tuple[Table, Box]]:
    """The ruled tables of page `index` (from 0) and their boxes; none when the page is too odd for pdfplumber."""
    if not _suggests_table(document, index):
        return []
    try:
        with pdfplumber.open(_single_page(document, index, frame)) as single:
            page = single.pages[0]
            left, top = page.bbox[:2]
            grids = [[_moved(cell, left, top) for cell in table.cells] for table in page.find_tables()]
    except _TOO_ODD:
        return []
    found = [(_table(grid, index, textpage, frame), around(grid)) for grid in grids]
    return [(table, box) for table, box in found if table]


def _suggests_table(document: Any, index: int) -> bool:
    """Whether the page draws enough lines across and down, or enough boxes, to hold a ruled table."""
    across = down = boxes = paths = 0
    page = document[index]
    for path in page.get_objects(filter=(raw.FPDF_PAGEOBJ_PATH,), max_depth=3):
        left, bottom, right, top = path.get_bounds()
        across += top - bottom <= _THIN < right - left
        down += right - left <= _THIN < top - bottom
        boxes += right - left > _THIN and top - bottom > _THIN
        paths += 1
        if paths > _MOST_PATHS:
            break
    page.close()
    return paths <= _MOST_PATHS and (min(across, down) >= _FEWEST_RULES or boxes >= _FEWEST_BOXES)


def _single_page(document: Any, index: int, frame: Frame) -> io.BytesIO:
    """A PDF of this page alone, so that pdfplumber never walks through the others."""
    stream = io.BytesIO()
    single = pypdfium2.PdfDocument.new()
    try:
        single.import_pages(document, [index])
        page = single[0]
        page.set_mediabox(*frame.page)
        page.set_cropbox(*frame.page)
        page.close()
        single.save(stream)
    finally:
        single.close()
    stream.seek(0)
    return stream


def _moved(box: Box, left: float, top: float) -> Box:
    return box[0] - left, box[1] - top, box[2] - left, box[3] - top


def _table(grid: list[Box], index: int, textpage: Any, frame: Frame) -> Table | None:
    lefts, tops = _edges(box[0] for box in grid), _edges(box[1] for box in grid)
    outer = around(grid)
    if min(len(lefts), len(tops)) < 2 or not 0.8 * _area(outer) < sum(map(_area, grid)) < 1.05 * _area(outer):
        return None  # a frame; or a figure, whose boxes leave holes and lie upon each other
    texts = [_lines(textpage.get_text_bounded(*frame.stored(box))) for box in grid]
    lefts = _without_strips(lefts, outer[2], [_Strip(box[0], box[2], bool(lines)) for box, lines in zip(grid, texts, strict=True)])
    tops = _without_strips(tops, outer[3], [_Strip(box[1], box[3], bool(lines)) for box, lines in zip(grid, texts, strict=True)])
    rows: list[list[_Placed]] = [[] for _ in tops]
    for box, lines in zip(grid, texts, strict=True):
        cell = _Placed(box[0], lines, _crossed(lefts, box[0], box[2]), _crossed(tops, box[1], box[3]))
        if cell.columns and cell.rows:
            rows[_crossed(tops, float("-inf"), box[1] - _NEAR / 2)].append(cell)
    for row in rows:
        row.sort(key=lambda cell: cell.left)
    if not _is_table(rows):
        return None
    return Table([part for row in rows for part in _ruled(row)], (position(index + 1, outer),), tuple(lefts))


def _is_table(rows: list[list[_Placed]]) -> bool:
    """Whether enough cells hold text, and a rule is under every row and not just under the heading."""
    cells = [cell for row in rows for cell in row]
    if sum(bool(cell.lines) for cell in cells) < max(2, len(cells) * _FEWEST_FILLED):
        return False
    if len(cells) < _CELLS_PER_ROW * len(rows):  # lines of prose upon coloured strips
        return False
    tall = max(sum(len(cell.lines) >= _TALL for cell in row) for row in rows)
    return len(rows) > 2 or tall < 2


def _ruled(row: list[_Placed]) -> list[list[Cell]]:
    """The row, or the rows it is of when figures stand under each other in all of its cells without a rule between."""
    heights = {len(cell.lines) for cell in row if cell.lines}
    filled = [line for cell in row for line in cell.lines]
    height = heights.pop() if len(heights) == 1 and all(cell.rows == 1 for cell in row) else 1
    figures = sum(any(map(str.isdigit, line)) for line in filled)
    if height < 2 or len(filled) < height * _FEWEST_BESIDE or figures * 2 < len(filled):
        return [[Cell(" ".join(cell.lines), cell.columns, cell.rows) for cell in row]]
    return [[Cell(cell.lines[n] if cell.lines else "", cell.columns) for cell in row] for n in range(height)]


def _area(box: Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])


def _edges(values: Iterable[float]) -> list[float]:
    edges: list[float] = []
    for value in sorted(values):
        if not edges or value - edges[-1] > _NEAR:
            edges.append(value)
    return edges


def _without_strips(edges: list[float], end: float, cells: list[_Strip]) -> list[float]:
    """The starts of columns or rows without those of narrow ones that have no text of their own."""
    kept: list[float] = []
    for start, stop in zip(edges, [*edges[1:], end], strict=True):
        inside = (cell for cell in cells if cell.start > start - _NEAR and cell.end < stop + _NEAR)
        if stop - start > _STRIP or any(cell.is_filled for cell in inside):
            kept.append(start)
    is_whole = all(_crossed(kept, cell.start, cell.end) for cell in cells if cell.is_filled)
    return kept if is_whole else edges


def _crossed(edges: list[float], start: float, end: float) -> int:
    """How many rows or columns begin between `start` and `end`."""
    return sum(start - _NEAR <= edge < end - _NEAR / 2 for edge in edges)


def _lines(text: str) -> list[str]:
    """The lines of a cell; U+FFFE is how PDFium writes a hyphen that breaks a word."""
    return [" ".join(line.split()) for line in text.replace("\ufffe", "").splitlines() if line.strip()]
