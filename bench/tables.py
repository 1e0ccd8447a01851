"""How much of drawn tables is found: F1 of their cells, each at its row and column."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from selectolax.lexbor import LexborHTMLParser

from bench.figures import Figure
from bench.server import Server
from bench.table_pages import KINDS, Drawn, drawn_tables
from ingest.chunk import chunk_file

GOALS = {"ruled": 0.95, "merged": 0.95, "ruled over two pages": 0.95, "unruled": 0.85, "unruled over two pages": 0.85}


def measure(_: Server, folder: Path) -> Iterator[Figure]:
    """Yield the F1 of 40 tables by their make."""
    drawn = drawn_tables()
    for kind in KINDS:
        some = [table for table in drawn if table.kind == kind]
        yield Figure("tables", f"cells of {len(some)} {kind} tables", f1(some), "F1", f">= {GOALS[kind]}")


def f1(drawn: Sequence[Drawn]) -> float:
    """Over all cells of the tables together."""
    right = found = there = 0
    with tempfile.TemporaryDirectory() as folder:
        for table in drawn:
            path = Path(folder) / "table.pdf"
            path.write_bytes(table.data)
            cells = cells_found(path)
            right, found, there = right + len(cells & table.cells), found + len(cells), there + len(table.cells)
    return 2 * right / max(found + there, 1)


def cells_found(path: Path) -> set[tuple[int, int, str]]:
    """(row, column, text) of the cells of a PDF's tables that hold text; a second table counts from far below."""
    found: set[tuple[int, int, str]] = set()
    drafts = chunk_file(path, name="table.pdf", method="naive", config={}, language="English", report=lambda *_: None)
    tables = [draft.content for draft in drafts if draft.content.startswith("<table>")]
    for number, html in enumerate(tables):
        found |= {(row + 1_000 * number, column, text) for row, column, text in cells_of(html)}
    return found


def cells_of(html: str) -> Iterator[tuple[int, int, str]]:
    """The cells of an HTML table with their places, spans respected."""
    taken: set[tuple[int, int]] = set()
    for row, line in enumerate(LexborHTMLParser(html).css("tr")):
        column = 0
        for cell in line.css("td, th"):
            while (row, column) in taken:
                column += 1
            wide, high = int(cell.attributes.get("colspan") or 1), int(cell.attributes.get("rowspan") or 1)
            taken.update((row + y, column + x) for y in range(high) for x in range(wide))
            if text := " ".join(cell.text().split()):
                yield row, column, text
