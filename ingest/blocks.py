"""What flows through parsing and chunking: blocks out of parsers, drafts out of chunkers, and the one way to fail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from models.errors import InvalidInput

Position = tuple[int, int, int, int, int]
"""Page (from 1), left, right, top, bottom; in points from the top left corner of the page as it is shown."""


class Unreadable(InvalidInput):
    """A file that cannot become chunks; the message is a sentence for the person who uploaded it."""

    def __init__(self, reason: str) -> None:
        super().__init__("file", reason, condition="document.unreadable")


@dataclass(frozen=True, slots=True)
class Picture:
    """An image that belongs to a block, as it is stored."""

    data: bytes
    kind: Literal["png", "jpeg"]


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of a file in reading order: a line, a paragraph, a data row, or a whole table as HTML.

    `level` is 0 for body text, and the depth of a heading from 1, the outermost; `more` are the places where the text goes on,
    in the next column or on the next page.
    """

    text: str
    is_table: bool = False
    position: Position | None = None
    picture: Picture | None = None
    level: int = 0
    more: tuple[Position, ...] = ()

    @property
    def positions(self) -> tuple[Position, ...]:
        """Every place of the text."""
        return (*((self.position,) if self.position else ()), *self.more)


@dataclass(frozen=True, slots=True)
class Field:
    """One typed column of a data row; `name` is what the dataset's field_map calls it, dates are ISO 8601 text."""

    name: str
    header: str
    value: int | float | bool | str


@dataclass(frozen=True, slots=True)
class Draft:
    """A chunk that has no id yet; `indexed` is what finds it, where that is not its content."""

    content: str
    positions: list[Position]
    image: bytes | None = None
    image_kind: Literal["png", "jpeg"] | None = None
    indexed: str | None = None
    important_keywords: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    fields: tuple[Field, ...] = ()
