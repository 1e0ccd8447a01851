"""Files that are broken, locked or made to harm: each ends as a sentence, soon, and without a trace of Python."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable

import pypdfium2
import pytest
from fpdf import FPDF
from tests.ingest import samples

LEAK = re.compile(r"Traceback|Error\b|<class|0x[0-9a-f]{4}|/tmp/|\bNone\b|b'")


def _encrypted_pdf() -> bytes:
    document = FPDF()
    document.set_encryption(owner_password="owner", user_password="user")
    document.add_page()
    document.set_font("Helvetica")
    document.text(20, 20, "secret")
    return bytes(document.output())


def _bomb(*members: str) -> bytes:
    zeros = b"<x>" + b" " * (300 << 20)
    return samples.zipped(**{member: zeros if number == 0 else b"<x/>" for number, member in enumerate(members)})


def _lying_bomb() -> bytes:
    """A workbook whose directory declares a sheet of 100 bytes that unpacks to much more."""
    data = bytearray(samples.zipped(xl__workbook_xml=b"<x/>", xl__worksheets__sheet1_xml=b"<x>" + b" " * (64 << 20)))
    where = data.rfind(b"xl/worksheets/sheet1.xml") - 46
    data[where + 24:where + 28] = (100).to_bytes(4, "little")
    return bytes(data)


def _locked_office() -> bytes:
    return _ole("EncryptedPackage")


def _locked_zip() -> bytes:
    data = bytearray(samples.zipped(word__document_xml=b"<x/>"))
    data[data.rfind(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


def _sparse_workbook() -> bytes:
    cell = b'<row r="%d"><c r="%s%d"><v>1</v></c></row>'
    rows = cell % (1, b"A", 1) + cell % (1048576, b"XFD", 1048576)
    return samples.zipped(xl__workbook_xml=b"<x/>", xl__worksheets__sheet1_xml=b"<worksheet><sheetData>" + rows + b"</sheetData></worksheet>")


ODT, ODS = b"application/vnd.oasis.opendocument.text", b"application/vnd.oasis.opendocument.spreadsheet"


def _odt(body: str) -> bytes:
    spaces = "".join(f' xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "text"))
    content = f"<office:document-content{spaces}><office:body>{body}</office:body></office:document-content>"
    return samples.zipped(mimetype=ODT, content_xml=content.encode())


def _with_entities(declared: str, used: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(_odt(f"<text:p>before {used} after</text:p>"))) as archive:
        return samples.zipped(mimetype=ODT, content_xml=declared.encode() + archive.read("content.xml"))


def _declaring(content: bytes, part: str) -> bytes:
    """An office file whose text NAME is an entity that this part declares."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as archive, zipfile.ZipFile(stream, "w") as changed:
        for name in archive.namelist():
            data = archive.read(name)
            if name == part:
                data = re.sub(rb"(<\?xml[^>]*\?>)?", rb'\1<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>', data, count=1)
                data = data.replace(b"NAME", b"&x;")
            changed.writestr(name, data)
    return stream.getvalue()


def _ole(stream: str) -> bytes:
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 500 + f"{stream}\0".encode("utf-16-le") + b"\0" * 500


