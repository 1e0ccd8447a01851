"""Spreadsheets (xlsx, xls, xlsb, ods), one visible sheet after the other."""

from __future__ import annotations

import datetime
import re
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import python_calamine as calamine

from ingest.blocks import Block, Unreadable
from ingest.parse import rows
from ingest.parse.archive import DAMAGED, TOO_LARGE, blocks_of, members

MAX_CELLS = 20_000_000
"""Rows times columns of a sheet: the library holds it as a full grid, also where most cells are empty."""

_CELL = re.compile(rb'<(?:\w+:)?c\s[^>]*?\br="([A-Z]{1,3})(\d{1,7})"')
_OVERLAP = 64


def blocks(path: Path, *, as_html: bool) -> Iterator[Block]:
    """One block per data row, or HTML tables; raises Unreadable for what cannot be opened or would not fit in memory."""
    if zipfile.is_zipfile(path):
        _refuse_wide_grids(path)
    try:
        with calamine.CalamineWorkbook.from_path(path) as workbook:
            for sheet in _visible(workbook):
                yield from rows.blocks(_rows(workbook, sheet), sheet=sheet, as_html=as_html)
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


def _rows(workbook: calamine.CalamineWorkbook, sheet: str) -> Iterator[Sequence[str]]:
    return (list(map(_shown, row)) for row in workbook.get_sheet_by_name(sheet).iter_rows())


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
