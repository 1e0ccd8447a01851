"""Word, spreadsheets, slides and mail (contract 7.3)."""

from __future__ import annotations

import datetime
from email.message import EmailMessage, Message
from email.mime.message import MIMEMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from typing import Any

import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from pptx.util import Pt
from tests.ingest import samples
from tests.ingest.samples import say


def test_a_word_file_gives_tables_with_their_place_and_then_its_paragraphs(texts):
    def fill(document: Any) -> None:
        document.add_heading("Chapter", 1)
        document.add_paragraph("Under the chapter.")
        document.add_heading("Section", 2)
        table = document.add_table(2, 2)
        for cell, text in zip((cell for row in table.rows for cell in row.cells), ("a", "b & c", "d", "e"), strict=True):
            cell.text = text
        document.add_paragraph("After it.")

    assert texts("My file.docx", samples.word(fill)) == [
        "<table><caption>Table Location: My file &gt; Chapter &gt; Section</caption>"
        "<tr><td>a</td><td>b &amp; c</td></tr><tr><td>d</td><td>e</td></tr></table>",
        "Chapter\nUnder the chapter.\nSection\nAfter it.",
    ]


def test_merged_cells_span_and_a_frame_of_one_cell_is_text(texts):
    def fill(document: Any) -> None:
        table = document.add_table(3, 3)
        for number, cell in enumerate(cell for row in table.rows for cell in row.cells):
            cell.text = str(number)
        table.cell(0, 0).merge(table.cell(0, 1)).text = "wide"
        table.cell(1, 2).merge(table.cell(2, 2)).text = "tall"
        document.add_table(1, 1).cell(0, 0).text = "framed"

    assert texts("a.docx", samples.word(fill)) == [
        '<table><tr><td colspan="2">wide</td><td>2</td></tr><tr><td>3</td><td>4</td><td rowspan="2">tall</td></tr>'
        "<tr><td>6</td><td>7</td></tr></table>",
        "framed",
    ]


def test_inserted_text_and_content_controls_are_seen_and_deleted_text_is_not(texts):
    tracked = (
        f"<w:p {nsdecls('w')}><w:r><w:t>kept </w:t></w:r><w:ins w:id='1' w:author='x'><w:r><w:t>new</w:t></w:r></w:ins>"
        "<w:del w:id='2' w:author='x'><w:r><w:delText>old</w:delText></w:r></w:del></w:p>"
    )
    control = f"<w:sdt {nsdecls('w')}><w:sdtContent><w:p><w:r><w:t>in a control</w:t></w:r></w:p></w:sdtContent></w:sdt>"

    def fill(document: Any) -> None:
        for source in (control, tracked):
            document.element.body.insert(0, parse_xml(source))

    assert texts("a.docx", samples.word(fill)) == ["kept new\nin a control"]


def test_pictures_go_with_the_chunk_around_them_stacked_when_there_are_several(chunk, tmp_path):
    path = tmp_path / "picture.png"
    path.write_bytes(samples.picture(size=(40, 30)))

    def fill(document: Any) -> None:
        document.add_paragraph("Above")
        document.add_picture(str(path))
        document.add_picture(str(path))

    def fill_one(document: Any) -> None:
        document.add_picture(str(path))
        document.add_paragraph("Below")

    assert [(draft.content, draft.image_kind) for draft in chunk("a.docx", samples.word(fill_one))] == [("Below", "png")]
    (several,) = chunk("a.docx", samples.word(fill))
    assert (several.content, several.image_kind, several.image[:2]) == ("Above", "jpeg", b"\xff\xd8")


def test_each_row_of_a_workbook_is_a_line_that_names_its_sheet(texts):
    data = samples.workbook(
        Staff=[["Name", "Age", "Joined", "Paid"], ["Ann", 31, "", True], ["Bo", 0.5, None, False]],
        Sheet1=[["only a header"]],
        Empty=[],
    )
    assert texts("a.xlsx", data) == [
        "Name：Ann; Age：31; Paid：TRUE ——Staff\nName：Bo; Age：0.5; Paid：FALSE ——Staff\nonly a header"
    ]


def test_html4excel_captions_tables_with_their_sheet(texts):
    data = samples.workbook(Staff=[["Name"], *[[f"n{n}"] for n in range(13)]])
    found = texts("a.xlsx", data, html4excel=True)
    assert [table.count("<tr>") for table in found] == [13, 2]
    assert all(table.startswith("<table><caption>Staff</caption><tr><th>Name</th></tr>") for table in found)


def test_a_date_is_written_as_a_date(texts):
    assert "2024-02-29" in texts("a.xlsx", samples.workbook(Log=[["Day"], [datetime.date(2024, 2, 29).isoformat()]]))[0]


def test_each_slide_is_a_chunk_read_from_top_to_bottom_and_left_to_right(chunk):
    def fill(slide: Any) -> None:
        say(slide, "below", left=50, top=300)
        say(slide, "right", left=400, top=104)
        say(slide, "left", left=50, top=100)
        table = slide.shapes.add_table(3, 2, Pt(50), Pt(400), Pt(300), Pt(60)).table
        for number, cell in enumerate(table.iter_cells()):
            cell.text = ("Name", "Age", "Ann", "31", "Bo", "")[number]

    found = chunk("a.pptx", samples.slides(fill, lambda slide: None, lambda slide: say(slide, "third", left=1, top=1)))
    assert [(draft.content, draft.positions) for draft in found] == [
        ("left\nright\nbelow\nName: Ann; Age: 31\nName: Bo", [(1, 0, 720, 0, 540)]),
        ("third", [(3, 0, 720, 0, 540)]),
    ]


