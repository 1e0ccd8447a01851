"""The greedy merge of the naive family (contract 7.2)."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterable, Iterator

from ingest.blocks import Block, Draft, Position
from ingest.parse.pictures import stacked
from ingest.tokens import count


Joint = str | Callable[[str, str], str]
"""What stands between two texts: always the same, or found from the two."""

_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3000-\u30ff\u31f0-\u31ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff]"
)
"""Scripts whose lines are broken anywhere: Thai, Lao, Burmese, Khmer, Chinese and Japanese with their punctuation."""


def gap(before: str, after: str) -> str:
    """What stands between two pieces of plain text: a newline, so that no words run together (decisions B24); nothing beside
    white space, or a script without spaces."""
    sides = before[-1:] + after[:1]
    return "" if any(side.isspace() or _UNSPACED.match(side) for side in sides) else "\n"


def merged(blocks: Iterable[Block], *, limit: int, joint: Joint) -> Iterator[Draft]:
    """Chunks of whole blocks: a new one starts only when the open one already has more than `limit` tokens.

    A chunk's tokens are the sum of its blocks' own; `joint` stands between blocks and is not counted.
    """
    open_blocks: list[Block] = []
    tokens = 0
    for block in blocks:
        if tokens > limit:
            yield draft(open_blocks, joint=joint)
            open_blocks, tokens = [], 0
        open_blocks.append(block)
        tokens += count(block.text)
    if open_blocks:
        yield draft(open_blocks, joint=joint)


def tables_first(blocks: Iterable[Block]) -> Generator[Draft, None, list[Block]]:
    """The tables, each a chunk of its own, ahead of the text (contract 7.1); returns the other blocks."""
    lines: list[Block] = []
    for block in blocks:
        if block.is_table:
            yield draft([block], joint="")
        else:
            lines.append(block)
    return lines


def draft(blocks: list[Block], *, joint: Joint) -> Draft:
    """One chunk of these blocks: their texts joined, boxes united where they follow each other, pictures stacked."""
    picture = stacked([block.picture for block in blocks if block.picture])
    return Draft(
        content=_joined((block.text for block in blocks if block.text), joint),
        positions=united(position for block in blocks for position in block.positions),
        image=picture.data if picture else None,
        image_kind=picture.kind if picture else None,
    )


def _joined(texts: Iterable[str], joint: Joint) -> str:
    if isinstance(joint, str):
        return joint.join(texts)
    parts: list[str] = []
    for text in texts:
        if parts:
            parts.append(joint(parts[-1], text))
        parts.append(text)
    return "".join(parts)


def united(positions: Iterable[Position]) -> list[Position]:
    """One box for lines that follow each other downwards in one column of a page; a new one at each column or page."""
    boxes: list[Position] = []
    for position in positions:
        if boxes and _continues(boxes[-1], position):
            boxes[-1] = _around(boxes[-1], position)
        else:
            boxes.append(position)
    return boxes


def _continues(box: Position, line: Position) -> bool:
    page, left, right, top, _bottom = box
    return page == line[0] and line[3] >= top and line[1] <= right and line[2] >= left


def _around(box: Position, line: Position) -> Position:
    return (box[0], min(box[1], line[1]), max(box[2], line[2]), min(box[3], line[3]), max(box[4], line[4]))
