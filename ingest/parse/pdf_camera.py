"""Pictures of what stands on the pages of a PDF."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pypdfium2
from PIL import Image

from ingest.blocks import Picture, Position
from ingest.parse.pdf_open import REOPEN_AFTER, open_document
from ingest.parse.pdf_text import Box
from ingest.parse.pictures import jpeg

SCALE = 1.4
"""Pixels a point, about 100 dpi: text is easily read, and a page of it takes 100 kB."""
_SIDE = 2_000
_KEPT = 4  # pages that neighbouring chunks share
_MOST_PLACES = 8
"""Places on one picture: more would be a file of many pages again."""


def picture_of(page: Any, scale: float) -> Picture | None:
    """The page; None where it has no area to draw."""
    image = _drawn(page, scale)
    return jpeg(image) if image else None


class Camera:
    """Takes pictures of places in one PDF; use as a context."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._document: Any = None
        self._drawn = 0
        self._pages: OrderedDict[int, tuple[Image.Image, float] | None] = OrderedDict()

    def __enter__(self) -> Camera:
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def picture(self, positions: Sequence[Position]) -> Picture | None:
        """Exactly these places, the first on top, as many as one picture holds; None where there is nothing to draw."""
        crops = [crop for position in positions[:_MOST_PLACES] if (crop := self._crop(position))]
        if not crops:
            return None
        if len(crops) == 1:
            return jpeg(crops[0])
        sheet = Image.new("RGB", (max(crop.width for crop in crops), sum(crop.height for crop in crops)), "white")
        top = 0
        for crop in crops:
            sheet.paste(crop, (0, top))
            top += crop.height
        return jpeg(sheet)

    def _crop(self, position: Position) -> Image.Image | None:
        number, left, right, top, bottom = position
        page = self._page(number)
        if page is None or right <= left or bottom <= top:
            return None
        image, scale = page
        return image.crop(_pixels((left, top, right, bottom), scale, image))

    def _page(self, number: int) -> tuple[Image.Image, float] | None:
        if number not in self._pages:
            self._pages[number] = self._draw(number)
            while len(self._pages) > _KEPT:
                self._pages.popitem(last=False)
        self._pages.move_to_end(number)
        return self._pages[number]

    def _draw(self, number: int) -> tuple[Image.Image, float] | None:
        if self._drawn % REOPEN_AFTER == 0:  # PDFium keeps what it has once read
            self._close()
            self._document = open_document(self._path)
        self._drawn += 1
        try:
            page = self._document[number - 1]
        except (pypdfium2.PdfiumError, IndexError):
            return None
        try:
            image = _drawn(page, SCALE)
            return (image, image.width / max(page.get_size()[0], 1)) if image else None
        finally:
            page.close()

    def _close(self) -> None:
        if self._document is not None:
            self._document.close()
            self._document = None


def _drawn(page: Any, scale: float) -> Image.Image | None:
    try:
        bitmap = page.render(scale=min(scale, _SIDE / max(*page.get_size(), 1)))
    except (pypdfium2.PdfiumError, ValueError):
        return None
    try:
        return bitmap.to_pil().copy()
    finally:
        bitmap.close()


def _pixels(box: Box, scale: float, image: Image.Image) -> tuple[int, int, int, int]:
    left, top = max(0, int(box[0] * scale)), max(0, int(box[1] * scale))
    right, bottom = min(image.width, round(box[2] * scale)), min(image.height, round(box[3] * scale))
    return left, top, max(right, left + 1), max(bottom, top + 1)
