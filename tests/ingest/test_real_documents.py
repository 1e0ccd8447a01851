"""Files that people really upload (../shared/documents): chunks or a clear refusal, and what a person reads on the page."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.ingest import outcomes

ROOT = Path(__file__).parents[2]
FOLDER = ROOT.parent / "shared" / "documents"
FILES = sorted(str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*.*") if path.name != "README.md") or ["(none found)"]
LEAK = re.compile(r"Traceback|<class|object at 0x|/work/|/tmp/|Errno")
Outcome = Callable[[str], outcomes.Outcome]


@pytest.fixture(scope="module")
def outcome(shared: Path) -> Iterator[Outcome]:
    """What becomes of a file of the folder."""
    with outcomes.child() as child:
        yield lambda name: child.outcome(shared / "documents" / name)


@pytest.mark.parametrize("name", FILES)
def test_a_real_file_ends_as_chunks_or_as_a_clear_refusal(outcome, name):
    chunks, reason = outcome(name)
    if reason is not None:
        assert len(reason) > 20
        assert not LEAK.search(reason)
    for content, positions in chunks:
        assert content.strip()
        assert "\ufffd" not in content or name.endswith((".eml", ".pdf"))
        assert not re.search(r"[\x00-\x08\x0e-\x1f]", content)
        assert positions
        assert all(page >= 1 and right >= left >= 0 and bottom >= top >= 0 for page, left, right, top, bottom in positions)


READ = [
    ("unstructured/fake-text-utf-16-le.txt", ["This is a test document to use for unit tests."]),
    ("unstructured/norwich-city.txt", ["Roberts celebrating after scoring a goal for Norwich City"]),
    ("unstructured/umlauts-non-utf8.md", ["können", "äöüß"]),
    ("unstructured/fake-html-cp1252.html", ["Der Preis betrug 15,50 €", "¡Qué rico!"]),
    ("unstructured/fake-html.html", ["<th>Column 1</th><th>Column 2</th>", "My First Heading\nMy Second Heading"]),
    ("unstructured/example-steelJIS-datasheet-utf-16.html", ["<td>0.39 - 0.46</td><td>0.2 - 0.35</td>", "日本語"]),
    ("unstructured/ideas-page.html", ["How to Get New Ideas\nJanuary 2023\n(Someone fed my essays into GPT"]),
    ("unstructured/stanley-cups-utf-16.csv", ["Stanley Cups\nTeam：Blues; Location：STL; Stanley Cups：1"]),
    ("unstructured/stanley-cups.xlsx", ["Team：Maple Leafs; Location：TOR; Stanley Cups：13 ——Stanley Cups"]),
    ("unstructured/tests-example.xls", ["Abbreviation：TF; Question Type：True/False ——Format Abbr."]),
    ("unstructured/simple.json", ['"text": "These are a few of my favorite things:"']),
    ("unstructured/factbook-utf-16.xml", ["United States\nWashington, DC\nJoe Biden"]),
    ("unstructured/docx-tables.docx", ["<td>&gt;b&lt;</td>", '<td colspan="2">b</td>', "Simple uniform table\nNested Table"]),
    ("unstructured/docx-shapes.docx", ["<floating-shape>"]),
    ("mineru/docx_01.docx", ["Table Location: docx_01 &gt; 1 这是第一章标题 &gt; Many Tables"]),
    ("unstructured/fake-power-point-table.pptx", ["Column 1: Red; Column 2: Green; Column 3: Blue"]),
    ("unstructured/sample-presentation.pptx", ["• And a list of bulleted information\n  • With a sub-bullet"]),
    ("unstructured/eml/email-no-utf8-2008-07-16.062410.eml", ["Subject: RE: שלום\nסלבה היקר,"]),
    ("unstructured/eml/mime-multipart-digest.eml", ["Subject: Second Message\nThis is the second message in the digest."]),
    ("unstructured/eml/fake-email-attachment.eml", ["Here's the attachments!", "Hey this is a fake attachment"]),
    ("unstructured/pdf/multi-column-2p.pdf", ["facto method. In this work, we show that retrieval can be practically implemented using"]),
    ("mineru/demo1.pdf", ["Widespread afforestation through plantation establishment"]),
    ("pdfplumber/issue-336-example.pdf", ['<td rowspan="3">高速公路</td><td>八</td><td>2.5000</td>']),
    ("pdfplumber/issue-53-example.pdf", ["<td>FY2013</td><td>7,723,293</td><td>102.6</td>"]),
    ("pdfplumber/issue-463-example.pdf", ["<td>Header</td><td>Header</td><td>Header</td>", "A grasshopper spent the summer hopping about"]),
    ("pdfplumber/issue-140-example.pdf", ["<td>0085648100305</td><td>CENTRAL KMA</td>", "Approval history"]),
    ("pdfplumber/WARN-Report-for-7-1-2015-to-03-25-2016.pdf", ["<td>McGraw-Hill Education</td><td>Monterey</td><td>137</td>"]),
    ("unstructured/pdf/korean-text-with-tables.pdf", ["<td>할인점</td><td>이마트, 이마트 트레이더스"]),
    ("unstructured/pdf/list-item-example.pdf", ["● What are product types?\n● What challenges may arise in"]),
    ("mineru/small_ocr.pdf", ["商品的使用价值"]),
    ("unstructured/rotated-page-90.pdf", ["Second line of text here"]),
    ("unstructured/fake.doc", ["Lorem ipsum dolor sit amet."]),
    ("unstructured/fake-power-point.ppt", ["• Find the bullet slide layout\n  • Use _TextFrame.text for first bullet"]),
    ("unstructured/fake-doc.rtf", ["<td>Row 1, Cell 1</td><td>Row 1, Cell 2</td>", "My First Heading\nMy first paragraph."]),
    ("unstructured/winter-sports.epub", ["<td>I.</td><td>The Sun-seeker</td><td>1</td>", "WINTER SPORTS IN SWITZERLAND"]),
    ("unstructured/fake.odt", ["<td>Leader</td><td>Sarah</td><td>Mark</td><td>Ryan</td>"]),
    ("unstructured/fake-email.msg", ["Subject: Test Email\n"]),
    ("unstructured/stanley-cups.tsv", ["Team：Blues; Location：STL; Stanley Cups：1"]),
]


@pytest.mark.parametrize(("name", "expected"), READ, ids=[name for name, _ in READ])
def test_a_real_file_reads_as_it_does_to_a_person(outcome, name, expected):
    chunks, _ = outcome(name)
    found = [content for content, _ in chunks]
    for text in expected:
        assert any(text in content for content in found), found[:5]


REFUSED = [
    ("unstructured/password_protected.xlsx", "password"),
    ("unstructured/pdf/password.pdf", "password"),
    ("unstructured/simple.zip", "archives are not unpacked here"),
]


@pytest.mark.parametrize(("name", "expected"), REFUSED, ids=[name for name, _ in REFUSED])
def test_a_real_file_that_cannot_be_read_says_why(outcome, name, expected):
    chunks, reason = outcome(name)
    assert chunks == []
    assert expected in (reason or "")


@pytest.mark.parametrize("name", ["unstructured/empty.txt", "unstructured/empty.xlsx", "unstructured/eml/empty.eml"])
def test_an_empty_file_has_no_chunks_and_is_no_failure(outcome, name):
    assert outcome(name) == ([], None)
