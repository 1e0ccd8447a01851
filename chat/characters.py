"""Text that can be stored and sent: characters in whole, without NUL, which no database takes (decisions B20)."""

from __future__ import annotations

from typing import Any

_HIGH = range(0xD800, 0xDC00)  # the first half of a character that JSON writes in two
REPLACEMENT = "\ufffd"


def whole(text: str) -> str:
    """The text with halves that follow each other joined; a half by itself and NUL become U+FFFD."""
    if text.isascii() and "\0" not in text:
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").replace("\0", REPLACEMENT)


def readable(value: Any) -> Any:
    """A JSON value with all its texts whole."""
    if isinstance(value, str):
        return whole(value)
    if isinstance(value, dict):
        return {whole(key): readable(inner) for key, inner in value.items()}
    return [readable(inner) for inner in value] if isinstance(value, list) else value


class Joined:
    """A text that comes in pieces, which may divide a character."""

    def __init__(self) -> None:
        self._half = ""

    def add(self, piece: str) -> str:
        """What there is to show of the piece; a first half at its end waits for the second one."""
        text = self._half + piece
        self._half = text[-1:] if text and ord(text[-1]) in _HIGH else ""
        return whole(text[: len(text) - len(self._half)])

    def end(self) -> str:
        """What was still waiting."""
        rest, self._half = whole(self._half), ""
        return rest
