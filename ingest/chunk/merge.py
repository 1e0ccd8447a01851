"""The greedy merge of the naive family (contract 7.2)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ingest.blocks import Block, Draft, Position
from ingest.parse.pictures import stacked
from ingest.tokens import count


def merged(blocks: Iterable[Block], *, limit: int, joint: str) -> Iterator[Draft]:
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


def draft(blocks: list[Block], *, joint: str) -> Draft:
    """One chunk of these blocks: their texts joined, boxes united where they follow each other, pictures stacked."""
    picture = stacked([block.picture for block in blocks if block.picture])
    return Draft(
        content=joint.join(block.text for block in blocks if block.text),
        positions=united(block.position for block in blocks if block.position),
        image=picture.data if picture else None,
        image_kind=picture.kind if picture else None,
    )


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
