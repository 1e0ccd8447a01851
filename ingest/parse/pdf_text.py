"""The text of a PDF page with its boxes, character by character from PDFium."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from ctypes import byref
from dataclasses import dataclass, replace
from typing import Any

from pypdfium2 import raw

from ingest.parse.layout import Segment

Box = tuple[float, float, float, float]
_BREAKS = frozenset((0x0A, 0x0D))
_UNMAPPED = frozenset((0xFFFD, 0xFFFF))
_HYPHEN = "\x02"
"""What PDFium gives for a hyphen that breaks a word at the end of a line."""
_WIDE_GAP = 1.5
"""Gap between characters, in heights of the text, from which they do not stand together."""


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


@dataclass(frozen=True, slots=True)
class _Character:
    code: int
    box: Box  # as PDF has it
    quarters: int  # anticlockwise turns of the writing


@dataclass(slots=True)
class _Run:
    """Characters that stand together on a line, their boxes united."""

    codes: list[int]
    left: float
    top: float
    right: float
    bottom: float
    latest: Box

    def takes(self, box: Box) -> bool:
        """Whether a character at `box` carries the run on: beside its latest, before or behind it, and on the same line."""
        height = max(self.bottom - self.top, box[3] - box[1])
        gap = max(box[0] - self.latest[2], self.latest[0] - box[2])
        return gap < _WIDE_GAP * height and min(self.bottom, box[3]) - max(self.top, box[1]) > 0

    def add(self, code: int, box: Box) -> None:
        """Take a character in."""
        self.codes.append(code)
        self.left, self.top = min(self.left, box[0]), min(self.top, box[1])
        self.right, self.bottom = max(self.right, box[2]), max(self.bottom, box[3])
        self.latest = box

    def segment(self) -> Segment:
        """The run as text; halves of surrogate pairs find together, spaces are single."""
        text = "".join(map(chr, self.codes)).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore")
        return Segment(" ".join(text.split()), self.left, self.top, self.right, self.bottom)


@dataclass(frozen=True, slots=True)
class PageText:
    """Segments of a page by the direction of their writing, the commonest first, each in the frame that sets it upright."""

    groups: list[tuple[Frame, list[Segment]]]
    is_readable: bool


def page_text(textpage: Any, page: Box) -> PageText:
    """Read a page; it is not readable when its fonts do not say which characters they draw."""
    characters = list(_characters(textpage))
    drawn = [character for character in characters if character.code > 0x20]
    unmapped = sum(character.code in _UNMAPPED or 0xE000 <= character.code <= 0xF8FF for character in drawn)
    groups = []
    for quarters, _ in Counter(character.quarters for character in drawn).most_common():
        frame = Frame(quarters, page)
        groups.append((frame, _visible(_segments(characters, frame), frame)))
    return PageText(groups, is_readable=unmapped * 2 <= len(drawn))


def rejoined(lines: list[Segment]) -> list[Segment]:
    """Lines whose broken words are whole again: the rest of a word moves up to the line where it begins."""
    texts = [line.text for line in lines]
    for number in range(len(texts) - 1):
        if texts[number].endswith(_HYPHEN):
            rest, _, texts[number + 1] = texts[number + 1].partition(" ")
            hyphen = "" if rest[:1].islower() else "-"
            texts[number] = texts[number].rstrip(_HYPHEN) + hyphen + rest
    return [
        Segment(text.replace(_HYPHEN, "-"), line.left, line.top, line.right, line.bottom)
        for text, line in zip(texts, lines, strict=True)
        if text
    ]


def _characters(textpage: Any) -> Iterator[_Character]:
    line: list[_Character] = []
    rect = raw.FS_RECTF()
    quarters, page = 0, textpage.raw
    is_start = True
    for index in range(textpage.count_chars()):
        code = raw.FPDFText_GetUnicode(page, index)
        if is_start and code > 0x20:
            quarters = round(raw.FPDFText_GetCharAngle(page, index) / (math.pi / 2)) % 4
        is_start = code <= 0x20
        raw.FPDFText_GetLooseCharBox(page, index, byref(rect))
        line.append(_Character(code, (rect.left, rect.bottom, rect.right, rect.top), quarters))
        if code in _BREAKS:
            yield from _set_right(line)
            line = []
    yield from _set_right(line)


def _set_right(line: list[_Character]) -> list[_Character]:
    """The line, turned about when it says that it is turned but runs the other way, as mirrored fonts make it seem."""
    drawn = [character for character in line if character.code > 0x20]
    quarters = drawn[0].quarters if drawn else 0
    if quarters == 0 or len(drawn) < 2:
        return line
    axis = 0 if quarters == 2 else 1
    forward = drawn[-1].box[axis] - drawn[0].box[axis]
    is_contrary = forward < 0 if quarters == 1 else forward > 0
    return [replace(character, quarters=(quarters + 2) % 4) for character in line] if is_contrary else line


def _segments(characters: list[_Character], frame: Frame) -> Iterator[Segment]:
    run: _Run | None = None
    for character in characters:
        is_break = character.code in _BREAKS or character.quarters != frame.quarters
        if run and (is_break or character.code <= 0x20 or character.code == 0xA0):
            if is_break:
                yield run.segment()
                run = None
            elif character.code == 0x02:
                run.codes.append(character.code)
            else:
                run.codes.append(0x20)
        elif not is_break and character.code > 0x20:
            box = frame.shown(character.box)
            if run and not run.takes(box):
                yield run.segment()
                run = None
            run = run or _Run([], *box, latest=box)
            run.add(character.code, box)
    if run:
        yield run.segment()


def _visible(segments: Iterator[Segment], frame: Frame) -> list[Segment]:
    """Segments on the page; what is printed twice to look bold, or lies beside the page, is left out."""
    width, height = frame.size
    seen: dict[tuple[str, int, int], Segment] = {}
    for segment in segments:
        middle, centre = (segment.left + segment.right) / 2, (segment.top + segment.bottom) / 2
        if segment.text and -1 <= middle <= width + 1 and -1 <= centre <= height + 1:
            seen.setdefault((segment.text, round(segment.left / 2), round(segment.top / 2)), segment)
    return list(seen.values())
