"""Pictures of chunks: several are stacked into one, as a chunk has one image (contract 7.3, docx)."""

from __future__ import annotations

import io
from collections.abc import Sequence

from PIL import Image

from ingest.blocks import Picture

MAX_SIDE = 2_000
MAX_STACKED = 8
UNREADABLE = (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError)
"""What Pillow raises for images that are damaged, unknown or too large."""


def stacked(pictures: Sequence[Picture]) -> Picture | None:
    """One picture of all, the first on top; those that cannot be read are left out, and None is left when none can."""
    if len(pictures) == 1:
        return pictures[0]
    images = [image for image in map(_opened, pictures[:MAX_STACKED]) if image is not None]
    if not images:
        return None
    sheet = Image.new("RGB", (max(image.width for image in images), sum(image.height for image in images)), "white")
    top = 0
    for image in images:
        sheet.paste(image, (0, top))
        top += image.height
    sheet.thumbnail((MAX_SIDE, MAX_SIDE))
    return jpeg(sheet)


def jpeg(image: Image.Image) -> Picture:
    """An image as it is stored with a chunk."""
    stream = io.BytesIO()
    image.convert("RGB").save(stream, "JPEG", quality=80)
    return Picture(stream.getvalue(), "jpeg")


def _opened(picture: Picture) -> Image.Image | None:
    try:
        with Image.open(io.BytesIO(picture.data)) as image:
            image.draft("RGB", (MAX_SIDE, MAX_SIDE))
            image.thumbnail((MAX_SIDE, MAX_SIDE))
            return image.convert("RGB")
    except UNREADABLE:
        return None
