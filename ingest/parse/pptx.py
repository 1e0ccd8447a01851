"""Slides: the text of their shapes, top to bottom and left to right (contract 7.3, presentation)."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pptx
from lxml import etree
from pptx.exc import PythonPptxError
from pptx.oxml.ns import qn

from ingest.blocks import Block, Unreadable
from ingest.parse.archive import DAMAGED, check_tree

_EMU_PER_POINT = 12_700
_SAME_ROW = 10 * _EMU_PER_POINT
_BULLETS = (qn("a:buChar"), qn("a:buAutoNum"), qn("a:buBlip"))


@dataclass(frozen=True, slots=True)
class _Text:
    top: int
    left: int
    text: str


def blocks(path: Path) -> Iterator[tuple[int, int, Block]]:
    """Number, number of slides, and one block for each slide, also a blank one; hidden slides are left out."""
    check_tree(path)
    try:
        presentation = pptx.Presentation(str(path))
        width, height = ((side or 0) // _EMU_PER_POINT for side in (presentation.slide_width, presentation.slide_height))
        slides = presentation.slides
        for number, slide in enumerate(slides, 1):
            if slide.element.get("show") not in ("0", "false"):
                yield number, len(slides), Block(_slide_text(slide), position=(number, 0, width, 0, height))
    except (PythonPptxError, etree.LxmlError, zipfile.BadZipFile, zlib.error, LookupError, ValueError, OSError, EOFError) as error:
        raise Unreadable(DAMAGED) from error
    except (AttributeError, TypeError) as error:  # python-pptx, when a part or an attribute it counts on is missing
        raise Unreadable(DAMAGED) from error


def _slide_text(slide: Any) -> str:
    found = [text for shape in slide.shapes for text in _shape_texts(shape, None)]
    found.sort(key=lambda text: (text.top // _SAME_ROW, text.left))
    return "\n".join(text.text for text in found)


def _shape_texts(shape: Any, group: Any) -> Iterator[_Text]:
    """Texts of a shape and of those grouped in it; the members of a group keep together at the group's place."""
    place = group if group is not None else shape
    if hasattr(shape, "shapes"):
        members = sorted(shape.shapes, key=lambda member: ((member.top or 0) // _SAME_ROW, member.left or 0))
        for member in members:
            yield from _shape_texts(member, place)
        return
    text = _table_text(shape.table) if shape.has_table else _frame_text(shape)
    if text.strip():
        yield _Text(place.top or 0, place.left or 0, text)


def _frame_text(shape: Any) -> str:
    if not shape.has_text_frame:
        return ""
    return "\n".join(_bulleted(paragraph) for paragraph in shape.text_frame.paragraphs if paragraph.text.strip())


def _bulleted(paragraph: Any) -> str:
    text = paragraph.text.replace("\v", "\n").strip()
    properties = paragraph._p.pPr
    is_bulleted = properties is not None and any(properties.find(bullet) is not None for bullet in _BULLETS)
    return f"{'  ' * paragraph.level}• {text}" if is_bulleted else text


def _table_text(table: Any) -> str:
    """Rows as `header: cell; ...`; a table of one row is that row."""
    rows = [[" ".join(cell.text.split()) for cell in row.cells] for row in table.rows]
    if len(rows) < 2:
        return "; ".join(cell for row in rows for cell in row if cell)
    return "\n".join(filter(None, (_table_line(rows[0], row) for row in rows[1:])))


def _table_line(header: list[str], row: list[str]) -> str:
    fields = zip(header, row, strict=False)
    return "; ".join(f"{name}: {cell}" if name else cell for name, cell in fields if cell)
