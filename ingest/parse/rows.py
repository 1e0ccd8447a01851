"""Data rows as lines: `<header>：<value>; ...` (contract 7.3, xlsx/csv), or as HTML tables of twelve rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from statistics import median

from ingest.blocks import Block, Unreadable
from ingest.parse.tables import plain_table

MAX_COLUMNS = 16_384
ROWS_PER_TABLE = 12
_AHEAD = 20


def blocks(rows: Iterable[Sequence[str]], *, sheet: str, as_html: bool) -> Iterator[Block]:
    """Blocks of a sheet: title lines above the table, then its rows; a header without rows is a line itself."""
    filled = (checked(row) for row in rows if any(cell.strip() for cell in row))
    ahead = list(islice(filled, _AHEAD))
    titles = _title_rows(ahead)
    for row in ahead[:titles]:
        yield Block(_line((), row))
    table = chain(ahead[titles:], filled)
    header = next(table, None)
    if header is not None:
        yield from _tables(header, table, sheet) if as_html else _lines(header, table, sheet)


def _title_rows(rows: Sequence[Sequence[str]]) -> int:
    """How many rows before the header hold a title: one cell each, in a table where most rows have several."""
    widths = [sum(bool(cell.strip()) for cell in row) for row in rows]
    if not widths or median(widths) < 2:
        return 0
    return next(number for number, width in enumerate(widths) if width > 1)


def checked(row: Sequence[str]) -> Sequence[str]:
    """The row; raises Unreadable when it is wider than any spreadsheet program would make it."""
    if len(row) > MAX_COLUMNS:
        raise Unreadable(f"The table has rows of more than {MAX_COLUMNS} columns.")
    return row


def _lines(header: Sequence[str], rows: Iterator[Sequence[str]], sheet: str) -> Iterator[Block]:
    suffix = f" ——{sheet}" if sheet and "sheet" not in sheet.lower() else ""
    names = [" ".join(name.split()) for name in header]
    first = next(rows, None)
    if first is None:
        yield Block("; ".join(name for name in names if name) + suffix)
        return
    yield Block(_line(names, first) + suffix)
    for row in rows:
        yield Block(_line(names, row) + suffix)


def _line(names: Sequence[str], row: Sequence[str]) -> str:
    fields = []
    for number, value in enumerate(row):
        name = names[number] if number < len(names) else ""
        shown = " ".join(value.split())
        if shown:
            fields.append(f"{name}：{shown}" if name else shown)
    return "; ".join(fields)


def _tables(header: Sequence[str], rows: Iterator[Sequence[str]], sheet: str) -> Iterator[Block]:
    batch = list(islice(rows, ROWS_PER_TABLE))
    while True:
        yield Block(plain_table([header, *batch], caption=sheet), is_table=True)
        batch = list(islice(rows, ROWS_PER_TABLE))
        if not batch:
            return
