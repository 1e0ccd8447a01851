"""Tables without rules: lines whose cells stand under each other."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from ingest.parse.layout import MARKER, Row, Segment, lines_across
from ingest.parse.pdf_paragraphs import Place, continued
from ingest.parse.pdf_sheet import Table
from ingest.parse.pdf_text import HYPHEN, Box, around
from ingest.parse.tables import Cell

_FEWEST_ROWS = 3
_FEWEST_ACROSS = 3  # columns
_SHORT = 28  # characters of half of the cells of each column
_FARTHEST = 3.2  # sizes between the lines of one table
_GUTTER = 0.7  # sizes that a strip between columns is wide
_LONGEST = 60  # characters of half of a column's cells; longer ones are prose
_SENTENCE = 22  # characters of a line in a narrow column of prose
_FILLED = 0.45  # share of the cells that hold text
_TABULAR = 0.6  # share of the lines that have cells
_LEADERS = ("....", ". . .", "……", "····")
_NUMBERED = re.compile(r"\([\d.]+[a-z]?\)")
_WRAPPED = 0.8  # of the usual distance of rows, within which a line belongs to the row above


@dataclass(frozen=True, slots=True)
class _Text:
    """A cell's text in columns `first` to `last`."""

    text: str
    first: int
    last: int
    width: float = 0.0


@dataclass(frozen=True, slots=True)
class _Line:
    """The cells of one line and where its writing stands."""

    cells: list[_Text]
    bottom: float


def with_tables(rows: Sequence[Row], place: Place) -> Iterator[Row | Table]:
    """The lines of a column, those of tables as tables."""
    start = 0
    while start < len(rows):
        end = _band_end(rows, start) if _is_cells(rows[start]) else start
        table = _table(rows[start:end], place) if end - start >= _FEWEST_ROWS else None
        if table:
            yield table
            start = end
        else:
            yield rows[start]
            start += 1


def tables_across(segments: Sequence[Segment], place: Place) -> Iterator[tuple[Table, Box]]:
    """Tables that lie across the columns of a page: three columns of short cells at least, and no prose beside them."""
    rows = lines_across(segments)
    start = 0
    while start < len(rows):
        end = _band_end(rows, start) if _is_cells(rows[start]) else start
        table = _table(rows[start:end], place) if end - start >= _FEWEST_ROWS else None
        if table and len(table.edges) >= _FEWEST_ACROSS and _is_short(table):
            yield table, around(row.box for row in rows[start:end])
            start = end
        else:
            start += 1


def _is_short(table: Table) -> bool:
    """Whether no column holds prose."""
    columns: dict[int, list[int]] = {}
    for row in table.rows:
        for number, cell in enumerate(row):
            if cell.text:
                columns.setdefault(number, []).append(len(cell.text))
    return all(median(lengths) <= _SHORT for lengths in columns.values())


def _is_cells(row: Row) -> bool:
    return row.piece is None and row.is_tabular


def _band_end(rows: Sequence[Row], start: int) -> int:
    """The line after the last that may belong to the table; a line without cells stands only between two with."""
    end = start + 1
    for number in range(start + 1, len(rows)):
        before, row = rows[number - 1], rows[number]
        step = row.box[3] - before.box[3]
        if row.piece is not None or not 0 < step <= _FARTHEST * max(row.size, before.size):
            break
        if row.is_tabular:
            end = number + 1
        elif number - end >= 1:
            break
    return _with_last(rows, start, end)


def _with_last(rows: Sequence[Row], start: int, end: int) -> int:
    """Also lines under the last whose cells stand so near that their gaps are none, or which carry one cell on."""
    gutters = _gutters(rows[start:end])
    while gutters and end < len(rows) and rows[end].piece is None:
        before, row = rows[end - 1], rows[end]
        is_near = 0 < row.box[3] - before.box[3] < 1.6 * max(row.size, before.size) + 1
        is_wrap = row.box[0] > gutters[0][0] and row.box[2] <= before.box[2] + 2
        if not is_near or not (is_wrap or len(_cells(row, gutters)) > 1):
            break
        end += 1
    return end


def _table(rows: Sequence[Row], place: Place) -> Table | None:
    gutters = _gutters(rows)
    if not gutters:
        return None
    lines = [_Line(_cells(row, gutters), row.box[3]) for row in rows]
    columns = len(gutters) + 1
    if not _is_table(rows, lines, columns):
        return None
    merged = _wrapped(lines)
    box = around(row.box for row in rows)
    edges = (box[0], *((low + high) / 2 for low, high in gutters))
    return Table([_filled(cells, columns) for cells in merged], (place(box),), edges)


def _gutters(rows: Sequence[Row]) -> list[tuple[float, float]]:
    """Vertical strips that no word of (almost) any line with cells crosses."""
    tabular = [row for row in rows if row.is_tabular]
    start, end = min(row.box[0] for row in tabular), max(row.box[2] for row in tabular)
    covered = [0] * (int(end - start) + 2)
    for row in tabular:
        for left, right, _ in _words(row):
            for x in range(max(0, int(left - start)), min(len(covered), int(right - start) + 1)):
                covered[x] += 1
    allowed, least = len(tabular) // 10, max(3.0, _GUTTER * median(row.size for row in tabular))
    found, x = [], 0
    while x < len(covered):
        width = 0
        while x + width < len(covered) and covered[x + width] <= allowed:
            width += 1
        if width >= least and x > 0 and x + width < len(covered):
            found.append((start + x, start + x + width))
        x += width or 1
    return found


