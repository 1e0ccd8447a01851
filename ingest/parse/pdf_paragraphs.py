"""Lines of a PDF page as paragraphs, and what becomes of a paragraph that a column or a page interrupts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

from ingest.blocks import Block, Position
from ingest.parse.layout import BULLETS, MARKER, Row
from ingest.parse.pdf_text import HYPHEN, Box

Place = Callable[[Box], Position]
"""From a box of the writing set upright to its place on the page as shown."""
_WIDER = 1.3  # times the usual distance of lines, from which a line begins something new
_USUAL = 2.2  # sizes that the usual distance of lines has at most
_SAME_SIZE = 0.1
_INDENT = 0.8  # sizes
_FULL = 0.85  # of the column's width that a line has at least whose paragraph may go on elsewhere
_HALF = 0.5  # where a small letter or a broken word tells so
_HEADING_GAP = 0.6  # sizes between the lines of a heading
_APART = 1.8  # heights of a line between lines of one box
_MOST_PAGES = 3  # that a paragraph lies on
_RUNNING = 15  # sizes that a single line of running text is wide
_CJK = re.compile(r"[　-〿一-鿿぀-ヿ豈-﫿＀-￯]")
_ENDED = re.compile(r"[.!?:;。！？：；…][\"'”’)\]）」』]*$")
_SENTENCE_END = re.compile(r"(?<=[.!?;])\s+(?=\S)|(?<=[。！？；])(?=\S)")
_PAUSES = ".!?:;,。！？：；，"
_WORD_ENDS = ("-", HYPHEN)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a paragraph and its place."""

    text: str
    position: Position


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Lines that belong together; `fill` is how much of the column the last one takes, 0 where it is no running text."""

    lines: tuple[Line, ...]
    size: float
    is_bold: bool
    fill: float = 0.0
    is_row: bool = False
    level: int = 0
    is_turned: bool = False

    @property
    def text(self) -> str:
        """Its lines as one, broken words whole again."""
        text = self.lines[0].text
        for line in self.lines[1:]:
            text = continued(text, line.text)
        return text.replace(HYPHEN, "-")

    @property
    def page(self) -> int:
        """Where it begins."""
        return self.lines[0].position[0]

    def block(self) -> Block:
        """What the chunk methods get."""
        first, *more = united(line.position for line in self.lines)
        return Block(self.text, position=first, more=tuple(more), level=self.level)

    def sentences(self) -> Iterator[Block]:
        """The text sentence by sentence, each with the places of the lines that it stands on."""
        text, ends = "", []
        for line in self.lines:
            text = continued(text, line.text) if text else line.text
            ends.append(len(text))
        starts = [0, *(match.end() for match in _SENTENCE_END.finditer(text)), len(text)]
        for start, end in pairwise(starts):
            lines = [line for line, last, first in zip(self.lines, ends, [0, *ends], strict=False) if last > start and first < end]
            first, *more = united(line.position for line in lines)
            yield Block(text[start:end].strip().replace(HYPHEN, "-"), position=first, more=tuple(more))

    def goes_on_in(self, other: Paragraph) -> bool:
        """Whether `other`, the next text in another column or on another page, continues the sentence."""
        if self.level or other.level or self.is_row or other.is_row or MARKER.match(other.lines[0].text):
            return False
        if abs(self.size - other.size) > _SAME_SIZE * self.size or self.is_bold != other.is_bold:
            return False
        last = self.lines[-1].text
        if _ENDED.search(last) or other.lines[-1].position[0] - self.page >= _MOST_PAGES:
            return False
        if last.endswith(_WORD_ENDS) or other.lines[0].text[:1].islower():
            return self.fill >= _HALF
        return self.fill >= _FULL and not self._is_above(other)

    def is_heading_with(self, other: Paragraph) -> bool:
        """Whether both are lines of one heading."""
        if not self.level or self.level != other.level or self.is_bold != other.is_bold or abs(self.size - other.size) > 0.5:
            return False
        distance = other.lines[0].position[3] - self.lines[-1].position[4]
        is_new = MARKER.match(other.lines[0].text) or other.lines[0].text[:1].isdigit()
        return not is_new and distance < _HEADING_GAP * self.size and len(self.lines) < _MOST_PAGES

    def _is_above(self, other: Paragraph) -> bool:
        """Whether the other begins below it on the same page, and not in the next column."""
        (page, *_, top, _), (other_page, *_, other_top, _) = self.lines[-1].position, other.lines[0].position
        return page == other_page and other_top > top

    def with_rest(self, other: Paragraph) -> Paragraph:
        """This paragraph and what continues it."""
        return replace(self, lines=self.lines + other.lines, fill=other.fill)


def united(positions: Iterable[Position]) -> list[Position]:
    """Lines that stand under each other, or beside each other where the writing is turned, share a box."""
    boxes: list[Position] = []
    before: Position | None = None
    for place in positions:
        if before and _touch(before, place):
            page, left, right, top, bottom = boxes[-1]
            boxes[-1] = (page, min(left, place[1]), max(right, place[2]), min(top, place[3]), max(bottom, place[4]))
        else:
            boxes.append(place)
        before = place
    return boxes


def _touch(one: Position, other: Position) -> bool:
    near = _APART * min(other[2] - other[1], other[4] - other[3])
    across = max(one[1], other[1]) - min(one[2], other[2])
    down = max(one[3], other[3]) - min(one[4], other[4])
    return one[0] == other[0] and across <= near and down <= near


def paragraphs(rows: Sequence[Row], place: Place) -> Iterator[Paragraph]:
    """The paragraphs of lines that follow each other in one column."""
    usual, edge = _usual_distance(rows), max((row.box[2] for row in rows), default=0.0)
    for group in _groups(rows, usual):
        limit = max(row.box[2] for row in group) if len(group) > 2 else edge
        start = 0
        is_start = _starts(group, limit)
        for end in range(1, len(group) + 1):
            if end == len(group) or is_start[end]:
                yield _paragraph(group[start:end], limit, place)
                start = end


def _usual_distance(rows: Sequence[Row]) -> float:
    """From line to line, in sizes of the writing."""
    steps = [(after.box[3] - before.box[3]) / max(before.size, 1) for before, after in pairwise(rows)]
    steps = [step for step in steps if 0 < step < 2.5]
    return min(median(steps), _USUAL) if steps else _USUAL


def _groups(rows: Sequence[Row], usual: float) -> Iterator[list[Row]]:
    """Lines of one kind at their usual distance."""
    group: list[Row] = []
    for row in rows:
        if group and _is_apart(group[-1], row, usual):
            yield group
            group = []
        group.append(row)
    if group:
        yield group


def _is_apart(before: Row, row: Row, usual: float) -> bool:
    step = row.box[3] - before.box[3]
    if step < 0 or step > _WIDER * usual * before.size + 1:
        return True
    if abs(row.size - before.size) > _SAME_SIZE * before.size + 0.3 or row.is_bold != before.is_bold:
        return True
    return row.is_tabular or before.is_tabular


def _starts(group: Sequence[Row], limit: float) -> list[bool]:
    """Which lines begin a paragraph."""
    left = min(row.box[0] for row in group)
    indented = [row.box[0] > left + _INDENT * row.size for row in group]
    is_hanging = sum(indented) * 2 > len(group) > 2
    starts = [True]
    for number in range(1, len(group)):
        before, row = group[number - 1], group[number]
        steps_in = indented[number] and not indented[number - 1] and not MARKER.match(before.text)
        steps_out = is_hanging and indented[number - 1] and not indented[number]
        listed = MARKER.match(row.text) is not None and not _is_sentence_inside(before, row, limit)
        starts.append(listed or steps_out or (steps_in and not is_hanging) or _has_ended(before, row, limit))
    return starts


def _is_sentence_inside(before: Row, row: Row, limit: float) -> bool:
    """Whether what looks like a number of a list is one within a sentence that a full line breaks."""
    is_full = limit - before.box[2] < 2 * before.size
    return is_full and row.text[0] not in BULLETS and not MARKER.match(before.text) and before.text[-1:] not in _PAUSES


def _has_ended(before: Row, row: Row, limit: float) -> bool:
    """Whether the next word had room on the line before, but stands on a line of its own."""
    if _is_centred(before, row) or before.text.endswith(_WORD_ENDS):
        return False
    if row.text[:1].islower() and not _ENDED.search(before.text) and before.box[2] - row.box[0] > _HALF * (limit - row.box[0]):
        return False
    width = row.box[2] - row.box[0]
    word = 2 * row.size if _CJK.match(row.text) else width * len(row.text.split(maxsplit=1)[0]) / max(len(row.text), 1)
    return limit - before.box[2] > word + 0.8 * row.size


def _is_centred(before: Row, row: Row) -> bool:
    (left, _, right, _), (other_left, _, other_right, _) = before.box, row.box
    return abs((left + right) - (other_left + other_right)) < 4 and abs(left - other_left) > 4


def _paragraph(rows: Sequence[Row], limit: float, place: Place) -> Paragraph:
    last = rows[-1]
    left = min(row.box[0] for row in rows)
    is_running = len(rows) > 1 or last.box[2] - left >= _RUNNING * last.size
    fill = (last.box[2] - left) / max(limit - left, 1) if is_running else 0.0
    lines = tuple(Line(row.text, place(row.box)) for row in rows)
    sizes = median(row.size for row in rows)
    return Paragraph(lines, sizes, all(row.is_bold for row in rows), fill, is_row=any(row.is_tabular for row in rows))


def continued(text: str, line: str) -> str:
    """A text and its next line, a broken word whole again."""
    if text.endswith(_WORD_ENDS) and len(text) > 1 and text[-2].isalpha():
        return text[:-1] + line if line[:1].islower() else f"{text[:-1]}-{line}"
    if text and line and _CJK.match(text[-1]) and _CJK.match(line[0]):
        return text + line
    return f"{text} {line}"
