"""Rich Text Format: paragraphs, headings and tables, in whatever code pages and fonts they were written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from ingest.blocks import Block, Unreadable
from ingest.parse import rtf_words as words
from ingest.parse.tables import Cell, html_table

_TOKEN = re.compile(rb"\\([a-zA-Z]{1,32})(-?\d{1,10})? ?|\\'([0-9a-fA-F]{2})|\\([^a-zA-Z])|([{}])|[\r\n]+|([^\\{}\r\n]+)", re.DOTALL)
_DEEPEST = 2_000


@dataclass(frozen=True, slots=True)
class _State:
    """What a group inherits and gives back at its end; `codec` is that of the font in use."""

    is_skipped: bool = False
    is_hidden: bool = False
    codec: str = "cp1252"
    fallbacks: int = 1  # characters after a Unicode one that say the same for old programs
    target: str = ""  # fonttbl | stylesheet, whose text is none of the document's


@dataclass(slots=True)
class _Paragraph:
    """The paragraph being read."""

    text: list[str] = field(default_factory=list)
    level: int = 0
    in_table: bool = False


def blocks(path: Path) -> Iterator[Block]:
    """Paragraphs with the levels of headings, and tables as HTML, in the order of the file. Raises Unreadable."""
    yield from _Reader(path.read_bytes()).blocks()


class _Reader:
    """Reads a file token by token; there is no recursion, however deep its groups are."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._state = _State()
        self._stack: list[_State] = []
        self._bytes = bytearray()  # of one font, not decoded yet
        self._owed = 0  # fallback characters to pass over
        self._paragraph = _Paragraph()
        self._cells: list[Cell] = []
        self._rows: list[list[Cell]] = []
        self._font = self._style = 0
        self._codecs: dict[int, str] = {}
        self._levels: dict[int, int] = {}
        self._default = "cp1252"
        self._done: list[Block] = []

    def blocks(self) -> Iterator[Block]:
        at = 0
        while found := _TOKEN.match(self._data, at):
            at = found.end() + self._read(found)
            yield from self._done
            self._done.clear()
        self._end_paragraph()
        self._end_table()
        yield from self._done

    def _read(self, found: re.Match[bytes]) -> int:
        """Take one token; returns how many raw bytes follow it that are no tokens."""
        word, number, code, symbol, brace, text = found.groups()
        if word:
            return self._word(word.decode(), int(number) if number else None)
        if brace:
            self._group(is_open=brace == b"{")
        elif code:
            self._raw(bytes((int(code, 16),)))
        elif text:
            self._raw(text)
        elif symbol:
            self._symbol(symbol)
        return 0

    def _group(self, *, is_open: bool) -> None:
        self._flush()
        self._owed = 0
        if is_open:
            if len(self._stack) > _DEEPEST:
                raise Unreadable("The file is nested too deeply to be read.")
            self._stack.append(self._state)
        elif self._stack:
            self._state = self._stack.pop()

    def _symbol(self, symbol: bytes) -> None:
        if symbol == b"*":
            self._change(is_skipped=True)  # a destination that readers may not know; those known come back by their word
        elif symbol in b"\r\n":
            self._word("par", None)
        else:
            self._show(words.SYMBOLS.get(symbol.decode("latin-1"), ""))

    def _word(self, word: str, number: int | None) -> int:
        if word == "bin":
            return max(number or 0, 0)
        if word == "u" and number is not None:
            self._unicode(number)
        elif word in words.SHOWN:
            self._show(words.SHOWN[word])
        elif word in words.SKIPPED:
            self._change(is_skipped=True)
        elif word in words.TARGETS:
            self._change(is_skipped=False, target=word)
        else:
            self._setting(words.SAME.get(word, word), number)
        return 0

    def _setting(self, word: str, number: int | None) -> None:
        action = getattr(self, f"_on_{word}", None)
        if action is not None:
            self._flush()
            action(1 if number is None else number)

    def _on_ansicpg(self, number: int) -> None:
        self._default = words.codec(number)
        self._change(codec=self._default)

    def _on_f(self, number: int) -> None:
        self._font = number
        self._change(codec=self._codecs.get(number, self._default))

    def _on_fcharset(self, number: int) -> None:
        if self._state.target == "fonttbl" and number in words.CHARSETS:
            self._codecs[self._font] = words.CHARSETS[number]

    def _on_shptxt(self, _number: int) -> None:
        self._change(is_skipped=False)  # the text of a box, within what else is for drawing it

    def _on_uc(self, number: int) -> None:
        self._change(fallbacks=min(max(number, 0), 8))

    def _on_v(self, number: int) -> None:
        self._change(is_hidden=number != 0)

    def _on_plain(self, _number: int) -> None:
        self._change(is_hidden=False)

    def _on_s(self, number: int) -> None:
        self._style = number
        self._paragraph.level = self._levels.get(number, self._paragraph.level)

    def _on_outlinelevel(self, number: int) -> None:
        if self._state.target == "stylesheet":
            self._levels[self._style] = number + 1 if 0 <= number < 9 else 0
        else:
            self._paragraph.level = number + 1 if 0 <= number < 9 else 0

    def _on_pard(self, _number: int) -> None:
        self._paragraph.level, self._paragraph.in_table = 0, False

    def _on_intbl(self, _number: int) -> None:
        self._paragraph.in_table = True

    def _on_par(self, _number: int) -> None:
        if self._paragraph.in_table or self._cells:
            self._show("\n")
        else:
            self._end_paragraph()

    def _on_cell(self, _number: int) -> None:
        self._cells.append(Cell("".join(self._paragraph.text).strip(), is_heading=not self._rows))
        self._paragraph.text.clear()

    def _on_row(self, _number: int) -> None:
        self._rows.append(self._cells)
        self._cells = []

    def _change(self, **fields: object) -> None:
        self._flush()
        self._state = replace(self._state, **fields)  # type: ignore[arg-type]

    def _unicode(self, number: int) -> None:
        self._flush()
        self._show(chr(number % 0x10000))
        self._owed = self._state.fallbacks

    def _raw(self, data: bytes) -> None:
        passed = min(self._owed, len(data))
        self._owed -= passed
        self._bytes += data[passed:]

    def _flush(self) -> None:
        if self._bytes:
            text = self._bytes.decode(self._state.codec, "ignore")
            self._bytes.clear()
            self._show(text)

    def _show(self, text: str) -> None:
        self._flush()
        if self._state.target:
            self._note(text)
        elif not (self._state.is_skipped or self._state.is_hidden):
            if self._rows and not (self._paragraph.in_table or self._cells) and text.strip():
                self._end_table()
            self._paragraph.text.append(text)

    def _note(self, text: str) -> None:
        """A style's name; it tells headings where the style says no level."""
        found = re.match(r"\s*heading (\d)", text, re.IGNORECASE)
        if found and self._state.target == "stylesheet":
            self._levels.setdefault(self._style, int(found.group(1)))

    def _end_paragraph(self) -> None:
        self._flush()
        text = words.joined("".join(self._paragraph.text)).strip()
        self._paragraph.text.clear()
        if text:
            self._end_table()
            self._done.append(Block(text, level=self._paragraph.level))

    def _end_table(self) -> None:
        rows, self._rows = self._rows, []
        if table := html_table(rows):
            self._done.append(Block(words.joined(table), is_table=True))
