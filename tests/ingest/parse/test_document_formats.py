"""Formats beside the usual ones: rich text, OpenDocument, books, Outlook messages, old office files, logs (decisions B9)."""

from __future__ import annotations

import io
import stat
import zipfile
from pathlib import Path

import psutil
import pytest
from tests.ingest import samples
from tests.running import wait_for

from ingest.parse import epub, office, odt, rtf, sniff

OLD_DOC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 500 + "WordDocument\0".encode("utf-16-le") + b"\0" * 500
ODF = ' xmlns:{0}="urn:oasis:names:tc:opendocument:xmlns:{0}:1.0"'
NAMESPACES = "".join(ODF.format(name) for name in ("office", "text", "table"))


def odf(body: str, kind: str = "text") -> bytes:
    content = f"<office:document-content{NAMESPACES}><office:body>{body}</office:body></office:document-content>"
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("mimetype", f"application/vnd.oasis.opendocument.{kind}")
        archive.writestr("META-INF/manifest.xml", "<manifest/>")
        archive.writestr("content.xml", content, zipfile.ZIP_DEFLATED)
    return stream.getvalue()


def book(*pages: str, title: str = "On Kettles") -> bytes:
    items = "".join(f'<item id="p{at}" href="p{at}.xhtml" media-type="application/xhtml+xml"/>' for at in range(len(pages)))
    refs = "".join(f'<itemref idref="p{at}"/>' for at in reversed(range(len(pages))))
    package = f'<package xmlns="http://www.idpf.org/2007/opf"><manifest>{items}</manifest><spine>{refs}</spine></package>'
    container = '<container><rootfiles><rootfile full-path="OPS/package.opf"/></rootfiles></container>'
    files = {f"OPS__p{at}_xhtml": f"<html><head><title>{title}</title></head><body>{page}</body></html>".encode() for at, page in enumerate(pages)}
    return samples.zipped(**{"META-INF__container_xml": container.encode(), "OPS__package_opf": package.encode(), **files})


def stored(folder: Path, content: bytes | str) -> Path:
    path = folder / "stored"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_rich_text_gives_headings_paragraphs_and_tables(tmp_path):
    text = (
        r"{\rtf1\ansi{\stylesheet{\s1 heading 1;}{\s2\outlinelevel1 Mine;}}{\info{\title no text}}"
        r"{\pard\s1 Kettles\par}{\pard\s2 Care\par}\pard Boil {\b once}, \'e9 la carte.\par"
        r"\trowd\cellx1\cellx2\pard\intbl Month\cell Work\cell\row\pard\intbl May\cell Descale\cell\row\pard After.\par}"
    )
    blocks = list(rtf.blocks(stored(tmp_path, text)))
    assert [(block.text, block.level) for block in blocks if not block.is_table] == [
        ("Kettles", 1), ("Care", 2), ("Boil once, é la carte.", 0), ("After.", 0),
    ]  # fmt: skip
    assert blocks[3].text == "<table><tr><th>Month</th><th>Work</th></tr><tr><td>May</td><td>Descale</td></tr></table>"


def test_rich_text_is_read_in_the_code_page_of_its_fonts_and_in_unicode(tmp_path):
    text = (
        rb"{\rtf1\ansi\ansicpg1252{\fonttbl{\f0\fcharset0 Arial;}{\f1\fcharset134 SimSun;}{\f2\fcharset204 Times;}}"
        rb"\f1 \'cb\'ae\'ba\'f8\f2  \'f7\'e0\'e9\'ed\'e8\'ea \f0 \uc1\u27700?\u22774? \u-10179?\u-8704? caf\'e9\v hidden\v0\par}"
    )
    assert [block.text for block in rtf.blocks(stored(tmp_path, text))] == ["水壶 чайник 水壶 😀 café"]


def test_an_opendocument_text_gives_headings_lists_and_tables_in_order(tmp_path):
    body = (
        '<office:text><text:h text:outline-level="2">Care</text:h><text:p>Boil<text:s text:c="2"/>once<text:line-break/>a month.'
        "<office:annotation><text:p>a comment</text:p></office:annotation> Rinse.</text:p>"
        "<text:list><text:list-item><text:p>vinegar</text:p></text:list-item></text:list>"
        "<table:table><table:table-row><table:table-cell><text:p>Month</text:p></table:table-cell></table:table-row>"
        '<table:table-row><table:table-cell table:number-columns-spanned="2"><text:p>May</text:p></table:table-cell></table:table-row></table:table>'
        "</office:text>"
    )
    blocks = list(odt.blocks(stored(tmp_path, odf(body))))
    assert [(block.text, block.level) for block in blocks] == [
        ("Care", 2), ("Boil  once\na month. Rinse.", 0), ("vinegar", 0),
        ('<table><tr><th>Month</th></tr><tr><td colspan="2">May</td></tr></table>', 0),
    ]  # fmt: skip


