"""Tables as the HTML that becomes a chunk of its own (contract 7.1)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell and how far it reaches."""

    text: str
    columns: int = 1
    rows: int = 1
    is_heading: bool = False


def html_table(rows: Iterable[Sequence[Cell]], *, caption: str = "") -> str:
    """An HTML table without attributes but spans; empty when no cell holds text."""
    rows = [row for row in rows if row]
    if not any(cell.text.strip() for row in rows for cell in row):
        return ""
    head = f"<caption>{escape(caption, quote=False)}</caption>" if caption else ""
    return f"<table>{head}{''.join(_row(row) for row in rows)}</table>"


def plain_table(rows: Sequence[Sequence[str]], *, caption: str = "") -> str:
    """An HTML table of texts whose first row is its heading."""
    return html_table(
        ([Cell(text, is_heading=number == 0) for text in row] for number, row in enumerate(rows)), caption=caption
    )


def _row(row: Sequence[Cell]) -> str:
    return f"<tr>{''.join(map(_cell, row))}</tr>"


def _cell(cell: Cell) -> str:
    tag = "th" if cell.is_heading else "td"
    spans = (f' colspan="{cell.columns}"' if cell.columns > 1 else "") + (f' rowspan="{cell.rows}"' if cell.rows > 1 else "")
    text = escape(" ".join(cell.text.split()), quote=False)
    return f"<{tag}{spans}>{text}</{tag}>"
