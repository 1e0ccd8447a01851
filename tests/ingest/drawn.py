"""Pages drawn as pictures, for tests; those in Chinese need a font."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from PIL import Image

from bench import ocr_pages
from bench.ocr_pages import Drawn


def page(language: str = "English", **options: object) -> Drawn:
    """A page of running text; a test that asks for Chinese is skipped where no font has it."""
    return _drawn(ocr_pages.drawn, language, **options)


def hard_pages(language: str, **options: object) -> dict[str, Drawn]:
    """The same page as scanners and cameras leave it."""
    return _drawn(ocr_pages.hard, language, **options)


def _drawn(draw: Callable, language: str, **options: object):
    try:
        return draw(language, **options)
    except ocr_pages.Missing as missing:
        pytest.skip(str(missing))


def stored(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    """The bytes of an image file."""
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def scan(*images: Image.Image) -> bytes:
    """A PDF of pictures at 150 dpi alone."""
    return stored(images[0].convert("L"), "PDF", save_all=True, append_images=[image.convert("L") for image in images[1:]], resolution=150)
