"""OpenDocument texts: headings, paragraphs, lists and tables in document order."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

from lxml import etree

from ingest.blocks import Block, Unreadable
from ingest.parse.archive import DAMAGED, blocks_of, check_tree
from ingest.parse.tables import Cell, html_table

_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_SPACES = {f"{_TEXT}tab": "\t", f"{_TEXT}line-break": "\n"}
_UNSEEN = frozenset((f"{_OFFICE}annotation", f"{_OFFICE}annotation-end", f"{_TEXT}tracked-changes", f"{_TEXT}note-citation", f"{_OFFICE}forms"))
_MOST_REPEATS = 1_000  # of an empty cell or row, which a program writes to fill the sheet
_DEEPEST = 200


def blocks(path: Path) -> Iterator[Block]:
    """Headings with their level, paragraphs, list items and tables as HTML. Raises Unreadable."""
    body = _body(path)
    if body is not None:
        yield from _blocks(body, depth=0)


def _body(path: Path) -> etree._Element | None:
    check_tree(path)
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        with zipfile.ZipFile(path) as archive:
            content = b"".join(blocks_of(archive, "content.xml"))
        root = etree.parse(io.BytesIO(content), parser).getroot()
    except (KeyError, zipfile.BadZipFile, etree.XMLSyntaxError) as error:
        raise Unreadable(DAMAGED) from error
    return root.find(f".//{_OFFICE}body")


def _blocks(parent: etree._Element, *, depth: int) -> Iterator[Block]:
    if depth > _DEEPEST:
        raise Unreadable("The file is nested too deeply to be read.")
    for node in parent:
        if node.tag in (f"{_TEXT}h", f"{_TEXT}p"):
            yield from _paragraph(node, depth=depth)
        elif node.tag == f"{_TABLE}table":
            yield from _table(node)
        elif isinstance(node.tag, str) and node.tag not in _UNSEEN:
            yield from _blocks(node, depth=depth + 1)


def _paragraph(node: etree._Element, *, depth: int) -> Iterator[Block]:
    text = _text(node).strip()
    if text:
        level = node.get(f"{_TEXT}outline-level", "1") if node.tag == f"{_TEXT}h" else "0"
        yield Block(text, level=int(level) if level.isdecimal() else 1)


def _text(node: etree._Element) -> str:
    """What a person reads of a paragraph, its runs of spaces and line breaks restored."""
    parts: list[str] = []
    passed = 0  # elements open within one whose text is not shown
    for event, one in etree.iterwalk(node, events=("start", "end")):
        is_unseen = one.tag in _UNSEEN or not isinstance(one.tag, str)
        if event == "start":
            passed += bool(passed or is_unseen)
            parts.append("" if passed else _SPACES.get(one.tag) or _spaces(one) or one.text or "")
        else:
            passed -= bool(passed)
            parts.append("" if passed or one is node else one.tail or "")
    return "".join(parts)


def _spaces(node: etree._Element) -> str:
    if node.tag != f"{_TEXT}s":
        return ""
    count = node.get(f"{_TEXT}c", "1")
    return " " * min(int(count) if count.isdecimal() else 1, _MOST_REPEATS)


def _table(node: etree._Element) -> Iterator[Block]:
    rows = [row for row in node.iter(f"{_TABLE}table-row") if _owner(row) is node]
    table = html_table([_cells(row, is_heading=number == 0) for number, row in enumerate(rows)])
    if table:
        yield Block(table, is_table=True)


def _owner(row: etree._Element) -> etree._Element | None:
    """The table that a row belongs to; a cell may hold another table."""
    return next(row.iterancestors(f"{_TABLE}table"), None)


def _cells(row: etree._Element, *, is_heading: bool) -> list[Cell]:
    cells: list[Cell] = []
    for node in row.iterchildren(f"{_TABLE}table-cell"):
        text = "\n".join(filter(None, (_text(part).strip() for part in node.iter(f"{_TEXT}p", f"{_TEXT}h"))))
        cell = Cell(text, columns=_number(node, "columns-spanned"), rows=_number(node, "rows-spanned"), is_heading=is_heading)
        cells += [cell] * (_number(node, "columns-repeated") if text else 1)
    return cells


def _number(node: etree._Element, name: str) -> int:
    value = node.get(f"{_TABLE}number-{name}", "1")
    return min(max(int(value), 1), _MOST_REPEATS) if value.isdecimal() else 1
