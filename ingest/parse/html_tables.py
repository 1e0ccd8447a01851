"""Tables of an HTML page, told apart from the tables that only lay a page out."""

from __future__ import annotations

from selectolax.lexbor import LexborNode

from ingest.parse.tables import Cell, html_table

_LONGEST_CELL = 1_000
_WIDEST_SPAN = 1_000


def table_of(node: LexborNode) -> str:
    """The table as clean HTML; empty for a layout table: one that holds tables or whole texts, or has only one
    row, or one column that holds text."""
    if len(node.css("table")) > 1:  # css finds the node itself too
        return ""
    rows = [row for row in map(_cells, node.css("tr")) if any(cell.text for cell in row)]
    wide = sum(sum(bool(cell.text) for cell in row) > 1 for row in rows)
    if len(rows) < 2 or wide * 2 < len(rows):
        return ""
    if any(len(cell.text) > _LONGEST_CELL for row in rows for cell in row):
        return ""
    caption = node.css_first("caption")
    return html_table(rows, caption=" ".join((caption.text(deep=True) or "").split()) if caption is not None else "")


def _cells(row: LexborNode) -> list[Cell]:
    return [
        Cell(_text(cell), _span(cell, "colspan"), _span(cell, "rowspan"), is_heading=cell.tag == "th")
        for cell in row.iter()
        if cell.tag in ("td", "th")
    ]


def _text(cell: LexborNode) -> str:
    return " ".join((cell.text(deep=True, separator=" ") if cell.css_first("br, p, div, li") else cell.text(deep=True)).split())


def _span(cell: LexborNode, name: str) -> int:
    value = (cell.attributes.get(name) or "").strip()
    return min(int(value), _WIDEST_SPAN) if value.isascii() and value.isdecimal() and len(value) < 6 and int(value) else 1
