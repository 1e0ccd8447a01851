"""Headers, footers and page numbers: texts at the edges of pages that return on the pages around, or only count them."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from ingest.parse.layout import MARKER, Row, Segment
from ingest.parse.pdf_sheet import Sheet

_AHEAD = 4  # pages on each side that are looked at
_ZONE = 0.12  # of the page's height at its top and at its bottom
_OUTERMOST = 8  # texts on each side
_NEAR = 0.02  # of the page's height by which a line may move
_BODY = 0.5  # of the page's width that a line of running text takes at least, where texts beside it may be running heads
_FEWEST_LINES = 5
_GAP = 20  # points between running text and a head beside it
_OFTEN = 3
_ALIKE = 0.6  # share of lines that make two pages copies of each other
_NUMBER = re.compile(r"[-–—|·\s]*(page|seite|p\.|第)?\s*(\d{1,4}|[ivxlc]{1,6})\s*(页|頁)?\s*([/|,，]|of|von|共)?\s*(共?\d{1,4}\s*(页|頁)?)?[-–—|·\s]*", re.I)
_DIGITS = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class _Edge:
    """Text near the top or the bottom, or beside the running text."""

    key: str
    middle: float  # of the page's height
    segment: Segment
    is_beside: bool = False


def without_margins(sheets: Iterable[Sheet]) -> Iterator[Sheet]:
    """The pages without what is not their text; a few of them are held to compare."""
    around: deque[tuple[Sheet, list[_Edge]]] = deque()
    at = 0  # of the next page to give out
    for sheet in sheets:
        around.append((sheet, _edges(sheet)))
        if len(around) - at > _AHEAD:
            yield _cleaned(around, at)
            at += 1
        if at > _AHEAD:
            around.popleft()
            at -= 1
    while at < len(around):
        yield _cleaned(around, at)
        at += 1


def _edges(sheet: Sheet) -> list[_Edge]:
    """The outermost texts of the upright writing, but none of a table that reaches there."""
    height = max(sheet.size[1], 1)
    rows = [row for part in sheet.parts if part.is_upright for row in part.rows if row.piece is None]
    found = [segment for row in rows for segment in row.parts]
    found.sort(key=lambda segment: segment.top)
    top = [segment for segment in found[:_OUTERMOST] if segment.bottom < _ZONE * height]
    bottom = [segment for segment in found[-_OUTERMOST:] if segment.top > (1 - _ZONE) * height]
    edges = [_Edge(_key(one.text), _middle(one) / height, one) for one in (*top, *bottom)]
    for name, side in _beside(found, sheet.size[0]):
        edges += [_Edge(f"{name} {_counted(one.text, sheet.number)}", _middle(one) / height, one, is_beside=True) for one in side]
    return edges


def _beside(found: list[Segment], width: float) -> Iterator[tuple[str, list[Segment]]]:
    """The few texts that stand apart at the left and at the right of running text over most of the page's width."""
    lines = [segment for segment in found if segment.right - segment.left > _BODY * width]
    if len(lines) < _FEWEST_LINES:
        return
    left, right = min(line.left for line in lines) - _GAP, max(line.right for line in lines) + _GAP
    apart = [segment for segment in found if not MARKER.fullmatch(segment.text)]
    sides = {"left": [one for one in apart if one.right < left], "right": [one for one in apart if one.left > right]}
    yield from ((name, side) for name, side in sides.items() if len(side) <= _OUTERMOST)


def _counted(text: str, number: int) -> str:
    """The text as it is, of a number how far it is from that of the page: in the margin stand also numbers that count lines."""
    return f"page {int(text) - number}" if text.isdecimal() and len(text) < 6 else text.casefold()


def _middle(segment: Segment) -> float:
    return (segment.top + segment.bottom) / 2


def _key(text: str) -> str:
    return _DIGITS.sub("0", text.casefold())


def _cleaned(around: deque[tuple[Sheet, list[_Edge]]], at: int) -> Sheet:
    sheet, edges = around[at]
    others = [other for number, (_, other) in enumerate(around) if number != at]
    if not edges or not others:
        return sheet
    least = min(_OFTEN, len(others) + 1) - 1
    dropped = {
        id(edge.segment) for edge in edges
        if _counts_pages(edge, edges) or sum(_returns(edge, other) for other in others) >= least
    }
    if least == 1 and _is_copy(sheet, next(iter(page for page, _ in around if page is not sheet))):
        return sheet
    parts = [replace(part, rows=[left for row in part.rows if (left := _without(row, dropped))]) for part in sheet.parts]
    parts = [part for part in parts if part.rows]
    return replace(sheet, parts=parts) if parts else sheet


def _without(row: Row, dropped: set[int]) -> Row | None:
    kept = tuple(part for part in row.parts if id(part) not in dropped)
    return row if len(kept) == len(row.parts) else Row(kept) if kept else None


def _counts_pages(edge: _Edge, edges: list[_Edge]) -> bool:
    """Whether it is only a number, and outermost on its side."""
    others = [other for other in edges if not other.is_beside and (other.middle < 0.5) == (edge.middle < 0.5)]
    is_outermost = not edge.is_beside and all(abs(edge.middle - 0.5) >= abs(other.middle - 0.5) for other in others)
    return is_outermost and _NUMBER.fullmatch(edge.segment.text) is not None


def _returns(edge: _Edge, others: list[_Edge]) -> bool:
    return any(edge.key == other.key and abs(edge.middle - other.middle) < _NEAR for other in others)


def _is_copy(sheet: Sheet, other: Sheet) -> bool:
    texts, others = ({row.text for part in page.parts for row in part.rows} for page in (sheet, other))
    return len(texts & others) >= _ALIKE * max(len(texts), 1)
