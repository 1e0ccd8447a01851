"""The text of a PDF page with its boxes, character by character from PDFium."""

from __future__ import annotations

import ctypes
import math
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from pypdfium2 import raw

from ingest.parse.layout import Segment

Box = tuple[float, float, float, float]
_ELSEWHERE = 0xFFFE
"""What stands in PDFium's text for characters that only their own index tells."""
_UNMAPPED = frozenset((0xFFFD, 0xFFFF))
HYPHEN = "\x02"
"""What PDFium gives for a hyphen that breaks a word at the end of a line."""
_LINE_ENDS = frozenset((0x0A, 0x0D, 0x02))
_BOLD = 600
_BOLD_NAMES = (b"bold", b"black", b"heavy", b"medi", b"cmbx")
_WIDE_GAP = 1.5
"""Gap between characters, in heights of the text, from which they do not stand together."""


def around(boxes: Iterable[Box]) -> Box:
    """The box that holds them all."""
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)


@dataclass(frozen=True, slots=True)
class Frame:
    """Turns PDF coordinates into those of a page shown after `quarters` of clockwise turns, and back."""

    quarters: int
    page: Box  # left, bottom, right, top, as PDF has it

    def shown(self, box: Box) -> Box:
        """Left, top, right, bottom from the top left corner of (left, bottom, right, top) of PDF."""
        left, bottom, right, top = self.page
        if self.quarters == 1:
            return box[1] - bottom, box[0] - left, box[3] - bottom, box[2] - left
        if self.quarters == 2:
            return right - box[2], box[1] - bottom, right - box[0], box[3] - bottom
        if self.quarters == 3:
            return top - box[3], right - box[2], top - box[1], right - box[0]
        return box[0] - left, top - box[3], box[2] - left, top - box[1]

    def stored(self, box: Box) -> Box:
        """The inverse of `shown`."""
        left, bottom, right, top = self.page
        if self.quarters == 1:
            return box[1] + left, box[0] + bottom, box[3] + left, box[2] + bottom
        if self.quarters == 2:
            return right - box[2], box[1] + bottom, right - box[0], box[3] + bottom
        if self.quarters == 3:
            return right - box[3], top - box[2], right - box[1], top - box[0]
        return box[0] + left, top - box[3], box[2] + left, top - box[1]

    @property
    def size(self) -> tuple[float, float]:
        """Width and height as shown."""
        left, bottom, right, top = self.page
        sides = (right - left, top - bottom)
        return sides if self.quarters % 2 == 0 else (sides[1], sides[0])


@dataclass(slots=True)
class _Word:
    """Characters that stand together, with the boxes of the first and the last, as PDF has them."""

    codes: list[int]
    first: Box
    last: Box
    quarters: int  # anticlockwise turns of the writing
    index: int  # of its first character in the page

    def box(self, frame: Frame) -> Box:
        """Around the whole word, in a frame."""
        one, other = frame.shown(self.first), frame.shown(self.last)
        return min(one[0], other[0]), min(one[1], other[1]), max(one[2], other[2]), max(one[3], other[3])


@dataclass(slots=True)
class _Run:
    """Words that stand together on a line, their boxes united."""

    words: list[tuple[Box, str, int]]
    left: float
    top: float
    right: float
    bottom: float
    latest: Box
    index: int  # of its first character
    last: int

    def takes(self, box: Box) -> bool:
        """Whether a word at `box` carries the run on: beside its latest, before or behind it, and on the same line."""
        height = max(self.bottom - self.top, box[3] - box[1])
        gap = max(box[0] - self.latest[2], self.latest[0] - box[2])
        return gap < _WIDE_GAP * height and min(self.bottom, box[3]) - max(self.top, box[1]) > 0

    def add(self, codes: list[int], box: Box, index: int) -> None:
        """Take a word in."""
        self.last = index + len(codes) - 1
        text = "".join(map(chr, codes))
        if not text.isascii():  # halves of surrogate pairs find together
            text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore")
        self.words.append((box, text, index))
        self.left, self.top = min(self.left, box[0]), min(self.top, box[1])
        self.right, self.bottom = max(self.right, box[2]), max(self.bottom, box[3])
        self.latest = box

    def segment(self, page: Any) -> Segment:
        """The run as text; it is bold when its first and its last character are."""
        _, _, longest = max(self.words, key=lambda word: len(word[1]))
        return Segment(
            " ".join(text for _, text, _ in self.words), self.left, self.top, self.right, self.bottom,
            _size(page, longest), _is_bold(page, self.index) and _is_bold(page, self.last),
            tuple((box[0], box[2], text) for box, text, _ in self.words),
        )


@dataclass(frozen=True, slots=True)
class PageText:
    """Segments of a page by the direction of their writing, the commonest first, each in the frame that sets it upright."""

    groups: list[tuple[Frame, list[Segment]]]
    is_readable: bool
    characters: int


