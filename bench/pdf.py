"""How fast PDFs with text become chunks with their pictures, and how much memory a long one takes."""

from __future__ import annotations

import resource
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

from fpdf import FPDF

from bench import collections
from bench.figures import Figure
from bench.server import Server
from ingest.chunk import chunk_file

PAGES = 300
LINES, WIDTH = 46, 95


def measure(_: Server, folder: Path) -> Iterator[Figure]:
    """Yield pages a second of one document and of two at once, and the megabytes that the last two thirds of the pages add."""
    with TemporaryDirectory() as scratch, ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        path = Path(scratch) / "long.pdf"
        path.write_bytes(text_pages(PAGES, collections.paragraphs(folder)))
        list(pool.map(parsed, [path] * 2))  # the children load what they need
        seconds, _grown, chunks = pool.submit(parsed, path).result()
        yield Figure("pdf", f"text PDF of {PAGES} pages, one process", PAGES / seconds, "pages/s", "", f"{chunks} chunks with pictures")
        begun = time.monotonic()
        list(pool.map(parsed, [path] * 2))
        yield Figure("pdf", f"two text PDFs of {PAGES} pages at once", 2 * PAGES / (time.monotonic() - begun), "pages/s", ">= 60")
    with TemporaryDirectory() as scratch, ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        path = Path(scratch) / "long.pdf"
        path.write_bytes(text_pages(PAGES, collections.paragraphs(folder)))
        yield Figure("pdf", f"memory that pages {PAGES // 3} to {PAGES} add", pool.submit(parsed, path).result()[1], "MB", "<= 20")


def parsed(path: Path) -> tuple[float, float, int]:
    """Seconds, megabytes grown after the first third, and chunks."""
    peaks: list[int] = []
    begun = time.monotonic()
    drafts = chunk_file(
        path, name="long.pdf", method="naive", config={}, language="English", report=lambda *_: peaks.append(_peak())
    )
    chunks = sum(1 for _ in drafts)
    return time.monotonic() - begun, (peaks[-1] - peaks[len(peaks) // 3]) / 1024, chunks


def text_pages(count: int, paragraphs: Iterator[str]) -> bytes:
    """A PDF of prose with a heading, a header and a number on each page."""
    document = FPDF(unit="pt", format="A4")
    document.set_auto_page_break(False)
    for number in range(1, count + 1):
        document.add_page()
        document.set_font("Helvetica", size=9)
        document.text(72, 40, "A long report of what was found")
        document.text(290, 810, str(number))
        document.set_font("Helvetica", style="B", size=14)
        document.text(72, 84, f"{number}. What page {number} tells")
        document.set_font("Helvetica", size=10)
        words = " ".join(islice(paragraphs, 6)).encode("latin-1", "ignore").decode("latin-1")
        for line in range(LINES):
            document.text(72, 110 + line * 14, words[line * WIDTH:(line + 1) * WIDTH].strip())
    return bytes(document.output())


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
