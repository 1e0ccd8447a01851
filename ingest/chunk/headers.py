"""The header of a table: which rows it has, what is merged in it, and what its columns are called (contract 7.3, table)."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from statistics import median

from ingest.blocks import Unreadable
from ingest.chunk.columns import kind_of

MOST_ROWS = 5
_AHEAD = 20
_ASIDE = re.compile(r"\([^()]*\)|（[^（）]*）|\[[^\[\]]*\]|【[^【】]*】|/.*", re.DOTALL)

Corners = tuple[tuple[int, int], tuple[int, int]]
"""Row and column of a merged cell's first and last field."""
Row = tuple[int, list[str]]
"""A row that is not blank, and its number, which merged cells count by."""


@dataclass(frozen=True, slots=True)
class Table:
    """Names of columns, empty where one has none, and the rows below them with merged cells filled in."""

    names: list[str]
    rows: Iterator[list[str]]


def table_of(rows: Iterable[Sequence[str]], merged: Sequence[Corners] = ()) -> Table | None:
    """The rows under their header, titles above it left out; None when there is no row. Raises Unreadable for a name that stands twice."""
    filled = ((number, list(row)) for number, row in enumerate(rows) if any(cell.strip() for cell in row))
    ahead = list(islice(filled, _AHEAD))
    ahead = ahead[_titles([row for _, row in ahead]):]
    if not ahead:
        return None
    depth = _depth(ahead, merged)
    head, body = _spread(iter(ahead[:depth]), merged), _spread(chain(ahead[depth:], filled), merged)
    names = _names(list(head), _continued([number for number, _ in ahead[:depth]], merged))
    _refuse_twins(names)
    return Table(names, (row for row in body if _names([row], ()) != names))  # a header may stand again further down


def field_name(name: str) -> str:
    """What a column is called in a field map: its name without what stands in brackets or after a slash."""
    return re.sub(r"\s+", "_", _ASIDE.sub("", name).strip()) or re.sub(r"\s+", "_", name.strip())


def _titles(rows: Sequence[Sequence[str]]) -> int:
    """How many first rows have one cell only, in a table where most have several."""
    widths = [sum(bool(cell.strip()) for cell in row) for row in rows]
    if not widths or median(widths) < 2:
        return 0
    return next(number for number, width in enumerate(widths) if width > 1)


def _depth(rows: Sequence[Row], merged: Sequence[Corners]) -> int:
    """How many rows the header has: one more for each that merges columns over texts, as many as a merged cell reaches down."""
    depth = 1
    for number in range(MOST_ROWS):
        if number >= min(depth, len(rows) - 1):
            break
        here = [corners for corners in merged if corners[0][0] == rows[number][0]]
        down = max((bottom for _, (bottom, _) in here), default=0)
        depth = max(depth, sum(other <= down for other, _ in rows[:MOST_ROWS]))
        if any(right > left and _names_below(rows[number + 1][1], left, right) for (_, left), (_, right) in here):
            depth = max(depth, number + 2)
    return min(max(depth, 2 if _is_split([row for _, row in rows[:3]]) else 1), len(rows))


def _is_split(rows: Sequence[Sequence[str]]) -> bool:
    """Whether a second row goes on with the names: it names nothing in the first column, but others that the first row leaves out."""
    if len(rows) < 3 or rows[1][0].strip() or not rows[2][0].strip():
        return False
    filled = [number for number, cell in enumerate(rows[1]) if cell.strip()]
    is_text = all(kind_of(rows[1][number]) == "tks" for number in filled)
    return is_text and any(number < len(rows[0]) and not rows[0][number].strip() for number in filled)


def _names_below(row: Sequence[str], left: int, right: int) -> bool:
    cells = row[max(left, 0):right + 1]
    return len({cell.strip() for cell in cells}) > 1 and all(kind_of(cell) == "tks" and cell.strip() for cell in cells)


def _spread(rows: Iterator[Row], merged: Sequence[Corners]) -> Iterator[list[str]]:
    """The rows with the text of a merged cell in every field it covers, but once only where it covers a whole row."""
    starts: dict[int, list[Corners]] = {}
    for corners in merged:
        starts.setdefault(corners[0][0], []).append(corners)
    covered: dict[int, tuple[int, str]] = {}  # column -> last row, text
    for number, row in rows:
        covered = {column: cell for column, cell in covered.items() if cell[0] >= number}
        for (_, left), (bottom, right) in starts.get(number, ()):
            left, right = max(left, 0), min(right, len(row) - 1)
            if right - left + 1 < len(row) or bottom > number:
                covered.update({column: (bottom, row[left]) for column in range(left, right + 1)})
        for column, (_, text) in covered.items():
            if column < len(row):
                row[column] = text
        yield row


def _continued(numbers: Sequence[int], merged: Sequence[Corners]) -> set[int]:
    """Columns that share a cell of the header with the one before."""
    return {column for (top, left), (_, right) in merged if top in numbers for column in range(max(left, 0) + 1, right + 1)}


def _names(head: Sequence[Sequence[str]], continued: Container[int]) -> list[str]:
    """Each column's name from the outermost row inwards; a merged cell without names of its own below names its first column alone."""
    names: list[str] = []
    before: list[str] = []
    for column in range(max(map(len, head))):
        parts = [" ".join(row[column].split()) for row in head if column < len(row)]
        parts = list(dict.fromkeys(part for part in parts if part))
        names.append("" if column in continued and parts == before else "-".join(parts))
        before = parts
    return names


def _refuse_twins(names: Sequence[str]) -> None:
    known: set[str] = set()
    for name in filter(None, names):
        if name in known:
            raise Unreadable(f"The table has two columns named '{name[:100]}'; each needs a name of its own.")
        known.add(name)