def test_bullets_are_kept_with_their_depth(texts):
    def fill(slide: Any) -> None:
        frame = slide.shapes.add_textbox(0, 0, Pt(100), Pt(100)).text_frame
        frame.text = "plain"
        for level in range(2):
            paragraph = frame.add_paragraph()
            paragraph.text, paragraph.level = f"item {level}", level
            paragraph._p.get_or_add_pPr().append(parse_xml(f"<a:buChar {nsdecls('a')} char='•'/>"))

    assert texts("a.pptx", samples.slides(fill)) == ["plain\n• item 0\n  • item 1"]


def _mail(**headers: str) -> EmailMessage:
    message = EmailMessage()
    for name, value in headers.items():
        message[name] = value
    return message


def test_a_mail_gives_its_headers_its_text_and_what_is_attached(chunk):
    message = _mail(Subject="Größe und 大小", From="Ann <ann@x.org>", To="bo@x.org")
    message.set_content("First line.\n\nSecond line.")
    message.add_alternative("<html><body><p>First line.</p><p>Only in HTML.</p></body></html>", subtype="html")
    message.add_attachment("attached text", filename="note.txt")
    message.add_attachment(samples.picture(), maintype="image", subtype="png", filename="logo.png")
    message.add_attachment(samples.slides(lambda slide: say(slide, "a slide", left=1, top=1)), maintype="x", subtype="y", filename="s.pptx")
    messages: list[str] = []
    found = chunk("a.eml", message.as_bytes(), messages=messages)
    assert [draft.content for draft in found] == [
        "From: Ann <ann@x.org>\nTo: bo@x.org\nSubject: Größe und 大小\nFirst line.\nSecond line.\nOnly in HTML.",
        "attached text",
        "a slide",
    ]
    assert [draft.positions for draft in found] == [[(n + 1, n, n, n, n)] for n in range(3)]
    assert messages == [
        "Attachment 1 of 3, note.txt: read",
        "Attachment 2 of 3, logo.png: read",
        "Attachment 3 of 3, s.pptx: read",
    ]


def test_mails_attached_to_mails_are_read_down_to_a_limit(texts):
    message = _mail(Subject="level 0")
    message.set_content("innermost")
    for level in range(1, 30):
        outer = _mail(Subject=f"level {level}")
        outer.set_content(f"text {level}")
        outer.add_attachment(message.as_bytes(), maintype="application", subtype="octet-stream", filename="inner.eml")
        message = outer
    found = "\n".join(texts("a.eml", message.as_bytes()))
    assert "level 29" in found
    assert "level 25" in found
    assert "level 10" not in found


def _forwarded(times: int) -> Message:
    """A mail with text in two versions, forwarded as mail programs do."""
    message = MIMEMultipart("mixed")
    message.attach(MIMEMultipart("alternative", None, [MIMEText(f"words {times}"), MIMEText(f"<p>words {times}</p>", "html")]))
    if times:
        message.attach(MIMEMessage(_forwarded(times - 1)))
    return message


def test_a_mail_is_read_however_often_it_was_forwarded_and_what_is_too_deep_is_told(chunk):
    messages: list[str] = []
    (found,) = chunk("a.eml", _forwarded(5).as_bytes(), messages=messages)
    assert (found.content, messages) == ("\n".join(f"words {n}" for n in range(5, -1, -1)), [])
    (found,) = chunk("a.eml", _forwarded(7).as_bytes(), messages=messages)
    assert found.content == "\n".join(f"words {n}" for n in range(7, 1, -1))
    assert messages == ["Left out: what is within more than 5 mails, or 100 parts of a mail."]


def test_lines_of_signs_alone_are_kept_once(texts):
    message = _mail(Subject="x")
    message.set_content("👍\nok")
    message.add_alternative("<p>👍</p><p>OK</p><p>!!</p>", subtype="html")
    assert texts("a.eml", message.as_bytes()) == ["Subject: x\n👍\nok\n!!"]


@pytest.mark.parametrize("kind", ["alternative", "mixed"])
def test_a_mail_whose_parts_cannot_be_told_apart_is_read_as_it_stands(texts, kind):
    assert texts("a.eml", f"Subject: x\nContent-Type: multipart/{kind}\n\nthe words\n") == ["Subject: x\nthe words"]


@pytest.mark.parametrize("charset", ["utf-8", "gb2312", "iso-8859-1"])
def test_a_mail_that_misnames_its_encoding_is_read_all_the_same(texts, charset):
    source = f"Subject: x\nContent-Type: text/plain; charset={charset}\nContent-Transfer-Encoding: 8bit\n\nNaïve café — 大小\n"
    assert texts("a.eml", source) == ["Subject: x\nNaïve café — 大小"]


def test_broken_headers_and_unknown_encodings_do_not_stop_a_mail(texts):
    source = (
        b"Subject: =?nonsense?b?####?= =?utf-8?b?bro\nFrom: =?x-unknown?q?caf=E9?=\nContent-Type: text/plain; charset=nonsense\n\nbody \xe9t\xe9"
    )
    (found,) = texts("a.eml", source)
    assert found.endswith("body été")
