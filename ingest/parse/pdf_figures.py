"""Figures of a PDF page: its images, and drawings that a caption calls a figure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

import pypdfium2
from pypdfium2 import raw

from ingest.parse.layout import Segment
from ingest.parse.pdf_text import Box, Frame, around

FIGURE = re.compile(r"(fig(ure|\.|s\.)?|chart|diagram|exhibit|scheme|plate|photo|abb(ildung|\.)?)\s*[\divx]+|[图圖]\s*[\d一二三四五六七八九十]", re.I)
"""How the caption of a figure begins."""
_DRAWN = (raw.FPDF_PAGEOBJ_IMAGE, raw.FPDF_PAGEOBJ_PATH, raw.FPDF_PAGEOBJ_FORM)
_DEEPEST = 3
_SIDE = 36  # points of each side at least
_LEAST = 0.01  # of the page's area
_MOST = 0.85
_NEAR = 8  # points between parts of one figure
_CAPTION = 40  # points between a figure and its caption
_FEWEST_STROKES = 8
_PROSE = 45  # characters of a line that is no label of a drawing
_MOST_OBJECTS = 3_000
_FRAME = 0.6  # of the page's width: a box of that size frames text


def figures(page: Any, frame: Frame, segments: Sequence[Segment]) -> list[Box]:
    """Boxes of the page's figures as it is shown; drawings only where a caption in `segments` is near."""
    images, strokes = _drawn(page, frame)
    captions = [segment for segment in segments if FIGURE.match(segment.text)]
    width, height = frame.size
    found = [box for box in _clusters(images) if _is_large(box, width * height)]
    if captions and len(strokes) >= _FEWEST_STROKES:
        drawings = [box for caption in captions if (box := _above(caption, images + strokes, segments))]
        found = _clusters(found + [box for box in drawings if _is_large(box, width * height)])
    shown = [(max(0.0, box[0]), max(0.0, box[1]), min(width, box[2]), min(height, box[3])) for box in found]
    return [box for box in shown if min(box[2] - box[0], box[3] - box[1]) >= _SIDE]


def _above(caption: Segment, strokes: Sequence[Box], segments: Sequence[Segment]) -> Box | None:
    """What is drawn between a caption and the prose above it, with the words in it; None when that is no drawing."""
    box = caption.left, caption.top, caption.right, caption.top
    for _ in range(2):  # once within the caption's width, then within the drawing's
        left, _, right, _ = box
        prose = (line for line in segments if _is_prose(line) and line.left < right and left < line.right)
        ceiling = max((line.bottom for line in prose if line.bottom <= caption.top), default=0.0)
        words = [(line.left, line.top, line.right, line.bottom) for line in segments if not _is_prose(line)]
        inside = [part for part in strokes if _is_between(part, ceiling, caption.top, left, right)]
        if len(inside) < _FEWEST_STROKES:
            return None
        box = around([*inside, *(word for word in words if _is_between(word, ceiling, caption.top, left, right))])
    return box


def _is_prose(line: Segment) -> bool:
    return len(line.text) >= _PROSE and FIGURE.match(line.text) is None


def _is_between(box: Box, ceiling: float, floor: float, left: float, right: float) -> bool:
    return box[1] >= ceiling - _NEAR and box[3] <= floor + _NEAR and box[0] < right and left < box[2]


def is_captioned(box: Box, segments: Iterable[Segment]) -> bool:
    """Whether a caption of a figure stands under or over the box."""
    return any(FIGURE.match(segment.text) and _is_near(box, segment) for segment in segments)


def image_share(page: Any, frame: Frame) -> float:
    """How much of the page its largest image covers, 0..1."""
    if next(iter(page.get_objects(filter=(raw.FPDF_PAGEOBJ_IMAGE,), max_depth=_DEEPEST)), None) is None:
        return 0.0
    images, _ = _drawn(page, frame)
    width, height = frame.size
    areas = (max(0.0, min(box[2], width) - max(box[0], 0)) * max(0.0, min(box[3], height) - max(box[1], 0)) for box in images)
    return max(areas, default=0.0) / max(width * height, 1)


def _drawn(page: Any, frame: Frame) -> tuple[list[Box], list[Box]]:
    """Boxes of images and of drawings that are one object, and of the strokes and areas of others."""
    images: list[Box] = []
    strokes: list[Box] = []
    try:
        for number, item in enumerate(page.get_objects(filter=_DRAWN, max_depth=1)):
            if number > _MOST_OBJECTS:
                return images, []
            box = frame.shown(item.get_bounds())
            if item.type != raw.FPDF_PAGEOBJ_PATH:
                images.append(box)
            elif box[2] - box[0] < _FRAME * frame.size[0] or box[3] - box[1] < 1:
                strokes.append(box)
    except pypdfium2.PdfiumError:
        return images, []
    return images, strokes


def _clusters(boxes: Iterable[Box]) -> list[Box]:
    """Boxes that touch, as one each."""
    clusters: list[Box] = []
    for box in sorted(boxes, key=lambda box: box[1]):
        touching = [other for other in clusters if _touch(box, other)]
        while touching:
            for other in touching:
                clusters.remove(other)
                box = around([box, other])
            touching = [other for other in clusters if _touch(box, other)]
        clusters.append(box)
    return clusters


def _touch(one: Box, other: Box) -> bool:
    return (
        one[0] <= other[2] + _NEAR and other[0] <= one[2] + _NEAR and one[1] <= other[3] + _NEAR and other[1] <= one[3] + _NEAR
    )


def _is_large(box: Box, area: float) -> bool:
    width, height = box[2] - box[0], box[3] - box[1]
    return min(width, height) >= _SIDE and _LEAST * area <= width * height <= _MOST * area


def _is_near(box: Box, caption: Segment) -> bool:
    """Whether a caption belongs to a box: under it, or just over it."""
    left, top, right, bottom = box
    beside = caption.left < right and caption.right > left
    return beside and (-_NEAR <= caption.top - bottom <= _CAPTION or -_NEAR <= top - caption.bottom <= _CAPTION / 2)
