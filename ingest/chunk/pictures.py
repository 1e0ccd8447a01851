"""Pictures of a chunk: several are stacked into one, as a chunk has one image (contract 7.3, docx)."""

from __future__ import annotations

import io
from collections.abc import Sequence

from PIL import Image

from ingest.blocks import Picture

MAX_SIDE = 2_000


def stacked(pictures: Sequence[Picture]) -> Picture | None:
    """One picture of all, the first on top; None when there is none."""
    if len(pictures) < 2:
        return pictures[0] if pictures else None
    images = [Image.open(io.BytesIO(picture.data)).convert("RGB") for picture in pictures]
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
