"""What a PDF page is made of: headings, paragraphs, tables, figures, and where they stand (contract 7.1, 7.3)."""

from __future__ import annotations

import io
import re
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from bench.table_pages import KINDS, drawn_tables
from bench.tables import GOALS, f1
from fpdf import FPDF
from PIL import Image, ImageChops, ImageStat
from tests.ingest.samples import picture

from ingest.blocks import Block
from ingest.chunk import pages
from ingest.chunk.job import Job
from ingest.chunk.options import Options
from ingest.parse.pdf_headings import outline

Fill = Callable[[FPDF], None]
PROSE = (
    "The inspection of the northern plant took nine days and found that most of its valves were sound, "
    "although two of them had been fitted the wrong way round and leaked whenever the pressure fell below the limit "
    "that the maker gives for this type of valve. All of them were replaced in the second week of the same month."
)


def _document(*fills: Fill) -> bytes:
    document = FPDF(unit="pt", format="A4")
    document.set_auto_page_break(False)
    for fill in fills:
        document.add_page()
        document.set_font("Helvetica", size=11)
        fill(document)
    return bytes(document.output())


def _prose(document: FPDF, top: float, text: str = PROSE, *, width: int = 90, left: float = 72) -> float:
    """Write a text in lines of so many characters; return where the next would stand."""
    lines = re.findall(rf".{{1,{width}}}(?:\s|$)", text)
    for number, line in enumerate(lines):
        document.text(left, top + 14 * number, line.strip())
    return top + 14 * len(lines)


@pytest.fixture
def blocks(tmp_path: Path) -> Callable[..., list[Block]]:
    """The blocks of a PDF, as the chunk methods get them."""

    def run(data: bytes, **config: Any) -> list[Block]:
        path = tmp_path / "stored"
        path.write_bytes(data)
        return list(pages.blocks(Job(path, "a.pdf", Options.read(config), "English", lambda *_: None)))

    return run


def test_headings_have_levels_by_their_size_and_weight_and_text_has_none(blocks):
    def fill(document: FPDF) -> None:
        for size, style, top, text in ((24, "", 80, "The plant"), (16, "", 130, "Its valves"), (11, "B", 180, "How they are fitted")):
            document.set_font("Helvetica", style=style, size=size)
            document.text(72, top, text)
            document.set_font("Helvetica", size=11)
        _prose(document, 220)

    found = blocks(_document(fill))
    assert [(block.text, block.level) for block in found[:3]] == [("The plant", 1), ("Its valves", 2), ("How they are fitted", 4)]
    assert [(block.text, block.level) for block in found[3:]] == [(PROSE, 0)]


def test_the_outline_of_a_pdf_says_which_lines_are_headings(blocks, tmp_path):
    def fill(document: FPDF) -> None:
        document.start_section("Its valves", level=1)
        document.text(72, 80, "Its valves")
        _prose(document, 110)

    data = _document(lambda document: document.start_section("The plant"), fill)
    assert [(block.text, block.level) for block in blocks(data)] == [("Its valves", 2), (PROSE, 0)]
    path = tmp_path / "a.pdf"
    path.write_bytes(data)
    assert [(entry.title, entry.level, entry.page) for entry in outline(path)] == [("The plant", 1, 1), ("Its valves", 2, 2)]


def test_headers_footers_and_page_numbers_are_left_out_where_they_return(blocks):
    def page(number: int) -> Fill:
        def fill(document: FPDF) -> None:
            document.text(72, 40, f"Annual report {2020 if number % 2 else 2021}")
            _prose(document, 100, f"Chapter {number} says so. " + PROSE)
            document.text(280, 815, f"- {number} -")

        return fill

    text = "\n".join(block.text for block in blocks(_document(*map(page, range(1, 7)))))
    assert "Annual report" not in text
    assert "- 3 -" not in text
    assert text.count("The inspection of the northern plant") == 6
    alone = [block.text for block in blocks(_document(page(1)))]
    assert alone[0] == "Annual report 2020"


def test_a_running_head_beside_the_text_is_left_out_and_notes_beside_it_are_not(blocks):
    def page(number: int) -> Fill:
        def fill(document: FPDF) -> None:
            for left, top, text in ((505, 114, "Shift work"), (505, 128, str(160 + number)), (505, 170, f"Note {'abcdef'[number]}")):
                document.text(left, top, text)
            _prose(document, 114, f"{PROSE} {PROSE}", width=76)

        return fill

    found = "\n".join(block.text for block in blocks(_document(*map(page, range(6)))))
    assert "Shift work" not in found and "163" not in found
    assert all(f"Note {name}" in found for name in "abcdef")


def test_a_paragraph_goes_on_over_the_end_of_a_page_and_keeps_both_places(blocks):
    head, tail = PROSE[:PROSE.index("whenever")].strip(), PROSE[PROSE.index("whenever"):]

    def first(document: FPDF) -> None:
        _prose(document, 700, head)
        document.set_font("Helvetica", size=8)
        document.text(72, 800, "A note at the foot of the page")

    found = blocks(_document(first, lambda document: (_prose(document, 80, tail), None)[1]))
    whole = next(block for block in found if block.text.startswith("The inspection"))
    assert whole.text == PROSE
    assert [place[0] for place in whole.positions] == [1, 2]


def test_nothing_goes_on_over_a_page_that_is_left_out(blocks):
    head, tail = PROSE[:PROSE.index("whenever")].strip(), PROSE[PROSE.index("whenever"):]
    fills = [lambda document, text=text: (_prose(document, 80, text), None)[1] for text in (head, "In between.", tail)]
    assert [block.text for block in blocks(_document(*fills), pages=[[1, 1], [3, 3]])] == [head, tail]
    assert [block.text for block in blocks(_document(*fills[::2]))] == [PROSE]


