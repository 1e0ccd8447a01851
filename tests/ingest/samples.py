"""Small files of each format, made on the spot."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Sequence
from typing import Any

import docx
import pptx
import xlsxwriter
from fpdf import FPDF
from PIL import Image
from pptx.util import Pt


def word(fill: Callable[[Any], object]) -> bytes:
    """A .docx whose document `fill` fills."""
    document = docx.Document()
    fill(document)
    return _saved(document.save)


def slides(*fills: Callable[[Any], object]) -> bytes:
    """A .pptx of one slide for each filler."""
    presentation = pptx.Presentation()
    for fill in fills:
        fill(presentation.slides.add_slide(presentation.slide_layouts[6]))
    return _saved(presentation.save)


def say(slide: Any, text: str, *, left: int, top: int) -> None:
    """Put a text box on a slide."""
    slide.shapes.add_textbox(Pt(left), Pt(top), Pt(200), Pt(30)).text_frame.text = text


def workbook(**sheets: Sequence[Sequence[object]]) -> bytes:
    """An .xlsx; underscores in the names become spaces."""
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, {"in_memory": True}) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name.replace("_", " "))
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
    return stream.getvalue()


def pdf(*fills: Callable[[FPDF], object], size: int = 12) -> bytes:
    """A PDF of one A4 page for each filler."""
    document = FPDF(unit="pt", format="A4")
    document.set_auto_page_break(False)
    for fill in fills:
        document.add_page()
        document.set_font("Helvetica", size=size)
        fill(document)
    return bytes(document.output())


def lines(*texts: str, left: int = 72, top: int = 72, leading: int = 16) -> Callable[[FPDF], None]:
    """A filler that writes lines under each other."""

    def fill(document: FPDF) -> None:
        for number, text in enumerate(texts):
            document.text(left, top + number * leading, text)

    return fill


def zipped(**entries: bytes) -> bytes:
    """A zip; double underscores in the names become slashes, single ones dots."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries.items():
            archive.writestr(name.replace("__", "/").replace("_", "."), data)
    return stream.getvalue()


def picture(kind: str = "PNG", size: tuple[int, int] = (40, 30)) -> bytes:
    """A red image."""
    stream = io.BytesIO()
    Image.new("RGB", size, "red").save(stream, kind)
    return stream.getvalue()


def _saved(save: Callable[[io.BytesIO], object]) -> bytes:
    stream = io.BytesIO()
    save(stream)
    return stream.getvalue()
