"""CSV files, row by row; the delimiter is the one that splits the first rows most evenly."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from ingest.blocks import Block, Unreadable
from ingest.parse import rows as lines_of
from ingest.parse.encoding import SAMPLE, open_text

_DELIMITERS = ",;\t|"
_LONGEST_FIELD = 16 << 20


def blocks(path: Path, *, as_html: bool) -> Iterator[Block]:
    """One block per data row, or HTML tables; raises Unreadable for fields without end."""
    return lines_of.blocks(rows(path), sheet="", as_html=as_html)


def rows(path: Path, *, delimiter: str = "") -> Iterator[list[str]]:
    """Every row, its fields as they stand; without a delimiter it is found. Raises Unreadable for fields without end."""
    csv.field_size_limit(_LONGEST_FIELD)
    if not delimiter:
        with open_text(path, newline="") as stream:
            delimiter = _delimiter(stream.read(SAMPLE))
    with open_text(path, newline="") as stream:
        try:
            yield from csv.reader(stream, delimiter=delimiter)
        except csv.Error as error:
            raise Unreadable("The file is not a table of comma-separated values that can be read.") from error


def _delimiter(sample: str) -> str:
    """The candidate that most rows have equally often; a comma when none does."""
    best, best_rows = ",", 0
    for delimiter in _DELIMITERS:
        widths = _widths(sample, delimiter)
        common = max(set(widths), key=lambda width: (widths.count(width), width), default=1)
        if common > 1 and widths.count(common) > best_rows:
            best, best_rows = delimiter, widths.count(common)
    return best


def _widths(sample: str, delimiter: str) -> list[int]:
    try:
        return [len(row) for row in csv.reader(sample.splitlines()[:50], delimiter=delimiter) if row]
    except csv.Error:
        return []