_SWELLING = "<!DOCTYPE x [<!ENTITY a 'aaaaaaaaaa'>" + "".join(f"<!ENTITY {chr(98 + n)} '{f'&{chr(97 + n)};' * 10}'>" for n in range(9)) + "]>"
_ENTITIES = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><x>&b;</x>'
_WORD = samples.word(lambda document: document.add_paragraph("hello NAME there"))
_SLIDES = samples.slides(lambda slide: samples.say(slide, "hello NAME there", left=1, top=1))
PASSWORD, DAMAGED, LARGE, SCANNED = "password", "damaged", "unpacks to more", "no text could be read in them"
BAD: list[tuple[str, str, Callable[[], bytes | str], str]] = [
    ("an encrypted pdf", "a.pdf", _encrypted_pdf, PASSWORD),
    ("an encrypted docx", "a.docx", _locked_office, PASSWORD),
    ("an encrypted xlsx", "a.xlsx", _locked_office, PASSWORD),
    ("a docx of encrypted parts", "a.docx", _locked_zip, PASSWORD),
    ("half a pdf", "a.pdf", lambda: b"%PDF-1.7\n" + b"garbage" * 100, DAMAGED),
    ("half a docx", "a.docx", lambda: samples.word(lambda document: document.add_paragraph("x"))[:4000], DAMAGED),
    ("half a pptx", "a.pptx", lambda: samples.slides(lambda slide: None)[:9000], DAMAGED),
    ("half an xlsx", "a.xlsx", lambda: samples.workbook(one=[["a"], ["b"]])[:3000], DAMAGED),
    ("an xls of noise", "a.xls", lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 99 + "Workbook\0".encode("utf-16-le") * 99, DAMAGED),
    ("a docx without its parts", "a.docx", lambda: samples.zipped(word__document_xml=b"<x/>"), DAMAGED),
    ("a docx that is a workbook's zip", "a.docx", lambda: samples.zipped(xl__workbook_xml=b"<x/>"), DAMAGED),
    ("a zip bomb as docx", "a.docx", lambda: _bomb("word__document_xml"), LARGE),
    ("a zip bomb as xlsx", "a.xlsx", lambda: _bomb("xl__worksheets__sheet1_xml", "xl__workbook_xml"), LARGE),
    ("a zip bomb as pptx", "a.pptx", lambda: _bomb("ppt__slides__slide1_xml", "ppt__presentation_xml"), LARGE),
    ("a docx of 35 MB of text", "a.docx", lambda: samples.zipped(word__document_xml=b"".join(map(b"<p>%d</p>".__mod__, range(2_500_000)))), LARGE),
    ("a zip bomb that lies about its size", "a.xlsx", _lying_bomb, DAMAGED),
    ("a workbook of two cells at its far corners", "a.xlsx", _sparse_workbook, LARGE),
    ("a zip bomb as odt", "a.odt", lambda: samples.zipped(mimetype=ODT, content_xml=b"<x>" + b" " * (300 << 20)), LARGE),
    ("a zip bomb as ods", "a.ods", lambda: samples.zipped(mimetype=ODS, content_xml=b"<x>" + b" " * (300 << 20)), LARGE),
    ("a zip bomb as epub", "a.epub", lambda: _bomb("OPS__page_xhtml", "META-INF__container_xml"), LARGE),
    ("a zip bomb", "a.zip", lambda: _bomb("a_txt"), LARGE),
    ("half an odt", "a.odt", lambda: samples.zipped(mimetype=ODT, content_xml=b"<office"), DAMAGED),
    ("an epub without its book", "a.epub", lambda: samples.zipped(**{"META-INF__container_xml": b"<container/>"}), DAMAGED),
    ("half an Outlook message", "a.msg", lambda: _ole("__properties_version1.0"), DAMAGED),
    ("rich text nested 100,000 deep", "a.rtf", lambda: "{\\rtf1 " + "{" * 100_000 + "deep", "nested too deeply"),
    ("an odt nested 10,000 deep", "a.odt", lambda: _odt("<text:section>" * 10_000 + "</text:section>" * 10_000), DAMAGED),
    ("an odt nested 250 deep", "a.odt", lambda: _odt("<text:section>" * 250 + "</text:section>" * 250), "nested too deeply"),
    ("an odt whose entities swell", "a.odt", lambda: _with_entities(_SWELLING, "&j;"), "entities"),
    ("an epub with entities", "a.epub", lambda: samples.zipped(**{"META-INF__container_xml": _ENTITIES.encode()}), DAMAGED),
    ("a docx with entities", "a.docx", lambda: _declaring(_WORD, "word/document.xml"), "entities"),
    ("a pptx with entities", "a.pptx", lambda: _declaring(_SLIDES, "ppt/slides/slide1.xml"), "entities"),
    ("a png named .pdf", "a.pdf", samples.picture, "file type not supported yet(a png file named .pdf)"),
    ("a png named .txt", "a.txt", samples.picture, "file type not supported yet(a png file named .txt)"),
    ("text named .pdf", "a.pdf", lambda: "just text", "not of that type"),
    ("text named .docx", "a.docx", lambda: "just text", "not of that type"),
    ("noise named .txt", "a.txt", lambda: bytes(range(256)) * 99, "does not hold text"),
    ("a pdf of pictures alone", "a.pdf", lambda: samples.pdf(lambda page: page.image(samples.picture())), SCANNED),
    ("html nested 100,000 deep", "a.html", lambda: "<div>" * 100_000 + "deep", "nested too deeply"),
    ("html of 100,000 open bold tags", "a.html", lambda: "<b><i>" * 50_000 + "deep", "nested too deeply"),
    ("json nested 100,000 deep", "a.json", lambda: "[" * 100_000 + "]" * 100_000, "nested too deeply"),
    ("json nested 500 deep", "a.json", lambda: '{"a":' * 500 + "1" + "}" * 500, "nested too deeply"),
    ("json that breaks off", "a.json", lambda: '{"a": [1, 2', "not valid JSON (line 1, column 12)"),
    ("json with a number of 10,000 digits", "a.json", lambda: "[" + "9" * 10_000 + "]", "too long"),
    ("xml with entities", "a.xml", lambda: _ENTITIES, "entities"),
    ("xml that breaks off", "a.xml", lambda: "<a><b>text", "not well-formed XML"),
    ("csv of a million columns", "a.csv", lambda: "a," * 1_000_000, "16384 columns"),
    ("csv with a field without end", "a.csv", lambda: 'a,b\n1,"' + "x" * (17 << 20), "that can be read"),
]