def _words(row: Row) -> list[tuple[float, float, str]]:
    return [word for part in row.parts for word in (part.words or ((part.left, part.right, part.text),))]


def _cells(row: Row, gutters: Sequence[tuple[float, float]]) -> list[_Text]:
    """Words in cells: a new one begins where a gutter lies in a wide gap."""
    cells: list[list[tuple[float, float, str]]] = []
    for word in sorted(_words(row)):
        before = cells[-1][-1] if cells else None
        if before and not _parts(before[1], word[0], gutters, 0.6 * row.size):
            cells[-1].append(word)
        else:
            cells.append([word])
    return [_Text(" ".join(text for *_, text in cell), *_columns(cell[0][0], cell[-1][1], gutters), cell[-1][1] - cell[0][0]) for cell in cells]


def _parts(left: float, right: float, gutters: Sequence[tuple[float, float]], least: float) -> bool:
    return right - left >= least and any(min(right, high) - max(left, low) > 0 for low, high in gutters)


def _columns(left: float, right: float, gutters: Sequence[tuple[float, float]]) -> tuple[int, int]:
    middles = [(low + high) / 2 for low, high in gutters]
    first = sum(middle <= left for middle in middles)
    return first, max(first, sum(middle < right for middle in middles))


def _is_table(rows: Sequence[Row], lines: Sequence[_Line], columns: int) -> bool:
    if sum(row.is_tabular for row in rows) < _TABULAR * len(rows):
        return False
    if sum(any(leader in row.text for leader in _LEADERS) for row in rows) * 3 > len(rows):
        return False  # a table of contents
    in_column = [[cell for line in lines for cell in line.cells if cell.first == cell.last == n] for n in range(columns)]
    if sum(map(_is_running, in_column)) > 1:
        return False  # columns of prose
    by_column = [[cell.text for cell in cells] for cells in in_column]
    if not all(by_column) or sum(map(len, by_column)) < _FILLED * columns * len(lines):
        return False
    if columns == 2 and all(MARKER.fullmatch(text) or len(text) < 3 for text in by_column[0]):
        return False  # a list
    if all(_NUMBERED.fullmatch(text) for text in by_column[-1]):
        return False  # formulas
    return all(median(map(len, texts)) <= _LONGEST for texts in by_column) and _stand_in_line(rows, columns)


def _is_running(cells: Sequence[_Text]) -> bool:
    """Whether most cells fill the column with words, as lines of prose do."""
    if not cells or median(len(cell.text) for cell in cells) < _SENTENCE:
        return False
    widest = max(cell.width for cell in cells)
    return sum(cell.width >= 0.8 * widest for cell in cells) > 0.5 * len(cells)


def _stand_in_line(rows: Sequence[Row], columns: int) -> bool:
    """Whether most lines have as many cells as the table has columns, or nearly."""
    return sum(len(row.parts) >= min(columns, 3) - 1 for row in rows) >= _TABULAR * len(rows)


def _wrapped(lines: Sequence[_Line]) -> list[list[_Text]]:
    """Rows: a line near under another one, without a first cell, carries its cells on."""
    steps = [after.bottom - before.bottom for before, after in pairwise(lines)]
    full = [step for step, line in zip(steps, lines[1:], strict=False) if line.cells and line.cells[0].first == 0]
    near = _WRAPPED * median(full) if full else 0.0
    rows: list[list[_Text]] = []
    for number, line in enumerate(lines):
        if rows and line.cells[0].first > 0 and (steps[number - 1] < near or _fits_above(line, rows[-1])):
            rows[-1] = _with(rows[-1], line.cells)
        else:
            rows.append(line.cells)
    return rows


def _fits_above(line: _Line, row: list[_Text]) -> bool:
    """Whether one long text only goes on, when all lines are equally far apart."""
    above = {cell.first: cell.text for cell in row}
    return len(line.cells) == 1 and len(above.get(line.cells[0].first, "")) >= 15 and line.cells[0].text[:1].islower()


def _with(row: list[_Text], rest: list[_Text]) -> list[_Text]:
    more = {cell.first: cell.text for cell in rest}
    joined = [_Text(continued(cell.text, more.pop(cell.first)), cell.first, cell.last) if cell.first in more else cell for cell in row]
    return sorted([*joined, *(_Text(text, first, first) for first, text in more.items())], key=lambda cell: cell.first)


def _filled(cells: list[_Text], columns: int) -> list[Cell]:
    """The row with empty cells where nothing stands."""
    row: list[Cell] = []
    at = 0
    for cell in cells:
        first = max(cell.first, at)
        row += [Cell("")] * (first - at)
        row.append(Cell(cell.text.replace(HYPHEN, "-"), columns=max(cell.last - first, 0) + 1))
        at = first + row[-1].columns
    return row + [Cell("")] * (columns - at)
