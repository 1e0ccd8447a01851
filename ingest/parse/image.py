"""Pictures as pages: an image as it is shown, a TIFF page by page, of an animation the first picture."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from PIL import ExifTags, Image

from ingest.blocks import Unreadable
from ingest.parse.pictures import UNREADABLE

MOST_PAGES = 1_000
_MOST_BYTES = 400 << 20
"""Of a picture in memory, which holds four bytes for a coloured pixel and one for a grey one."""
_READ_PIXELS = 12_000_000
"""Larger pictures are made smaller before they are read."""
_BYTES = {"1": 1, "L": 1}
_TOO_LARGE = Unreadable("The image is too large: at most 100 million coloured pixels can be read. Save it smaller and upload that.")
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SIDEWAYS = range(5, 9)
_FORMATS = ("PNG", "JPEG", "TIFF", "GIF", "BMP", "WEBP", "ICO", "PCX", "AVIF", "PSD", "JPEG2000")


@dataclass(frozen=True, slots=True)
class Frame:
    """Page `number` (from 1) of `total`: its size in pixels as it is shown, and the picture, perhaps of fewer."""

    number: int
    total: int
    size: tuple[int, int]
    image: Image.Image


def frames(path: Path) -> Iterator[Frame]:
    """The pages, one in memory at a time. Raises Unreadable for what is damaged or too large."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's advice is for programmers; what is too large is refused here
        try:
            yield from _frames(path)
        except Image.DecompressionBombError as error:
            raise _TOO_LARGE from error
        except UNREADABLE as error:
            raise Unreadable("The image is damaged or incomplete, or of a kind that cannot be read.") from error


def _frames(path: Path) -> Iterator[Frame]:
    total = _total(path)
    with Image.open(path, formats=_FORMATS) as image:
        for number in range(1, total + 1):
            image.seek(number - 1)
            yield Frame(number, total, *_shown(image))


def _total(path: Path) -> int:
    """How many pages there are to read: a film's pictures say much the same."""
    with Image.open(path, formats=_FORMATS) as image:
        if image.format != "TIFF":
            return 1
        with suppress(EOFError):
            image.seek(MOST_PAGES)
            raise Unreadable(f"The file has more than {MOST_PAGES:,} pages; split it.")
    with Image.open(path, formats=_FORMATS) as image:  # anew, as Pillow counts one more after it has met the end
        return getattr(image, "n_frames", 1)


def _shown(image: Image.Image) -> tuple[tuple[int, int], Image.Image]:
    """The size of the picture as it is shown, and the picture."""
    size = image.size
    image.draft("RGB", _fitting(size))
    if image.width * image.height * _BYTES.get(image.mode, 4) > _MOST_BYTES:
        raise _TOO_LARGE
    turn = image.getexif().get(ExifTags.Base.Orientation, 1) if image.format != "TIFF" else 1  # Pillow turns a TIFF by itself
    plain = _plain(image)
    small = plain.reduce(max(1, math.ceil(math.sqrt(plain.width * plain.height / _READ_PIXELS))))
    if turn in _TURNS:
        small = small.transpose(_TURNS[turn])
    return size[::-1] if turn in _SIDEWAYS else size, small


def _fitting(size: tuple[int, int]) -> tuple[int, int]:
    """The smallest size that a JPEG need be decoded at."""
    scale = min(1.0, math.sqrt(_READ_PIXELS / max(1, size[0] * size[1])))
    return math.ceil(size[0] * scale), math.ceil(size[1] * scale)


def _plain(image: Image.Image) -> Image.Image:
    """Grey or coloured, on white where it lets through."""
    if image.mode.startswith("I"):  # sixteen bits of grey
        return image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    if image.has_transparency_data:
        seen = image.convert("RGBA")
        sheet = Image.new("RGB", seen.size, "white")
        sheet.paste(seen, mask=seen.getchannel("A"))
        return sheet
    return image.convert("L" if image.mode in _BYTES else "RGB")
