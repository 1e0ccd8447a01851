"""XML files: the text of each element as a line. Markup, entities that files define, and external parts are left out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from xml.parsers import expat

from ingest.blocks import Block, Unreadable
from ingest.parse.archive import ENTITIES
from ingest.parse.encoding import open_text

_BLOCK = 1 << 16


class _Lines:
    """Collects text between tags; expat calls back, so there is no recursion however deep the elements are."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self._open: list[str] = []

    def text(self, data: str) -> None:
        self._open.append(data)

    def boundary(self, *_: object) -> None:
        self.done.extend(" ".join(line.split()) for line in "".join(self._open).splitlines())
        self._open.clear()


def blocks(path: Path) -> Iterator[Block]:
    """Lines of text in document order; raises Unreadable for what is not well formed or declares entities."""
    lines = _Lines()
    parser = expat.ParserCreate("utf-8")  # whatever the file declares: its encoding was found before
    parser.buffer_text = True
    parser.StartElementHandler = parser.EndElementHandler = lines.boundary
    parser.CharacterDataHandler = lines.text
    parser.EntityDeclHandler = _refuse_entities
    with open_text(path) as stream:
        for text in iter(lambda: stream.read(_BLOCK), ""):
            _feed(parser, text.encode("utf-8", "ignore"))
            yield from (Block(line) for line in lines.done if line)
            lines.done.clear()
    _feed(parser, b"", is_last=True)
    yield from (Block(line) for line in lines.done if line)


def _feed(parser: expat.XMLParserType, data: bytes, *, is_last: bool = False) -> None:
    try:
        parser.Parse(data, is_last)
    except expat.ExpatError as error:
        raise Unreadable(f"The file is not well-formed XML (line {error.lineno}).") from error


def _refuse_entities(*_: object) -> None:
    raise Unreadable(ENTITIES)
