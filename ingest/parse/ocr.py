"""Text of a page that is only a picture: which way it lies, then its lines with their boxes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ingest.parse import ocr_engine
from ingest.parse.ocr_engine import HEIGHT, Pixels, Quad, Read

__all__ = ["DPI", "Box", "Line", "Reading", "page_scale", "read"]

Box = tuple[float, float, float, float]
"""Left, top, right, bottom."""
Points = NDArray[np.floating]
"""Rows of x, y."""

DPI = 150
"""Resolution at which pages are drawn to be read."""
_LARGEST_PIXELS = 12_000_000
_SAMPLE, _SAMPLE_RATIO, _SAMPLE_WIDTH = 4, 12, 0.7
"""Lines read, narrowed, to tell which way a page lies: those of about so many times their height."""
_SURE = 0.85
"""Score of lines that lie right; of those upside down, few reach it."""
_LEGIBLE = 0.5
_DOUBTFUL = 0.9
_PITCH = 14.0
"""Pixels that a letter is wide at least, in lines of the height that the model reads, to be told from its neighbours."""
_NARROWEST = 0.45
_LEAST_SKEW = 0.3
_LARGEST_SKEW = 30.0


@dataclass(frozen=True, slots=True)
class Line:
    """Text that stands together, its box in pixels of the page set upright, and how sure it is (0..1)."""

    text: str
    left: float
    top: float
    right: float
    bottom: float
    score: float


@dataclass(frozen=True, slots=True)
class Reading:
    """The lines of a page from top to bottom, on the page set upright: after `quarters` anticlockwise turns, `skew` degrees taken out."""

    size: tuple[int, int]  # width and height of the upright page
    quarters: int = 0
    skew: float = 0.0
    lines: list[Line] = field(default_factory=list)

    def as_given(self, box: Box) -> Box:
        """Where a box of the upright page lies on the image that was read: the box around it, in its pixels."""
        left, top, right, bottom = box
        corners = np.array([(left, top), (right, top), (right, bottom), (left, bottom)])
        points = _turned_back(_rotated(corners, self.size, self.skew), self.size, self.quarters)
        width, height = self.size if self.quarters % 2 == 0 else self.size[::-1]
        (left, top), (right, bottom) = points.min(0), points.max(0)
        return max(0.0, float(left)), max(0.0, float(top)), min(float(width), float(right)), min(float(height), float(bottom))


def page_scale(width: float, height: float) -> float:
    """Pixels for a point, to draw a page of so many points for reading; huge pages are drawn coarser."""
    return min(DPI / 72, math.sqrt(_LARGEST_PIXELS / max(1.0, width * height)))


def read(image: Image.Image) -> Reading:
    """Read a page, whichever way it lies; a Reading without lines when it shows no text."""
    pixels = np.ascontiguousarray(np.asarray(image.convert("RGB"))[:, :, ::-1])
    quads = ocr_engine.quads(pixels)
    if not quads:
        return Reading(image.size)
    best: _Page | None = None
    for quarters in _likely_turns(quads):
        page = _Page.turned(pixels, quads, quarters)
        if best is None or page.sureness > best.sureness:
            best = page
        if page.sureness >= _SURE:
            break
    assert best is not None
    return best.reading()


def _likely_turns(quads: Sequence[Quad]) -> tuple[int, ...]:
    """The turns to try, the likely one first: most of the writing runs across, or else the page lies on its side."""
    areas = [_area(quad) for quad in quads]
    tall = sum(area for quad, area in zip(quads, areas, strict=True) if ocr_engine.is_tall(quad))
    return (1, 3) if tall > sum(areas) / 2 else (0, 2)


def _area(quad: Quad) -> float:
    return float(np.linalg.norm(quad[0] - quad[1]) * np.linalg.norm(quad[0] - quad[3]))


class _Page:
    """A page after a guess of which way it lies, with a few of its lines read to tell whether that was right."""

    def __init__(self, pixels: Pixels, quads: Sequence[Quad], quarters: int) -> None:
        self._quads, self._quarters = list(quads), quarters
        self._size = (pixels.shape[1], pixels.shape[0])
        self._lines = [ocr_engine.cut(pixels, quad) for quad in quads]
        order = sorted(range(len(quads)), key=lambda index: abs(self._lines[index].shape[1] / self._lines[index].shape[0] - _SAMPLE_RATIO))
        self._sample = dict(zip(order[:_SAMPLE], self._read(order[:_SAMPLE], _SAMPLE_WIDTH), strict=True))

    @classmethod
    def turned(cls, pixels: Pixels, quads: Sequence[Quad], quarters: int) -> _Page:
        """The page after so many anticlockwise turns; `quads` are its lines before them."""
        if not quarters:
            return cls(pixels, quads, 0)
        turned = np.ascontiguousarray(np.rot90(pixels, quarters))
        return cls(turned, ocr_engine.quads(turned), quarters)

    @property
    def sureness(self) -> float:
        """How sure the lines of the sample are, by their length; 0..1."""
        weights = [len(read.text) + 1 for read in self._sample.values()]
        scores = [read.score for read in self._sample.values()]
        return float(np.average(scores, weights=weights)) if weights else 0.0

    def reading(self) -> Reading:
        """All of its lines."""
        width = self._width()
        reads = dict(self._sample) if width <= _SAMPLE_WIDTH else {}
        rest = [index for index in range(len(self._quads)) if index not in reads]
        reads |= zip(rest, self._read(rest, width), strict=True)
        self._read_again(reads)
        skew = _skew(self._quads)
        lines = [
            _line(_rotated(self._quads[index], self._size, -skew), read)
            for index, read in reads.items()
            if read.text and read.score >= _LEGIBLE
        ]
        lines.sort(key=lambda line: (line.top, line.left))
        return Reading(self._size, self._quarters, skew, lines)

    def _width(self) -> float:
        """How far the lines of this page may be narrowed, by how wide the letters of the sample are."""
        letters = sum(len(read.text) for read in self._sample.values())
        pixels = sum(self._lines[index].shape[1] * HEIGHT / self._lines[index].shape[0] for index in self._sample)
        return min(1.0, max(_NARROWEST, _PITCH * letters / pixels))

    def _read_again(self, reads: dict[int, Read]) -> None:
        """Give lines that are not sure their whole width, and, where they are not legible at all, another way up."""
        for index in [index for index, read in reads.items() if read.score < _DOUBTFUL]:
            line = self._lines[index]
            tries = ocr_engine.texts([line] if reads[index].score >= _LEGIBLE else [line, np.rot90(line, 2).copy()], width=1.0)
            reads[index] = max([reads[index], *tries], key=lambda read: read.score)

    def _read(self, indexes: Sequence[int], width: float) -> list[Read]:
        return ocr_engine.texts([self._lines[index] for index in indexes], width=width)


def _skew(quads: Sequence[Quad]) -> float:
    """Degrees by which the lines fall to the right, clockwise; 0 where they are level or of all directions."""
    long = [quad for quad in quads if np.linalg.norm(quad[0] - quad[1]) > 4 * np.linalg.norm(quad[0] - quad[3])]
    if not long:
        return 0.0
    angle = float(np.median([math.degrees(math.atan2(*(quad[1] - quad[0])[::-1])) for quad in long]))
    return angle if _LEAST_SKEW <= abs(angle) <= _LARGEST_SKEW else 0.0


def _line(corners: Points, read: Read) -> Line:
    """The line with the box around its letters: the detector leaves a margin of an eighth of its height."""
    left, right, middle = corners[:, 0].min(), corners[:, 0].max(), corners[:, 1].mean()
    tall = np.linalg.norm(corners[0] - corners[3]) if right - left > np.ptp(corners[:, 1]) else np.ptp(corners[:, 1])
    half, margin = tall * 3 / 8, min(tall, right - left) / 8
    return Line(read.text, float(left + margin), float(middle - half), float(right - margin), float(middle + half), read.score)


def _rotated(points: Points, size: tuple[int, int], degrees: float) -> Points:
    """Points turned clockwise about the middle of a page."""
    middle, angle = np.array(size) / 2, math.radians(degrees)
    matrix = np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
    return np.asarray((points - middle) @ matrix + middle)


def _turned_back(points: Points, size: tuple[int, int], quarters: int) -> Points:
    """Points of a page of `size` before its anticlockwise quarter turns."""
    width, height = size
    x, y = points[:, 0], points[:, 1]
    if quarters == 1:
        return np.stack([height - y, x], 1)
    if quarters == 2:
        return np.stack([width - x, height - y], 1)
    if quarters == 3:
        return np.stack([y, width - x], 1)
    return points
