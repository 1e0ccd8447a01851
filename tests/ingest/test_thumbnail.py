"""Thumbnails: where a file has a picture, and none where it has not (contract 2.3)."""

from __future__ import annotations

import io

import pytest
from PIL import Image
from tests.ingest import samples

from ingest.thumbnail import thumbnail


def _size(png: bytes | None) -> tuple[int, int]:
    assert png is not None
    with Image.open(io.BytesIO(png)) as image:
        assert image.format == "PNG"
        return image.size


@pytest.fixture
def made(tmp_path):
    def run(name: str, content: bytes) -> bytes | None:
        path = tmp_path / "stored"
        path.write_bytes(content)
        return thumbnail(path, name)

    return run


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF"])
def test_an_image_is_scaled_to_30_pixels(made, kind):
    assert _size(made(f"a.{kind.lower()}", samples.picture(kind, (600, 400)))) == (30, 20)


def test_a_pdf_shows_its_first_page(made):
    assert _size(made("a.pdf", samples.pdf(samples.lines("first")))) == (191, 270)


def test_a_presentation_shows_the_picture_saved_with_it(made):
    assert _size(made("a.pptx", samples.slides(lambda slide: None))) == (256, 192)


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.txt", b"text"), ("a.docx", b"text"), ("a.pdf", b"%PDF-1.4 broken"), ("a.pdf", b""), ("a.png", b"\x89PNG\r\n\x1a\nbroken"),
     ("a.png", b""), ("a.pptx", b"PK\x03\x04broken"), ("a.jpg", samples.picture("JPEG", (600, 400))[:300]), ("a.mp4", b"x"),
     ("a.pptx", samples.zipped(docProps__thumbnail_jpeg=b"no picture"))],
    ids=["text", "word", "broken pdf", "empty pdf", "broken png", "empty png", "broken pptx", "half a jpeg", "film", "odd picture"],
)
def test_a_file_without_a_picture_or_broken_has_none(made, name, content):
    assert made(name, content) is None


def test_an_image_of_absurd_size_has_none(made):
    header = b"P6 60000 60000 255\n"
    assert made("a.png", header + b"\0" * 100) is None
