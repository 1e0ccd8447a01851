"""PDF pages: reading order, tables, positions, and memory bounded by page (contract 4.3, 7.1, 7.3)."""

from __future__ import annotations

import io
from typing import Any

import pypdfium2
import pytest
from tests.ingest import samples
from tests.ingest.samples import lines, pdf

COLUMN = [f"{side} column, line {n} of its prose" for side in ("Left", "Right") for n in range(12)]


def test_lines_have_their_page_and_box_in_points(chunk):
    first, second = chunk("a.pdf", pdf(lines("Hello there, page one"), lines("And page two", left=100, top=500)), chunk_token_num=1)
    assert (first.content, second.content) == ("Hello there, page one", "And page two")
    ((page, left, right, top, bottom),) = first.positions
    assert (page, left) == (1, 72)
    assert 180 < right < 200
    assert 55 < top < 66 < 70 < bottom < 80
    assert second.positions[0][:2] == (2, 100)


def test_columns_are_read_one_after_the_other_below_a_title(texts):
    def fill(page: Any) -> None:
        lines("A title that reaches across both of the columns of the page", left=80, top=60)(page)
        for number in range(12):  # stored row by row, as a careless program does
            page.text(60, 100 + 16 * number, COLUMN[number])
            page.text(320, 100 + 16 * number, COLUMN[12 + number])

    text = "\n".join(texts("a.pdf", pdf(fill)))
    assert text == "\n".join(["A title that reaches across both of the columns of the page", " ".join(COLUMN)])


def test_a_table_without_rules_is_one_by_its_columns(texts):
    def fill(page: Any) -> None:
        for number in range(10):
            for column in range(3):
                page.text(60 + 150 * column, 100 + 16 * number, f"r{number}c{column}")

    (table,) = texts("a.pdf", pdf(fill))
    assert table.startswith("<table><tr><td>r0c0</td><td>r0c1</td><td>r0c2</td></tr><tr><td>r1c0</td>")


def _ruled(page: Any) -> None:
    page.text(60, 60, "Before the table")
    for number in range(4):
        page.line(60, 100 + 20 * number, 360, 100 + 20 * number)
        page.line(60 + 100 * number, 100, 60 + 100 * number, 160)
    for row in range(3):
        for column in range(3):
            page.text(65 + 100 * column, 114 + 20 * row, f"cell {row} {column}")
    page.text(60, 200, "After the table")


def test_a_ruled_table_is_a_chunk_before_the_text_and_its_words_are_not_repeated(chunk):
    table, text = chunk("a.pdf", pdf(_ruled))
    rows = ("".join(f"<td>cell {row} {column}</td>" for column in range(3)) for row in range(3))
    assert table.content == "<table>" + "".join(f"<tr>{row}</tr>" for row in rows) + "</table>"
    assert table.positions == [(1, 60, 360, 100, 160)]
    assert text.content == "Before the table\nAfter the table"


@pytest.mark.parametrize("layout", ["Plain Text", False], ids=repr)
def test_plain_text_does_not_look_for_tables(texts, layout):
    (text,) = texts("a.pdf", pdf(_ruled), layout_recognize=layout)
    assert text.startswith("Before the table\ncell 0 0 cell 0 1 cell 0 2\n")


def test_pages_asked_for_are_read_once_and_no_others(chunk):
    data = pdf(*[lines(f"This is page {n}") for n in range(1, 31)])
    found = chunk("a.pdf", data, pages=[[2, 3], [3, 3], [29, 99]], chunk_token_num=1)
    assert [draft.positions[0][0] for draft in found] == [2, 3, 29, 30]


@pytest.mark.parametrize("pages", [None, [], "all", [[3, 1]], [["a", "b"]], [None], 7, {"a": 1}], ids=repr)
def test_page_ranges_that_are_none_mean_every_page(chunk, pages):
    assert len(chunk("a.pdf", pdf(lines("one"), lines("two")), pages=pages, chunk_token_num=1)) == len(["one two"])


@pytest.mark.parametrize("size", [None, 0, "x", 5, 10**9], ids=repr)
def test_the_window_of_pages_bounds_only_what_is_merged(chunk, size):
    found = chunk("a.pdf", pdf(*[lines(f"page {n}") for n in range(24)]), task_page_size=size)
    windows = {None: 12, 0: 12, "x": 12, 5: 5, 10**9: 24}[size]
    assert sorted({draft.positions[0][0] for draft in found} & {1, windows + 1}) == ([1, windows + 1] if windows < 24 else [1])


def test_words_broken_at_the_end_of_a_line_are_whole_again(texts):
    (text,) = texts("a.pdf", pdf(lines("The rain in Spain is measure-", "ment enough for the plain")))
    assert "measurement" in text.replace("\n", " ")


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_a_turned_page_is_read_and_boxes_lie_on_the_page_as_shown(chunk, turn):
    document = pypdfium2.PdfDocument(pdf(lines("first line of text", "second line of text", "third line of text")))
    page = document[0]
    page.set_rotation(turn)
    width, height = page.get_size()
    path = _saved(document)
    (found,) = chunk("a.pdf", path)
    assert found.content == "first line of text second line of text third line of text"
    for _, left, right, top, bottom in found.positions:
        assert 0 <= left < right <= width
        assert 0 <= top < bottom <= height


def test_a_pdf_by_presentation_is_a_chunk_and_a_picture_for_each_page(chunk):
    found = chunk("a.pdf", pdf(lines("one", "two"), lambda page: None, lines("three")), method="presentation")
    assert [(draft.content, draft.positions) for draft in found] == [
        ("one\ntwo", [(1, 0, 595, 0, 842)]), ("three", [(3, 0, 595, 0, 842)])
    ]
    assert all(draft.image_kind == "jpeg" and draft.image[:2] == b"\xff\xd8" for draft in found)


def _saved(document: pypdfium2.PdfDocument) -> bytes:
    stream = io.BytesIO()
    document.save(stream)
    document.close()
    return stream.getvalue()


def test_nothing_is_read_from_a_page_that_is_damaged(texts):
    assert texts("a.pdf", samples.pdf(lines("fine")).replace(b"/Type /Page\n", b"/Type /Pagx\n", 1)) in (["fine"], [])
