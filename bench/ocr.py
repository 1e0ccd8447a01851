"""Reading pages that are pictures: wrong characters by condition and language, pages a second, memory over many pages."""

from __future__ import annotations

import resource
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.figures import Figure
from bench.ocr_pages import LANGUAGES, Drawn, drawn, errors, hard
from bench.server import Server
from ingest.chunk import chunk_file
from ingest.parse import ocr, ocr_engine

THREADS = 2
SPEED_PAGES = 8
MANY, FEW_LINES = 300, 6
UPRIGHT_GOAL, HARD_GOAL = "<= 2", "<= 5"


def measure(_: Server, folder: Path) -> Iterator[Figure]:
    """Yield the errors on upright and hard pages, the pages a second, and the megabytes that the last two thirds of 300 pages add."""
    ocr_engine.use_threads(THREADS)
    for language in LANGUAGES:
        yield _errors(language, "upright", drawn(language), UPRIGHT_GOAL)
        for condition, page in hard(language).items():
            yield _errors(language, condition, page, HARD_GOAL)
    for language in LANGUAGES:
        pages = [drawn(language, seed=seed).image for seed in range(SPEED_PAGES)]
        begun, worked = time.monotonic(), time.process_time()
        for page in pages:
            ocr.read(page)
        rate, cost = SPEED_PAGES / (time.monotonic() - begun), (time.process_time() - worked) / SPEED_PAGES
        note = f"{THREADS} threads; {cost:.1f} s of processor a page"
        yield Figure("ocr", f"{language} pages of 35 full lines at 150 dpi, one process", rate, "pages/s", ">= 1", note)
    with TemporaryDirectory() as scratch, ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        seconds, grown = pool.submit(parsed, scan(Path(scratch), MANY)).result()
    yield Figure("ocr", f"memory that pages {MANY // 3} to {MANY} of a scanned PDF add", grown, "MB", "<= 30", f"{seconds:.0f} s")


def scan(folder: Path, count: int) -> Path:
    """A PDF of scanned pages, each of its own length."""
    drawings = (drawn(LANGUAGES[number % 2], lines=2 + number % FEW_LINES, points=9 + number % 5, seed=number) for number in range(count))
    pages = [page.image.convert("L") for page in drawings]
    path = folder / "scan.pdf"
    pages[0].save(path, save_all=True, append_images=pages[1:], resolution=150, quality=60)
    return path


def parsed(path: Path) -> tuple[float, float]:
    """Seconds, and megabytes that the peak grew after the first third."""
    ocr_engine.use_threads(THREADS)
    peaks: list[int] = []
    begun = time.monotonic()
    drafts = chunk_file(path, name="scan.pdf", method="naive", config={}, language="English",
                        report=lambda *_: peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss))
    for _ in drafts:
        pass
    return time.monotonic() - begun, (peaks[-1] - peaks[len(peaks) // 3]) / 1024


def _errors(language: str, condition: str, page: Drawn, goal: str) -> Figure:
    begun = time.monotonic()
    found = "\n".join(line.text for line in ocr.read(page.image).lines)
    share = 100 * errors(page.text, found)
    return Figure("ocr", f"{language}, {condition}: wrong characters", share, "%", goal, f"{time.monotonic() - begun:.1f} s")
