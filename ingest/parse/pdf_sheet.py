"""What is known of one PDF page before its text is put in order: columns of lines, tables, figures."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from ingest.blocks import Block, Picture, Position
from ingest.parse.layout import Row
from ingest.parse.pdf_paragraphs import Place
from ingest.parse.pdf_text import Box
from ingest.parse.tables import Cell, html_table


@dataclass(frozen=True, slots=True)
class Table:
    """A table by rows, its places, and the edges of its columns from left to right."""

    rows: list[list[Cell]]
    positions: tuple[Position, ...]
    edges: tuple[float, ...]
    caption: str = ""

    @property
    def page(self) -> int:
        """Where it begins."""
        return self.positions[0][0]

    def block(self) -> Block:
        """Its HTML."""
        html = html_table((row for row in self.rows if any(cell.text for cell in row)), caption=self.caption)
        return Block(html, is_table=True, position=self.positions[0], more=self.positions[1:])

    def with_caption(self, text: str, place: Position) -> Table:
        """This table with what is said of it, at `place`."""
        return replace(self, caption=f"{self.caption} {text}".strip(), positions=(_both(self.positions[0], place), *self.positions[1:]))

    def with_rest(self, other: Table) -> Table:
        """This table and its rows on the next page, whose heading is not repeated."""
        repeated = next((n for n in range(len(other.rows)) if n >= len(self.rows) or _texts(self.rows[n]) != _texts(other.rows[n])), len(other.rows))
        return replace(self, rows=self.rows + other.rows[repeated:], positions=self.positions + other.positions)


@dataclass(frozen=True, slots=True)
class Figure:
    """A picture on the page: its place, the words in it where they are none of the page's text, and what is said below it."""

    position: Position
    text: str = ""
    caption: str = ""
    has_words: bool = False

    @property
    def page(self) -> int:
        """Where it is."""
        return self.position[0]

    def block(self) -> Block:
        """Its words; a figure is a chunk of its own, as a table is."""
        text = "\n".join(filter(None, (self.caption, self.text)))
        return Block(text, is_table=True, position=self.position)

    def with_caption(self, text: str, place: Position) -> Figure:
        """This figure with what is said of it, at `place`."""
        return replace(self, caption=f"{self.caption} {text}".strip(), position=_both(self.position, place))


@dataclass(frozen=True, slots=True)
class Part:
    """A column of lines, or what lies across columns; `place` says where a box of it is on the page."""

    rows: list[Row]
    place: Place
    is_upright: bool = True


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page: `number` from 1 of `total`, its size in points as shown; `is_blank` when it shows no text that can be read."""

    number: int
    total: int
    size: tuple[int, int] = (0, 0)
    parts: list[Part] = field(default_factory=list)
    floats: list[Table | Figure] = field(default_factory=list)
    is_empty: bool = False
    picture: Picture | None = None

    @property
    def is_blank(self) -> bool:
        """Whether nothing was read on it."""
        return not self.parts and not self.floats


def position(page: int, box: Box) -> Position:
    """A box as shown in whole points; what lies beyond the page's left and upper edge is cut off."""
    left, top, right, bottom = (max(0, round(side)) for side in box)
    return page, left, right, top, bottom


def _both(one: Position, other: Position) -> Position:
    """The box around two places of one page; the first alone when they are on two."""
    if one[0] != other[0]:
        return one
    return one[0], min(one[1], other[1]), max(one[2], other[2]), min(one[3], other[3]), max(one[4], other[4])


def _texts(row: list[Cell]) -> list[str]:
    return [cell.text for cell in row]