def test_a_book_is_read_in_the_order_of_its_spine_and_says_its_title_once(tmp_path):
    blocks = list(epub.blocks(stored(tmp_path, book("<p>Second chapter.</p>", "<p>First chapter.</p>"))))
    assert [block.text for block in blocks] == ["On Kettles", "First chapter.", "Second chapter."]


def test_an_opendocument_sheet_is_read_row_by_row(texts):
    cell = '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'
    row = f"<table:table-row>{cell * 2}</table:table-row>"
    table = f'<table:table table:name="Sheet1">{row * 2}</table:table>'.format("Team", "Wins", "Blues", "1")
    assert texts("a.ods", odf(f"<office:spreadsheet>{table}</office:spreadsheet>", "spreadsheet")) == ["Team：Blues; Wins：1"]


@pytest.mark.parametrize("name", ["a.log", "a.py", "a.rs", "a.ini", "a.toml"])
def test_logs_and_source_code_are_text(texts, name):
    [text] = texts(name, "first line\nsecond line")
    assert "first line" in text and "second line" in text


def test_values_between_tabs_are_rows(texts):
    assert texts("a.tsv", "Team\tWins\nBlues\t1\n") == ["Team：Blues; Wins：1"]


def test_an_outlook_message_gives_headers_text_and_attachments(chunk, shared):
    messages: list[str] = []
    found = chunk("mail.msg", shared / "documents/unstructured/fake-email-attachment.msg", messages=messages)
    text = "\n".join(draft.content for draft in found)
    assert text.startswith('From: "Mallori Harrell" <mallori@unstructured.io>')
    assert "Subject: Fake email with attachment" in text and "Hey this is a fake attachment" in text
    assert messages == ["Attachment 1 of 1, fake-attachment.txt: read"]


@pytest.mark.parametrize(
    ("head", "form"),
    [
        (b"\x1f\x8b\x08" + b"\0" * 50, "gz"), (b"7z\xbc\xaf\x27\x1c" + b"\0" * 50, "7z"), (b"Rar!\x1a\x07\x01" + b"\0" * 50, "rar"),
        (b"BZh91AY" + b"\xff" * 50, "bz2"), (b"name" + b"\0" * 253 + b"ustar" + b"\0" * 250, "tar"),
        (samples.zipped(a_txt=b"text"), "zip"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
@pytest.mark.parametrize("name", ["a.txt", "a.docx", "a.bin"])
def test_an_archive_is_refused_by_its_content_whatever_its_name(refusal, head, form, name):
    message = refusal(name, head)
    assert message.startswith("file type not supported yet(") and form in message
    assert message.endswith("archives are not unpacked here; unpack it and upload the files in it")


@pytest.mark.parametrize(("file", "said"), [("fake.doc", "Lorem ipsum dolor sit amet."), ("fake-power-point.ppt", "Adding a Bullet Slide")])
def test_old_office_files_are_read_through_libreoffice(texts, shared, file, said):
    assert any(said in text for text in texts(file, shared / "documents/unstructured" / file))


def test_a_document_by_the_wrong_name_is_read_by_its_content(texts):
    assert texts("a.doc", r"{\rtf1 really rich\par}") == ["really rich"]


def test_without_libreoffice_an_old_file_is_refused_with_what_is_missing(refusal, monkeypatch):
    monkeypatch.setenv("PATH", "/nonexistent")
    missing = "reading it needs LibreOffice, which is not installed on the server; save the file as .docx and upload that"
    assert refusal("a.doc", OLD_DOC) == f"file type not supported yet(.doc): {missing}"


def test_a_damaged_old_file_is_refused(refusal):
    message = refusal("a.doc", OLD_DOC)
    assert "LibreOffice could not open it" in message


@pytest.fixture
def slow_office(tmp_path: Path) -> Path:
    """A LibreOffice that starts another process and never ends; its children write their ids."""
    program = tmp_path / "soffice"
    program.write_text(f"#!/bin/sh\nsleep 300 &\necho $$ $! > {tmp_path}/ids\nwait\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return program


def test_a_conversion_that_never_ends_is_killed_with_its_children(refusal, monkeypatch, slow_office, tmp_path):
    monkeypatch.setenv("PATH", f"{slow_office.parent}:/bin:/usr/bin")
    monkeypatch.setattr(office, "SECONDS", 0.5)
    assert "within 0.5 seconds" in refusal("a.doc", OLD_DOC)
    ids = list(map(int, (tmp_path / "ids").read_text().split()))
    wait_for(lambda: not any(psutil.pid_exists(id) for id in ids))


def test_what_a_conversion_leaves_is_removed(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    path = stored(tmp_path, r"{\rtf1 text}")
    assert sniff.form_of(path, "a.doc") == "rtf"
    with office.modern(path, "a.doc") as readable:
        assert readable == path
    assert list(tmp_path.iterdir()) == [path]
