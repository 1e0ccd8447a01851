"""The cells and texts of a Word file's XML, which python-docx gives only without insertions, boxes and content controls."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from docx.oxml.ns import qn
from lxml import etree

from ingest.parse.tables import Cell

_TR, _TC, _TBL, _P = qn("w:tr"), qn("w:tc"), qn("w:tbl"), qn("w:p")
_TEXTS = frozenset((qn("w:t"), "{http://schemas.openxmlformats.org/officeDocument/2006/math}t"))
_SYMBOLS = {qn("w:tab"): "\t", qn("w:ptab"): "\t", qn("w:br"): "\n", qn("w:cr"): "\n", qn("w:noBreakHyphen"): "-"}
_APART = frozenset(
    (qn("w:del"), qn("w:moveFrom"), qn("w:pPr"), qn("w:txbxContent"), "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback")
)
_WIDEST_SPAN = 1_000


def texts_of(paragraph: Any) -> Iterator[str]:
    """The visible text of a paragraph, without that of text boxes anchored in it."""
    walker = etree.iterwalk(paragraph, events=("start",))
    for _, node in walker:
        if node.tag in _APART:
            walker.skip_subtree()
        elif node.tag in _TEXTS:
            yield node.text or ""
        elif node.tag in _SYMBOLS:
            yield _SYMBOLS[node.tag]


def rows_of(table: Any) -> list[list[Cell]]:
    """The cells of a table with their spans; a table within a cell becomes its text."""
    rows: list[list[Cell]] = []
    above: dict[int, tuple[int, int]] = {}  # grid column -> where the cell that may still grow downwards is
    for row in _children(table, _TR):
        cells: list[Cell] = []
        column = _skipped(row)
        cells += [Cell("", column)] if column else []
        for source in _children(row, _TC):
            width = _span(source)
            if _continues(source) and column in above:
                _grow(rows, cells, *above[column])
            else:
                above[column] = (len(rows), len(cells))
                cells.append(Cell(_cell_text(source), width, is_heading=_is_heading(row)))
            column += width
        rows.append(cells)
    return rows


def _children(parent: Any, tag: str) -> Iterator[Any]:
    """Children of that tag, also inside content controls and tracked insertions."""
    for child in parent:
        if child.tag == tag:
            yield child
        elif child.tag in (qn("w:sdt"), qn("w:sdtContent"), qn("w:ins"), qn("w:customXml")):
            yield from _children(child, tag)


def _grow(rows: list[list[Cell]], cells: list[Cell], row: int, index: int) -> None:
    target = rows[row] if row < len(rows) else cells
    cell = target[index]
    target[index] = Cell(cell.text, cell.columns, cell.rows + 1, cell.is_heading)


def _cell_text(cell: Any) -> str:
    texts = ("".join(texts_of(paragraph)).strip() for paragraph in cell.iter(_P))
    return " ".join(text for text in texts if text)


def _span(cell: Any) -> int:
    return max(1, _number(cell.find(f"{qn('w:tcPr')}/{qn('w:gridSpan')}")))


def _skipped(row: Any) -> int:
    """Columns left free before the first cell of a row."""
    return _number(row.find(f"{qn('w:trPr')}/{qn('w:gridBefore')}"))


def _number(element: Any) -> int:
    value = element.get(qn("w:val"), "") if element is not None else ""
    return min(int(value), _WIDEST_SPAN) if value.isascii() and value.isdecimal() and len(value) < 6 else 0


def _continues(cell: Any) -> bool:
    merge = cell.find(f"{qn('w:tcPr')}/{qn('w:vMerge')}")
    return merge is not None and merge.get(qn("w:val"), "continue") == "continue"


def _is_heading(row: Any) -> bool:
    return row.find(f"{qn('w:trPr')}/{qn('w:tblHeader')}") is not None
