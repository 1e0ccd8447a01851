"""Spreadsheets (xlsx, xls, xlsb, ods), one visible sheet after the other."""

from __future__ import annotations

import datetime
import re
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import python_calamine as calamine

from ingest.blocks import Block, Unreadable
from ingest.parse import rows
from ingest.parse.archive import DAMAGED, TOO_LARGE, blocks_of, members

MAX_CELLS = 20_000_000
"""Rows times columns of a sheet: the library holds it as a full grid, also where most cells are empty."""

_CELL = re.compile(rb'<(?:\w+:)?c\s[^>]*?\br="([A-Z]{1,3})(\d{1,7})"')
_OVERLAP = 64


@dataclass(frozen=True, slots=True)
class Sheet:
    """A visible sheet; `merged` are the corners of its merged cells, (row, column) first and last, counted as `rows` counts."""

    name: str
    rows: Callable[[], Iterator[Sequence[str]]]
    merged: list[tuple[tuple[int, int], tuple[int, int]]]


def blocks(path: Path, *, as_html: bool) -> Iterator[Block]:
    """One block per data row, or HTML tables; raises Unreadable for what cannot be opened or would not fit in memory."""
    for sheet in sheets(path):
        yield from rows.blocks(sheet.rows(), sheet=sheet.name, as_html=as_html)


def sheets(path: Path) -> Iterator[Sheet]:
    """The visible sheets in order, each to be read before the next; raises Unreadable as `blocks` does."""
    if zipfile.is_zipfile(path):
        _refuse_wide_grids(path)
    try:
        with calamine.CalamineWorkbook.from_path(path) as workbook:
            yield from (_sheet(workbook, name) for name in _visible(workbook))
    except calamine.PasswordError as error:
        raise Unreadable("The file is protected by a password. Save a copy without one and upload that.") from error
    except (calamine.CalamineError, OSError, ValueError) as error:
        raise Unreadable(DAMAGED) from error


def _visible(workbook: calamine.CalamineWorkbook) -> list[str]:
    return [
        sheet.name
        for sheet in workbook.sheets_metadata
        if sheet.visible == calamine.SheetVisibleEnum.Visible and sheet.typ == calamine.SheetTypeEnum.WorkSheet
    ]


def _sheet(workbook: calamine.CalamineWorkbook, name: str) -> Sheet:
    found = workbook.get_sheet_by_name(name)
    left = found.start[1] if found.start else 0  # rows are given from the first of the sheet, cells from the first that is used
    merged = [((top, first - left), (bottom, last - left)) for (top, first), (bottom, last) in found.merged_cell_ranges or ()]
    return Sheet(name, lambda: (list(map(_shown, row)) for row in found.iter_rows()), merged)


def _shown(value: object) -> str:
    """A cell as a person would write it; number formats are not known to the library."""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime.datetime):
        return value.date().isoformat() if value.time() == datetime.time() else value.isoformat(" ")
    return str(value)


def _refuse_wide_grids(path: Path) -> None:
    """Unpack every sheet once to know its sizes as they are, not as the file declares them."""
    names = [name for name in members(path) if name.startswith("xl/") or name == "content.xml"]
    with zipfile.ZipFile(path) as archive:
        for name in names:
            _refuse_wide_grid(archive, name)


def _refuse_wide_grid(archive: zipfile.ZipFile, name: str) -> None:
    is_sheet = name.startswith("xl/worksheets/") and name.endswith(".xml")
    widest = longest = 0
    tail = b""
    for block in blocks_of(archive, name):
        for column, row in _CELL.findall(tail + block) if is_sheet else ():
            widest, longest = max(widest, _column(column)), max(longest, int(row))
        tail = block[-_OVERLAP:]
    if widest * longest > MAX_CELLS:
        raise Unreadable(TOO_LARGE)


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number
