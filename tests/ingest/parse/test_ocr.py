"""Text of pages that are pictures (issue: OCR): how much of it is wrong, where it stands, and what reading needs."""

from __future__ import annotations

import subprocess
import sys

import pytest
from PIL import Image, ImageDraw, ImageFont

from bench.ocr_pages import LANGUAGES, errors
from ingest.parse import ocr, ocr_engine
from tests.ingest import drawn
from tests.running import ROOT

LINES = 7
HARD = ("turned by 90 degrees", "turned by 270 degrees", "upside down", "2 degrees askew", "white on black", "at 100 dpi", "8 points")


@pytest.fixture(scope="module", autouse=True)
def threads() -> None:
    ocr_engine.use_threads(2)


@pytest.fixture(scope="module")
def pages() -> dict[tuple[str, str], drawn.Drawn]:
    return {(language, name): page for language in LANGUAGES for name, page in drawn.hard_pages(language, lines=LINES, seed=3).items()}


def text_of(image: Image.Image) -> str:
    return "\n".join(line.text for line in ocr.read(image).lines)


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_upright_page_is_read_with_two_wrong_characters_in_a_hundred_at_most(language):
    page = drawn.page(language, lines=20, seed=1)
    assert errors(page.text, text_of(page.image)) <= 0.02


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("condition", HARD)
def test_a_hard_page_is_read_with_five_wrong_characters_in_a_hundred_at_most(pages, language, condition):
    page = pages[language, condition]
    assert errors(page.text, text_of(page.image)) <= 0.05


def test_blanks_between_english_words_are_kept():
    page = drawn.page(lines=6, seed=2)
    assert text_of(page.image) == page.text


def ink(image: Image.Image) -> tuple[int, int, int, int]:
    """The box around what is black."""
    return image.convert("L").point(lambda value: 255 * (value < 128)).getbbox()


@pytest.mark.parametrize("degrees", [0, 90, 180, 270, 2])
def test_a_line_knows_its_place_on_the_image_as_it_was_given(degrees):
    image = Image.new("RGB", (800, 500), "white")
    ImageDraw.Draw(image).text((100, 80), "Here and nowhere else", font=ImageFont.load_default(32), fill="black")
    turned = image.rotate(degrees, Image.Resampling.BICUBIC, expand=True, fillcolor="white")
    reading = ocr.read(turned)
    line, = reading.lines
    assert line.text == "Here and nowhere else"
    found = reading.as_given((line.left, line.top, line.right, line.bottom))
    assert all(abs(side - expected) <= 12 for side, expected in zip(found, ink(turned), strict=True))


def test_a_long_strip_is_read_from_end_to_end():
    """Screens of a chat, many times higher than wide, lose nothing where they are cut to be looked at."""
    image, font = Image.new("RGB", (600, 9_000), "white"), ImageFont.load_default(26)
    wanted = [f"Message number {number} of the talk" for number in range(60)]
    for number, text in enumerate(wanted):
        ImageDraw.Draw(image).text((30, 40 + number * 148), text, font=font, fill="black")
    assert text_of(image).splitlines() == wanted


@pytest.mark.parametrize("image", [Image.new("RGB", (1240, 1754), "white"), Image.new("L", (1, 1)), Image.effect_noise((500, 500), 90)])
def test_a_page_without_text_has_no_lines(image):
    assert ocr.read(image).lines == []


def test_huge_pages_are_drawn_coarser():
    assert ocr.page_scale(595, 842) == pytest.approx(150 / 72)
    side = 14_400
    assert (side * ocr.page_scale(side, side)) ** 2 < 13_000_000


def test_reading_asks_no_network_and_writes_nothing_beside_the_models():
    code = """
import socket, builtins, io
from pathlib import Path
def denied(*_, **__): raise OSError("no network here")
socket.socket.connect = socket.getaddrinfo = denied
from PIL import Image, ImageDraw, ImageFont
from ingest.parse import ocr, ocr_engine
folder = ocr_engine._model_folder()
before = {file: file.stat().st_mtime for file in folder.iterdir()}
image = Image.new("RGB", (500, 100), "white")
ImageDraw.Draw(image).text((20, 30), "Works offline", font=ImageFont.load_default(30), fill="black")
print(ocr.read(image).lines[0].text)
assert before == {file: file.stat().st_mtime for file in folder.iterdir()}
"""
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert (run.stdout, run.returncode) == ("Works offline\n", 0), run.stderr


def test_only_the_opencv_without_windows_is_asked_for():
    """Plain opencv-python and opencv-python-headless overwrite each other's files, and the plain one needs a desktop's libraries."""
    wanted = "\n".join((ROOT / name).read_text() for name in ("requirements.lock", "requirements-dev.lock"))
    names = {line.partition("==")[0] for line in wanted.splitlines()}
    assert not {"opencv-python", "opencv-contrib-python"} & names
