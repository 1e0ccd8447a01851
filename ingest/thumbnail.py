"""Small pictures of files for lists: a PDF's first page, an image, a presentation's first slide (contract 2.3)."""

from __future__ import annotations

import io
import zipfile
import zlib
from pathlib import Path

import pypdfium2
from PIL import Image, ImageOps

from ingest.blocks import Unreadable
from ingest.kinds import extension
from ingest.parse.archive import members
from ingest.parse.pictures import UNREADABLE

IMAGE_SIDE = 30
PAGE_SIDE = 270
"""Longest side of a page or slide in pixels: its title can be read, and the PNG stays near 64 kB."""
_SLIDE = "docProps/thumbnail.jpeg"
_LARGEST_SLIDE = 8 << 20
_MOST_PIXELS = 90_000_000
_IMAGES = frozenset("jpg jpeg png tif tiff gif bmp webp ico tga pcx avif".split())


def thumbnail(path: Path, name: str) -> bytes | None:
    """A PNG, or None for files that have no picture or are damaged; never raises for what a file contains."""
    kind = extension(name)
    try:
        if kind == "pdf":
            return _png(_first_page(path), PAGE_SIDE)
        if kind == "pptx":
            return _slide(path)
        return _image(path) if kind in _IMAGES else None
    except (*UNREADABLE, Unreadable, pypdfium2.PdfiumError, zipfile.BadZipFile, zlib.error):
        return None


def _first_page(path: Path) -> Image.Image:
    document = pypdfium2.PdfDocument(path)
    try:
        page = document[0]
        bitmap = page.render(scale=PAGE_SIDE / max(*page.get_size(), 1))
        return bitmap.to_pil().copy()
    finally:
        document.close()


def _slide(path: Path) -> bytes | None:
    """The picture that the program which saved the slides put beside them."""
    if not 0 < members(path).get(_SLIDE, 0) <= _LARGEST_SLIDE:
        return None
    with zipfile.ZipFile(path) as archive, Image.open(io.BytesIO(archive.read(_SLIDE))) as image:
        return _png(image, PAGE_SIDE)


def _image(path: Path) -> bytes | None:
    with Image.open(path) as image:
        image.draft("RGB", (IMAGE_SIDE, IMAGE_SIDE))
        if image.width * image.height > _MOST_PIXELS:
            return None
        return _png(image, IMAGE_SIDE)


def _png(image: Image.Image, side: int) -> bytes:
    small = image.convert("RGBA" if "A" in image.getbands() or "transparency" in image.info else "RGB")
    small.thumbnail((side, side))
    small = ImageOps.exif_transpose(small)  # a photograph is shown the way its camera was held
    stream = io.BytesIO()
    small.save(stream, "PNG")
    return stream.getvalue()