def page_text(textpage: Any, page: Box) -> PageText:
    """Read a page; it is not readable when its fonts do not say which characters they draw."""
    lines = list(_lines(textpage))
    words = [word for line in lines for word in line]
    unknown = sum(sum(map(_is_unknown, word.codes)) for word in words if max(word.codes) >= 0xE000)
    known = sum(len(word.codes) for word in words) - unknown
    directions: Counter[int] = Counter()
    for word in words:
        directions[word.quarters] += len(word.codes)
    groups = []
    for quarters, _ in directions.most_common():
        frame = Frame(quarters, page)
        groups.append((frame, _visible(_segments(lines, frame, textpage.raw), frame)))
    return PageText(groups, is_readable=unknown <= known, characters=known)


def _is_unknown(code: int) -> bool:
    return code in _UNMAPPED or 0xE000 <= code <= 0xF8FF


def _size(page: Any, index: int) -> float:
    """The size of a character's font in points as drawn."""
    matrix = raw.FS_MATRIX()
    raw.FPDFText_GetMatrix(page, index, ctypes.byref(matrix))
    return float(raw.FPDFText_GetFontSize(page, index)) * math.hypot(matrix.c, matrix.d)


def _is_bold(page: Any, index: int) -> bool:
    if raw.FPDFText_GetFontWeight(page, index) >= _BOLD:
        return True
    name = ctypes.create_string_buffer(128)
    raw.FPDFText_GetFontInfo(page, index, name, 128, None)
    return any(weight in name.value.lower() for weight in _BOLD_NAMES)


def _lines(textpage: Any) -> Iterator[list[_Word]]:
    """The words of the page by lines as PDFium breaks them, which is also where a word is hyphenated."""
    page, rect = textpage.raw, raw.FS_RECTF()
    reference = ctypes.byref(rect)
    line: list[_Word] = []
    codes: list[int] = []
    boxes: list[Box] = []
    box_of = raw.FPDFText_GetLooseCharBox
    for index, code in enumerate(_codes(page, textpage.count_chars())):
        if code > 0x20 and code != 0xA0:
            box_of(page, index, reference)
            codes.append(code)
            boxes.append((rect.left, rect.bottom, rect.right, rect.top))
            continue
        if codes:
            hyphen = [code] if code == ord(HYPHEN) else []
            line += _words(codes + hyphen, boxes, index - len(codes), raw.FPDFText_GetCharAngle(page, index - len(codes)))
            codes, boxes = [], []
        if code in _LINE_ENDS and line:
            yield _set_right(line)
            line = []


def _codes(page: Any, count: int) -> list[int]:
    """The codes of all characters, and a line end; at once where PDFium's text has exactly these."""
    buffer = (ctypes.c_ushort * (count + 1))()
    codes = buffer[:count] if raw.FPDFText_GetText(page, 0, count, buffer) == count + 1 else [_ELSEWHERE] * count
    return [*(raw.FPDFText_GetUnicode(page, index) if code == _ELSEWHERE else code for index, code in enumerate(codes)), 0x0A]


def _words(codes: list[int], boxes: list[Box], index: int, angle: float) -> Iterator[_Word]:
    """The word, or those that PDFium has not told apart: it puts no space between texts that are drawn one by one."""
    quarters = round(angle / (math.pi / 2)) % 4
    low, high = (0, 2) if quarters % 2 == 0 else (1, 3)
    gap = _WIDE_GAP * max(boxes[0][3] - boxes[0][1] if low == 0 else boxes[0][2] - boxes[0][0], 1)
    start = 0
    for number in range(1, len(boxes)):
        before, box = boxes[number - 1], boxes[number]
        if box[low] - before[high] > gap or before[low] - box[high] > gap:
            yield _Word(codes[start:number], boxes[start], before, quarters, index + start)
            start = number
    yield _Word(codes[start:], boxes[start], boxes[-1], quarters, index + start)


def _set_right(line: list[_Word]) -> list[_Word]:
    """The line, turned about when it says that it is turned but runs the other way, as mirrored fonts make it seem."""
    quarters = line[0].quarters
    axis = 0 if quarters == 2 else 1
    forward = line[-1].last[axis] - line[0].first[axis]
    if quarters and (forward < 0 if quarters == 1 else forward > 0):
        return [replace(word, quarters=(quarters + 2) % 4) for word in line]
    return line


def _segments(lines: list[list[_Word]], frame: Frame, page: Any) -> Iterator[Segment]:
    for line in lines:
        run: _Run | None = None
        for word in (word for word in line if word.quarters == frame.quarters):
            box = word.box(frame)
            if run and not run.takes(box):
                yield run.segment(page)
                run = None
            run = run or _Run([], *box, latest=box, index=word.index, last=word.index)
            run.add(word.codes, box, word.index)
        if run:
            yield run.segment(page)


def _visible(segments: Iterator[Segment], frame: Frame) -> list[Segment]:
    """Segments on the page; what is printed twice to look bold, or lies beside the page, is left out."""
    width, height = frame.size
    seen: dict[tuple[str, int, int], Segment] = {}
    for segment in segments:
        middle, centre = (segment.left + segment.right) / 2, (segment.top + segment.bottom) / 2
        if segment.text and -1 <= middle <= width + 1 and -1 <= centre <= height + 1:
            seen.setdefault((segment.text, round(segment.left / 2), round(segment.top / 2)), segment)
    return list(seen.values())