def test_columns_are_paragraphs_of_their_own_and_one_goes_on_in_the_next(blocks):
    lines = textwrap.wrap(PROSE, 34)

    def fill(document: FPDF) -> None:
        for number, line in enumerate(lines):
            document.text(60 + 260 * (number // 6), 100 + 14 * (number % 6), line)

    (found,) = blocks(_document(fill))
    assert found.text == PROSE
    assert len(found.positions) == 2


def test_a_list_of_contents_beside_prose_is_a_column_and_no_part_of_its_lines(blocks):
    entries = [f"Entry {number}" for number in range(1, 8)]

    def fill(document: FPDF) -> None:
        for number, entry in enumerate(entries):
            document.text(60, 100 + 23 * number, entry)
        _prose(document, 100, PROSE, width=34, left=300)

    assert " ".join(block.text for block in blocks(_document(fill))) == " ".join((*entries, PROSE))


def test_a_table_over_two_pages_is_one_with_its_caption_and_one_heading(chunk):
    (drawn,) = [table for table in drawn_tables(1) if table.kind == "ruled over two pages"]
    table, *_ = chunk("a.pdf", drawn.data)
    heading = re.match(r"<table><caption>Table \d: What was measured in the plant</caption>(<tr>.*?</tr>)", table.content)
    assert heading is not None
    assert table.content.count(heading[1]) == 1
    assert [place[0] for place in table.positions] == [1, 2]


@pytest.mark.parametrize("kind", KINDS)
def test_cells_of_tables_of_every_make_are_found(kind):
    assert f1([table for table in drawn_tables(2, seed=11) if table.kind == kind]) >= GOALS[kind]


def test_the_strips_beside_the_writing_that_word_shades_are_no_columns(chunk):
    def fill(document: FPDF) -> None:
        for down in range(3):
            for across in range(3):
                for left, width in ((0, 5), (5, 90), (95, 5)):
                    document.rect(72 + 100 * across + left, 72 + 20 * down, width, 20)
                document.text(80 + 100 * across, 86 + 20 * down, f"cell {down}{across}")
        document.text(72, 300, "Text")

    table, _ = chunk("a.pdf", _document(fill))
    rows = ["".join(f"<td>cell {down}{across}</td>" for across in range(3)) for down in range(3)]
    assert table.content == f"<table>{''.join(f'<tr>{row}</tr>' for row in rows)}</table>"


def test_a_figure_is_a_chunk_with_its_caption_and_its_picture(chunk):
    def fill(document: FPDF) -> None:
        _prose(document, 80)
        document.image(io.BytesIO(picture(size=(400, 300))), 150, 200, 200, 150)
        document.text(150, 370, "Figure 3: A valve, seen from above")

    figure, text = chunk("a.pdf", _document(fill))
    assert figure.content == "Figure 3: A valve, seen from above"
    ((page, left, right, top, bottom),) = figure.positions
    assert (page, left, top) == (1, 150, 200)
    with Image.open(io.BytesIO(figure.image)) as image:
        red, green, _ = image.convert("RGB").getpixel((image.width // 2, image.height // 3))
        assert (red > 200, green < 60) == (True, True)
        assert abs(image.width / image.height - (right - left) / (bottom - top)) < 0.05
    assert text.content == PROSE


def _turned(data: bytes, *, turn: int, cut: bool) -> bytes:
    document = pypdfium2.PdfDocument(data)
    page = document[0]
    page.set_rotation(turn)
    if cut:
        page.set_cropbox(40, 300, 580, 820)
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
@pytest.mark.parametrize("cut", [False, True], ids=["whole", "cropped"])
def test_the_image_of_a_chunk_is_the_place_that_its_position_names(chunk, turn, cut):
    data = _turned(_document(lambda document: (_prose(document, 100), None)[1]), turn=turn, cut=cut)
    (found,) = chunk("a.pdf", data)
    assert found.content == PROSE
    ((_, left, right, top, bottom),) = found.positions
    sheet = pypdfium2.PdfDocument(data)[0].render(scale=2).to_pil().convert("L")
    region = sheet.crop((2 * left, 2 * top, 2 * right, 2 * bottom))
    assert ImageStat.Stat(region).mean[0] < 245  # it holds the text
    around = Image.new("L", sheet.size, 255)
    around.paste(region, (2 * left, 2 * top))
    assert ImageStat.Stat(ImageChops.difference(sheet, around)).mean[0] < 0.5  # and nothing is beside it
    with Image.open(io.BytesIO(found.image)) as image:
        shown = image.convert("L").resize(region.size)
    assert ImageStat.Stat(ImageChops.difference(shown, region)).mean[0] < 30


def test_pages_without_text_are_read_by_eye_and_others_are_not(blocks):
    drawn = pypdfium2.PdfDocument(_document(lambda document: (_prose(document, 100), None)[1]))[0].render(scale=2).to_pil()
    stream = io.BytesIO()
    drawn.save(stream, "PNG")
    scan: Fill = lambda document: document.image(stream, 0, 0, 595, 842)  # noqa: E731
    first, second = blocks(_document(lambda document: document.text(72, 100, "A page with its own text."), scan))
    assert first.text == "A page with its own text."
    assert second.text.replace(" ", "") == PROSE.replace(" ", "")
    page, left, right, top, bottom = second.position
    assert page == 2
    assert abs(left - 72) < 6
    assert abs(top - 90) < 8
    assert right < 560
    assert bottom < 160
