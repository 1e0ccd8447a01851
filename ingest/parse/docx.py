"""Word files: paragraphs and tables in reading order, with the pictures between them."""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docx
from docx.document import Document
from docx.opc.exceptions import PackageNotFoundError
from docx.oxml import parse_xml
from docx.oxml.ns import qn
from lxml import etree

from ingest.blocks import Block, Picture, Unreadable
from ingest.parse.archive import DAMAGED, check_tree
from ingest.parse.docx_tables import rows_of, texts_of
from ingest.parse.tables import html_table

_P, _TBL, _BOX, _BLIP = qn("w:p"), qn("w:tbl"), qn("w:txbxContent"), qn("a:blip")
# A drawing is stored twice, the second time for old programs.
_UNSEEN = frozenset((qn("w:del"), qn("w:moveFrom"), qn("w:pPr"), "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"))
_HEADING = re.compile(r"heading ([1-9])$", re.IGNORECASE)
_OUTLINE_LEVELS = frozenset("012345678")
_PICTURE_KINDS = {"image/png": "png", "image/jpeg": "jpeg"}


def blocks(path: Path, *, title: str) -> Iterator[Block]:
    """Paragraphs, and each table captioned with `title` and the headings above it (contract 7.3, docx)."""
    check_tree(path)
    try:
        document = docx.Document(str(path))
        reader = _Reader(document, title)
        yield from reader.blocks(document.element.body)
        for notes in _notes(document):
            yield from reader.blocks(notes)
    except (PackageNotFoundError, etree.LxmlError, zipfile.BadZipFile, zlib.error, LookupError, ValueError, OSError, EOFError) as error:
        raise Unreadable(DAMAGED) from error
    except (AttributeError, TypeError) as error:  # python-docx, when a part or an attribute it counts on is missing
        raise Unreadable(DAMAGED) from error


class _Reader:
    """Walks the body and remembers the headings on the way."""

    def __init__(self, document: Document, title: str) -> None:
        self._part = document.part
        self._levels = dict(_heading_levels(document))
        self._title = title
        self._headings: dict[int, str] = {}

    def blocks(self, container: Any) -> Iterator[Block]:
        """Blocks of the body, a text box, or whatever wraps paragraphs (content controls, tracked insertions)."""
        for child in container:
            if child.tag == _P:
                yield from self._paragraph(child)
            elif child.tag == _TBL:
                yield from self._table(child)
            elif child.tag not in _UNSEEN and isinstance(child.tag, str):
                yield from self.blocks(child)

    def _paragraph(self, paragraph: Any) -> Iterator[Block]:
        text = "".join(texts_of(paragraph)).strip()
        level = self._level(paragraph) if text else 0
        if level:
            self._headings = {above: heading for above, heading in self._headings.items() if above < level} | {level: text}
        pictures = list(self._pictures(paragraph))
        if text or pictures:
            yield Block(text, picture=pictures[0] if pictures else None, level=level)
        yield from (Block("", picture=picture) for picture in pictures[1:])
        for box in _outermost(paragraph, _BOX):
            yield from self.blocks(box)

    def _level(self, paragraph: Any) -> int:
        """From 1, as the style or the paragraph itself says; 0 for body text."""
        own = paragraph.find(f"{qn('w:pPr')}/{qn('w:outlineLvl')}")
        if own is not None and own.get(qn("w:val"), "") in _OUTLINE_LEVELS:
            return int(own.get(qn("w:val"))) + 1
        return self._levels.get(paragraph.style, 0)

    def _pictures(self, paragraph: Any) -> Iterator[Picture]:
        for blip in _outermost(paragraph, _BLIP):
            part = self._part.related_parts.get(blip.get(qn("r:embed")))
            kind = _PICTURE_KINDS.get(part.content_type) if part is not None else None
            if kind:
                yield Picture(part.blob, kind)  # type: ignore[arg-type]

    def _table(self, table: Any) -> Iterator[Block]:
        rows = rows_of(table)
        if sum(map(len, rows)) == 1:  # a frame around text, not a table
            yield from self.blocks(next(table.iter(qn("w:tc"))))
            return
        headings = [heading for _, heading in sorted(self._headings.items())]
        html = html_table(rows, caption="Table Location: " + " > ".join([self._title, *headings]) if headings else "")
        if html:
            yield Block(html, is_table=True)


def _heading_levels(document: Document) -> Iterator[tuple[str, int]]:
    """Styles of headings, those that are based on another of them, too."""
    styles = list(document.styles.element.style_lst)
    levels: dict[str, int] = {}
    for style in styles:
        found = _HEADING.match(style.name_val or "")
        if found:
            levels[style.styleId] = int(found.group(1))
    for style in styles:
        based_on = style.find(qn("w:basedOn"))
        if style.styleId not in levels and based_on is not None and based_on.get(qn("w:val")) in levels and style.get(qn("w:type")) == "paragraph":
            levels[style.styleId] = levels[based_on.get(qn("w:val"))]
    return iter(levels.items())


def _notes(document: Document) -> Iterator[Any]:
    """Footnotes, then endnotes; their separators are drawn, not written."""
    for relation in document.part.rels.values():
        if relation.reltype.endswith(("/footnotes", "/endnotes")) and not relation.is_external:
            yield from (note for note in parse_xml(relation.target_part.blob) if note.get(qn("w:type"), "normal") == "normal")


def _outermost(element: Any, tag: str) -> Iterator[Any]:
    """Descendants of that tag, but none within another, nor in what is not seen."""
    walker = etree.iterwalk(element, events=("start",))
    for _, node in walker:
        if node.tag == tag:
            yield node
        if node.tag == tag or node.tag in _UNSEEN or node.tag == _BOX:
            walker.skip_subtree()
