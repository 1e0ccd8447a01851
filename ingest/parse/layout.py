"""Reading order of the pieces of text on a page: columns first, then lines, then left to right."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from statistics import median

_DEEPEST = 4
_FEWEST_LINES = 3
_FEWEST_SEGMENTS = 8
_FEWEST_STAGGERED = 6
_BESIDE = 0.15  # of a line's height by which the middles of two lines of one row differ
_LINES_BACK = 3
_WIDEST_PAGE = 20_000
_FILLED = 0.6
"""Share of a column's width that a line of prose has at least; shorter ones are cells of a table, to be read across."""
_PROSE, _LONG = 15, 28
"""Characters of a line of prose at least, and of one that need not fill the width: it may be that of several columns."""
_MOSTLY = 0.6
"""Share of a column's characters that stand in lines of prose."""
BULLETS = "•●○◦▪■□◆◇►▶❖➢➤✓✔*·‣⁃–—-"
MARKER = re.compile(
    rf"([{BULLETS}]|[(（]?(\d{{1,3}}|[a-zA-Z]|[ivxIVX]{{1,5}}|[一二三四五六七八九十百]{{1,4}})[.)）、．:]"
    r"|第\s?[\d.一二三四五六七八九十百零〇两]{1,7}\s?[条章节编部篇款项问]|[QA问答][:：]|\d{1,2}(\.\d{1,3}){1,4}\.?)(?=\s|$|[一-鿿])"
)
"""What a list item, a numbered heading, an article or a question begins with."""


@dataclass(frozen=True, slots=True)
class Segment:
    """Text that stands together on one line, its box in points from the top left corner of the page.

    `size` is the height of its writing, `words` are (left, right, text) where words can be told apart; `piece` is the number
    of the table or figure whose place it keeps, which has no text.
    """

    text: str
    left: float
    top: float
    right: float
    bottom: float
    size: float = 0.0
    is_bold: bool = False
    words: tuple[tuple[float, float, str], ...] = ()
    piece: int | None = None

    @property
    def height(self) -> float:
        """Points from top to bottom."""
        return self.bottom - self.top


@dataclass(frozen=True)
class Row:
    """Segments that share a line, from left to right."""

    parts: tuple[Segment, ...]

    @property
    def piece(self) -> int | None:
        """The number of the table or figure whose place it keeps."""
        return self.parts[0].piece

    @cached_property
    def text(self) -> str:
        """The line as it reads."""
        text = self.parts[0].text
        for before, part in zip(self.parts, self.parts[1:], strict=False):
            is_touching = part.left - before.right < 0.1 * part.height
            text += ("" if is_touching else " ") + part.text
        return text

    @cached_property
    def box(self) -> tuple[float, float, float, float]:
        """Left, top, right, bottom."""
        parts = self.parts
        return parts[0].left, min(p.top for p in parts), max(p.right for p in parts), max(p.bottom for p in parts)

    @cached_property
    def size(self) -> float:
        """The height of most of its writing."""
        longest = max(self.parts, key=lambda part: len(part.text))
        return longest.size or longest.height

    @cached_property
    def is_bold(self) -> bool:
        """Whether all of it is."""
        return all(part.is_bold for part in self.parts)

    @cached_property
    def is_tabular(self) -> bool:
        """Whether it has cells: text, a wide gap, and text again; the gap behind a list's bullet is none."""
        parts = self.parts[1:] if MARKER.fullmatch(self.parts[0].text) else self.parts
        return len(parts) > 1 and any(
            after.left - before.right > 1.2 * max(before.size, 1) for before, after in zip(parts, parts[1:], strict=False)
        )


def lines_across(segments: Iterable[Segment]) -> list[Row]:
    """The lines of the page as if it had no columns."""
    return _lines(list(segments))


def columns_in_order(segments: Iterable[Segment]) -> list[list[Row]]:
    """The lines of each column, or of what lies across the columns, in the order in which a person reads them."""
    return [rows for column in _columns(list(segments), 0) if (rows := _lines(column))]


def _columns(segments: list[Segment], depth: int) -> list[list[Segment]]:
    """Parts of the page to be read one after the other: what lies left of a gutter before what lies right of it.

    Whatever crosses the gutter (a title, a wide figure's caption) ends the columns above it and begins them anew below.
    """
    gutter = _gutter(segments) if depth < _DEEPEST and len(segments) >= _FEWEST_SEGMENTS else None
    if gutter is None:
        return [segments]
    parts: list[list[Segment]] = []
    for is_wide, group in groupby(sorted(segments, key=_reading_height), key=lambda part: part.left < gutter < part.right):
        parts += [list(group)] if is_wide else _sides(list(group), gutter, depth)
    return parts


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
    is_prose = [_is_prose(left), _is_prose(right)]
    if not all(is_prose) and not (any(is_prose) and _are_staggered(left, right)):
        return False
    (left_top, left_bottom), (right_top, right_bottom) = _reach(left), _reach(right)
    beside = min(left_bottom, right_bottom) - max(left_top, right_top)
    return beside > 0.3 * min(left_bottom - left_top, right_bottom - right_top)


def _are_staggered(left: Sequence[Segment], right: Sequence[Segment]) -> bool:
    """Whether the lines of two sides seldom stand beside each other, as those of a table's rows do."""
    few, many = sorted(([segment for segment in side if segment.piece is None] for side in (left, right)), key=len)
    middles = [(line.top + line.bottom) / 2 for line in many]
    beside = sum(any(abs((line.top + line.bottom) / 2 - other) < _BESIDE * line.height for other in middles) for line in few)
    return len(few) >= _FEWEST_STAGGERED and beside < len(few) / 2


def _is_prose(side: Sequence[Segment]) -> bool:
    """Whether most of its characters stand in lines that fill the column, as cells of a table seldom do."""
    lines = [segment for segment in side if segment.piece is None]
    if not lines:
        return True
    edge = sorted(segment.right for segment in lines)[int(0.9 * len(lines))]
    width = edge - min(segment.left for segment in lines)
    filled = (line for line in lines if line.right - line.left >= (0 if len(line.text) >= _LONG else _FILLED * width))
    prose = sum(len(line.text) for line in filled if len(line.text) >= _PROSE)
    return prose >= _MOSTLY * sum(len(line.text) for line in lines)


def _reach(segments: Sequence[Segment]) -> tuple[float, float]:
    return min(segment.top for segment in segments), max(segment.bottom for segment in segments)


def _lines(segments: Sequence[Segment]) -> list[Row]:
    lines: list[list[Segment]] = []
    for segment in sorted(segments, key=_reading_height):
        # A raised or lowered part of a line may come before or after the line's own middle.
        line = max(lines[-_LINES_BACK:], key=lambda line: _shared(segment, line), default=None)
        if line and _shared(segment, line) > 0.5:
            line.append(segment)
        else:
            lines.append([segment])
    return [Row(tuple(sorted(line, key=lambda segment: segment.left))) for line in lines]


def _reading_height(segment: Segment) -> float:
    return segment.top if segment.piece is not None else (segment.top + segment.bottom) / 2


def _shared(segment: Segment, line: Sequence[Segment]) -> float:
    """How much of the lower of the two stands beside the other, 0..1; a line is as high as its widest part."""
    if segment.piece is not None or line[0].piece is not None:
        return 0.0
    widest = max(line, key=lambda part: part.right - part.left)
    shared = min(segment.bottom, widest.bottom) - max(segment.top, widest.top)
    return shared / max(min(segment.height, widest.height), 0.1)
