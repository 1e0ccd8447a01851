"""PDFs that lie, loop or swell: each gives what text it has, or a sentence, in the memory of a few pages."""

from __future__ import annotations

import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import pypdfium2
import pytest
from tests.ingest.samples import lines, pdf

from ingest.blocks import Unreadable

TEXT = b"BT /F 12 Tf 72 700 Td (This page says something that is long enough to be the text of a whole page.) Tj ET"
SAID = "This page says something that is long enough to be the text of a whole page."
FONT = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"


def _file(*objects: bytes) -> bytes:
    """A PDF of these objects, the first of which is its catalogue."""
    data, places = b"%PDF-1.7\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    return data + b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (size, table, size, len(data))


def _stream(content: bytes, entries: bytes = b"") -> bytes:
    return b"<<%s/Length %d>>\nstream\n%s\nendstream" % (entries, len(content), content)


def _page(
    content: bytes = TEXT, *more: bytes, box: bytes = b"0 0 612 792", resources: bytes = b"", entries: bytes = b"", kids: bytes = b"3 0 R"
) -> bytes:
    return _file(
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[%s]/Count %d>>" % (kids, kids.count(b"R")),
        b"<</Type/Page/Parent 2 0 R/MediaBox[%s]/Resources<</Font<</F 5 0 R>>%s>>/Contents 4 0 R>>" % (box, resources),
        _stream(content, entries),
        FONT,
        *more,
    )


def _loop() -> bytes:
    form = _stream(b"/X Do", b"/Type/XObject/Subtype/Form/BBox[0 0 600 700]/Resources<</XObject<</X 6 0 R>>>>")
    return _page(TEXT + b" /X Do", form, resources=b"/XObject<</X 6 0 R>>")


def _bomb() -> bytes:
    return _page(zlib.compress(TEXT + b" " * (100 << 20), 9), entries=b"/Filter/FlateDecode")


HOSTILE: list[tuple[str, Callable[[], bytes]]] = [
    ("a form that draws itself", _loop),
    ("a page of ten miles", lambda: _page(box=b"0 0 1000000 1000000")),
    ("a page that is its own kid", lambda: _page(kids=b"2 0 R 3 0 R")),
    ("a cross reference to nowhere", lambda: _page().replace(b"startxref\n", b"startxref\n9")),
    ("a stream that unpacks to 100 MB", _bomb),
    ("text far beside the page", lambda: _page(TEXT + TEXT.replace(b"72 700", b"99999 -99999"))),
]


@pytest.mark.parametrize("make", [make for _, make in HOSTILE], ids=[name for name, _ in HOSTILE])
def test_the_text_of_a_hostile_pdf_is_read_all_the_same(texts, make):
    assert [text.strip() for text in texts("a.pdf", make())] == [SAID]


BROKEN = {"zeros": b"%PDF-1.7\n" + b"\0" * 500, "no catalogue": b"%PDF-1.4\ntrailer<</Root 1 0 R>>%%EOF", "cut": _page()[:150]}


@pytest.mark.parametrize("data", BROKEN.values(), ids=BROKEN)
def test_a_pdf_without_pages_is_refused(chunk, data):
    with pytest.raises(Unreadable, match="damaged"):
        chunk("a.pdf", data)


def test_a_page_whose_font_lies_is_read_by_eye(texts):
    private = b"begincmap 1 begincodespacerange <00> <FF> endcodespacerange 1 beginbfrange <00> <FF> <E000> endbfrange endcmap"
    font = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/ToUnicode 6 0 R>>"
    data = _page(TEXT, _stream(private)).replace(FONT, font)
    shown = pypdfium2.PdfDocument(data)[0].get_textpage().get_text_range()
    assert "This page" not in shown
    (text,) = texts("a.pdf", data)
    assert text.replace(" ", "") == SAID.replace(" ", "")


MEASURE = """
import resource, sys
from pathlib import Path
from ingest.chunk import chunk_file
peaks = []
def report(progress, message):
    peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
count = sum(1 for _ in chunk_file(Path(sys.argv[1]), name="a.pdf", method="naive", config={}, language="English", report=report))
print(count, len(peaks), (peaks[-1] - peaks[len(peaks) // 5]) // 1024, "rapidocr" in sys.modules)
"""


def test_1200_pages_are_read_in_the_memory_of_a_few_and_without_the_eyes(tmp_path):
    path = tmp_path / "long.pdf"
    path.write_bytes(pdf(*[lines(*[f"Line {n} of page {page} says enough to matter." for n in range(8)]) for page in range(1200)]))
    run = [sys.executable, "-c", MEASURE, str(path)]
    done = subprocess.run(run, capture_output=True, text=True, timeout=240, cwd=Path(__file__).parents[3])
    assert done.returncode == 0, done.stderr
    count, reports, grown, has_eyes = done.stdout.split()
    assert (int(count) > 300, int(reports), has_eyes) == (True, 100, "False")
    assert int(grown) < 20, f"memory grew by {grown} MB over the last four fifths of the pages"
