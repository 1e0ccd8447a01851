"""Reading order of the pieces of text on a page: columns first, then lines, then left to right."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

_DEEPEST = 4
_FEWEST_LINES = 3
_FEWEST_SEGMENTS = 8
_LINES_BACK = 3
_WIDEST_PAGE = 20_000
_PROSE = 15
"""Characters that half of a column's lines have at least; shorter ones are cells of a table, to be read across."""


@dataclass(frozen=True, slots=True)
class Segment:
    """Text that stands together on one line, its box in points from the top left corner of the page."""

    text: str
    left: float
    top: float
    right: float
    bottom: float

    @property
    def height(self) -> float:
        """Points from top to bottom."""
        return self.bottom - self.top


def lines_in_order(segments: Iterable[Segment]) -> list[Segment]:
    """Whole lines in the order in which a person reads them."""
    return [line for column in _columns(list(segments), 0) for line in _lines(column)]


def _columns(segments: list[Segment], depth: int) -> list[list[Segment]]:
    """Parts of the page to be read one after the other: what lies left of a gutter before what lies right of it.

    Whatever crosses the gutter (a title, a wide figure's caption) ends the columns above it and begins them anew below.
    """
    gutter = _gutter(segments) if depth < _DEEPEST and len(segments) >= _FEWEST_SEGMENTS else None
    if gutter is None:
        return [segments]
    parts: list[list[Segment]] = []
    band: list[Segment] = []
    for segment in sorted(segments, key=lambda segment: segment.top):
        if segment.left < gutter < segment.right:
            parts += [*_sides(band, gutter, depth), [segment]]
            band = []
        else:
            band.append(segment)
    return parts + _sides(band, gutter, depth)


def _sides(band: list[Segment], gutter: float, depth: int) -> list[list[Segment]]:
    left = [segment for segment in band if segment.right <= gutter]
    right = [segment for segment in band if segment.right > gutter]
    if len(left) < _FEWEST_LINES and len(right) < _FEWEST_LINES:
        return [band] if band else []
    return [part for side in (left, right) if side for part in _columns(side, depth + 1)]


def _gutter(segments: Sequence[Segment]) -> float | None:
    """The middle of the emptiest vertical strip between two columns of prose; None when there are no columns."""
    start, end = min(segment.left for segment in segments), max(segment.right for segment in segments)
    if end - start > _WIDEST_PAGE:
        return None
    covered = [0] * (int(end - start) + 2)
    for segment in segments:
        covered[int(segment.left - start)] += 1
        covered[min(len(covered) - 1, int(segment.right - start) + 1)] -= 1
    for x in range(1, len(covered)):
        covered[x] += covered[x - 1]
    narrowest = max(4, int(median(segment.height for segment in segments) * 0.6))
    best = _emptiest(covered, narrowest)
    gutter = None if best is None else start + best
    return gutter if gutter is not None and _parts_columns(segments, gutter) else None


def _emptiest(covered: Sequence[int], narrowest: int) -> float | None:
    """The middle of the widest strip among those with the fewest segments, in the middle seven tenths."""
    low, high = int(len(covered) * 0.15), int(len(covered) * 0.85)
    best: tuple[int, int, float] | None = None
    x = low
    while x < high:
        width = 1
        while x + width < high and covered[x + width] == covered[x]:
            width += 1
        if width >= narrowest and (best is None or (covered[x], -width) < best[:2]):
            best = (covered[x], -width, x + width / 2)
        x += width
    return best[2] if best else None


def _parts_columns(segments: Sequence[Segment], gutter: float) -> bool:
    left = [segment for segment in segments if segment.right <= gutter]
    right = [segment for segment in segments if segment.left >= gutter]
    crossing = len(segments) - len(left) - len(right)
    if min(len(left), len(right)) < max(_FEWEST_LINES, crossing / 2):
        return False
    if min(median(len(segment.text) for segment in side) for side in (left, right)) < _PROSE:
        return False
    (left_top, left_bottom), (right_top, right_bottom) = _reach(left), _reach(right)
    beside = min(left_bottom, right_bottom) - max(left_top, right_top)
    return beside > 0.3 * min(left_bottom - left_top, right_bottom - right_top)


def _reach(segments: Sequence[Segment]) -> tuple[float, float]:
    return min(segment.top for segment in segments), max(segment.bottom for segment in segments)


def _lines(segments: Sequence[Segment]) -> list[Segment]:
    lines: list[list[Segment]] = []
    for segment in sorted(segments, key=lambda segment: (segment.top + segment.bottom) / 2):
        # A raised or lowered part of a line may come before or after the line's own middle.
        line = max(lines[-_LINES_BACK:], key=lambda line: _shared(segment, line), default=None)
        if line and _shared(segment, line) > 0.5:
            line.append(segment)
        else:
            lines.append([segment])
    return [_joined(line) for line in lines]


def _shared(segment: Segment, line: Sequence[Segment]) -> float:
    """How much of the lower of the two stands beside the other, 0..1; a line is as high as its widest part."""
    widest = max(line, key=lambda part: part.right - part.left)
    shared = min(segment.bottom, widest.bottom) - max(segment.top, widest.top)
    return shared / max(min(segment.height, widest.height), 0.1)


def _joined(line: Sequence[Segment]) -> Segment:
    ordered = sorted(line, key=lambda segment: segment.left)
    text = ordered[0].text
    for before, segment in zip(ordered, ordered[1:], strict=False):
        is_touching = segment.left - before.right < 0.1 * segment.height
        text += ("" if is_touching else " ") + segment.text
    return Segment(
        text,
        ordered[0].left,
        min(segment.top for segment in ordered),
        max(segment.right for segment in ordered),
        max(segment.bottom for segment in ordered),
    )