@pytest.mark.parametrize(("name", "make", "expected"), [case[1:] for case in BAD], ids=[case[0] for case in BAD])
def test_a_bad_file_is_refused_with_a_reason(refusal, name, make, expected):
    message = refusal(name, make())
    assert expected in message
    assert not LEAK.search(message)


def test_deep_but_sane_html_is_read(texts):
    assert texts("a.html", "<div>" * 3_000 + "deep down") == ["deep down"]


def test_unclosed_paragraphs_and_list_items_do_not_count_as_depth(texts):
    assert len(texts("a.html", "<ul>" + "<li>one item of a long list" * 30_000)) > 100


HOSTILE = [
    ("a.md", "<table>\n" * 30_000),
    ("a.md", "a|b\n-|-|-\n" * 30_000),
    ("a.md", "- a|b\n-|-\n" * 20_000),
    ("a.md", "- item\n" * 100_000),
    ("a.md", "```\n" * 50_001),
    ("a.html", "<!--" * 200_000),
    ("a.html", "<a " * 200_000),
    ("a.html", "<" + "a" * 1_000_000),
    ("a.html", "<table><tr><td>a<td>b<tr><td>1<td>2</table>" * 5_000),
    ("a.json", "[" + "1," * 200_000 + "1]"),
    ("a.csv", '"' * 100_000),
    ("a.txt", "!" * 1_000_000),
    ("a.txt", "a" * 1_000_000),
    ("a.eml", "Subject: " + "=?utf-8?q?a?= " * 20_000),
    ("a.eml", "Content-Type: multipart/mixed; boundary=x\n\n" + "--x\n" * 20_000),
]


@pytest.mark.timeout(60)
@pytest.mark.parametrize(("name", "content"), HOSTILE, ids=[f"{name} of {content[:12]!r}" for name, content in HOSTILE])
def test_text_made_to_take_long_does_not(texts, name, content):
    texts(name, content)


def test_pages_that_show_no_text_give_no_chunk(texts):
    assert texts("a.pdf", samples.pdf(samples.lines("words"), lambda page: page.image(samples.picture()))) == ["words"]


def test_a_pdf_of_empty_pages_has_no_chunks(texts):
    assert texts("a.pdf", samples.pdf(lambda page: None, lambda page: None)) == []


def test_a_pdf_cut_off_in_the_middle_is_read_or_refused(chunk, refusal, tmp_path):
    whole = samples.pdf(*[samples.lines(f"page {n}") for n in range(20)])
    document = pypdfium2.PdfDocument(whole)
    assert len(document) == 20
    document.close()
    assert "damaged" in refusal("a.pdf", whole[:600])


def test_a_file_of_zeros_is_no_text(refusal):
    assert "does not hold text" in refusal("a.csv", b"\0" * 5000)


def test_a_zip_with_an_absurd_number_of_entries_is_refused(refusal, tmp_path):
    path = tmp_path / "many.docx"
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(20_001):
            archive.writestr(f"word/{number}.xml", b"")
    assert "unpacks to more" in refusal("a.docx", path)


def test_a_file_on_the_servers_disk_is_not_read_through_an_entity(refusal):
    message = refusal("a.odt", _with_entities('<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>', "&a;"))
    assert "entities" in message and "root:" not in message


def _mail(subject: str, attachment: str, name: str) -> str:
    return (
        f"Subject: {subject}\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary={subject}\n\n--{subject}\n\nbody of {subject}\n"
        f'--{subject}\nContent-Type: application/octet-stream\nContent-Disposition: attachment; filename="{name}"\n\n{attachment}\n--{subject}--\n'
    )


def test_mails_attached_to_mails_are_read_to_a_depth_and_no_deeper(texts):
    mail = "Subject: innermost\n\nbody of innermost"
    for number in range(20):
        mail = _mail(f"mail{number}", mail, "inner.eml")
    text = "\n".join(texts("a.eml", mail))
    read = [number for number in range(20) if f"body of mail{number}\n" in text + "\n"]
    assert read == list(range(20 - len(read), 20)) and 5 <= len(read) <= 7
    assert "innermost" not in text


def test_a_bad_attachment_is_left_out_and_told_and_the_others_are_read(chunk):
    messages: list[str] = []
    inner = _mail("inner", "%PDF-1.7 and nothing more", "broken.pdf")
    found = chunk("a.eml", _mail("outer", inner, "inner.eml"), messages=messages)
    assert "body of inner" in "\n".join(draft.content for draft in found)
    bad = chunk("a.eml", _mail("outer", "%PDF-1.7 and nothing more", "broken.pdf"), messages=messages)
    assert "body of outer" in bad[0].content
    assert messages[-1].startswith("Attachment 1 of 1, broken.pdf: skipped, The file is damaged")


def test_an_archive_attached_to_a_mail_is_not_unpacked(chunk):
    messages: list[str] = []
    chunk("a.eml", _mail("outer", "PK\x03\x04", "photos.zip"), messages=messages)
    assert "photos.zip: skipped, " in messages[-1]
