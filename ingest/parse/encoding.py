"""Bytes to text: the encoding is looked for in a fixed order, and what cannot be decoded is dropped (contract 7.1)."""

from __future__ import annotations

import codecs
import re
from pathlib import Path
from typing import BinaryIO, TextIO

from charset_normalizer import from_bytes

from ingest.blocks import Unreadable

SAMPLE = 32_768
_BLOCK = 1 << 20
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Without isolation a French cp1252 text becomes mac_latin2.
_CANDIDATES = ["ascii", "utf_8", "utf_16", "utf_32", "gb18030", "big5", "cp932", "euc_jp", "cp949", "cp1252", "cp1251"]
_DECLARED = re.compile(rb"""(?:charset|encoding)\s*=\s*["']?\s*([A-Za-z0-9._:-]+)""", re.IGNORECASE)
_LATIN = frozenset(("iso-8859-1", "iso8859-1", "latin-1", "latin1", "us-ascii", "ascii"))
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")


def encoding_of(path: Path) -> str:
    """The codec of a text file: byte order mark, NULs of UTF-16, strict UTF-8 over the whole file, declaration, guess."""
    with path.open("rb") as stream:
        head = stream.read(SAMPLE)
        marked = _marked(head)
        if marked:
            return marked
        bad = _first_bad_byte(head, stream)
        if bad is None:
            return "utf-8"
        stream.seek(max(0, bad - SAMPLE // 4))
        sample = stream.read(SAMPLE)
    return _declared(head, sample) or _guessed(sample)


def open_text(path: Path, *, newline: str | None = None) -> TextIO:
    """Open a text file in the encoding found; raises Unreadable when its beginning is not text."""
    encoding = encoding_of(path)
    with path.open(encoding=encoding, errors="ignore") as stream:
        refuse_binary(stream.read(SAMPLE))
    return path.open(encoding=encoding, errors="ignore", newline=newline)


def read_text(path: Path) -> str:
    """The whole text of a file, its line ends all `\\n`."""
    with open_text(path) as stream:
        return stream.read()


def decode(data: bytes, declared: str | None = None) -> str:
    """Text of bytes in memory; `declared` is the encoding their sender gave, which stands unless they are plainly UTF-8."""
    marked = _marked(data[:SAMPLE])
    if marked:
        return data.decode(marked, "ignore")
    # Senders often declare Latin-1 for UTF-8; bytes of seven bits (ISO-2022-JP) say nothing of either.
    order = ("utf-8", declared) if not data.isascii() else (declared, "utf-8")
    for encoding in filter(None, order):
        if _decodes(data, encoding):
            return data.decode(encoding)
    return data.decode(_guessed(data[:SAMPLE]), "ignore")


def refuse_binary(text: str) -> None:
    """Raise Unreadable when more than one character in twenty is a control character."""
    if len(_CONTROL.findall(text)) * 20 > len(text):
        raise Unreadable("The file does not hold text.")


def _marked(head: bytes) -> str | None:
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    return _wide_without_mark(head)


def _wide_without_mark(head: bytes) -> str | None:
    """UTF-16 that forgot its mark: every other byte of Latin text is NUL."""
    even, odd = head[0::2].count(0), head[1::2].count(0)
    half = len(head) / 2
    if odd > half * 0.7 and even < half * 0.1:
        return "utf-16-le"
    if even > half * 0.7 and odd < half * 0.1:
        return "utf-16-be"
    return None


def _first_bad_byte(head: bytes, stream: BinaryIO) -> int | None:
    decoder = codecs.getincrementaldecoder("utf-8")()
    done, block = 0, head
    while True:
        try:
            decoder.decode(block, final=not block)
        except UnicodeDecodeError as error:
            return max(0, done + error.start)
        if not block:
            return None
        done += len(block)
        block = stream.read(_BLOCK)


def _declared(head: bytes, sample: bytes) -> str | None:
    found = _DECLARED.search(head[:2048])
    encoding = found.group(1).decode("ascii", "ignore") if found else ""
    if encoding.lower() in _LATIN:
        return "cp1252"  # as every browser takes it
    return encoding if encoding and _decodes(sample, encoding, slack=4) else None


def _decodes(data: bytes, encoding: str, slack: int = 0) -> bool:
    """Whether all but the last `slack` bytes decode; an unknown codec, or one that is none for text, does not."""
    try:
        data.decode(encoding)
    except UnicodeDecodeError as error:
        return error.start >= len(data) - slack > 0
    except (LookupError, UnicodeError, ValueError):
        return False
    return True


def _guessed(sample: bytes) -> str:
    if _is_mostly_utf8(sample):
        return "utf-8"
    best = from_bytes(sample, cp_isolation=_CANDIDATES).best()
    if best is None or (best.encoding == "cp1251" and _is_mostly_latin(sample)):
        return "cp1252"
    return best.encoding


def _is_mostly_latin(sample: bytes) -> bool:
    """Letters that are mostly ASCII: a few accents of a Latin text, taken for Cyrillic, which would have few such letters."""
    latin = sum(bytes((byte,)).isalpha() for byte in sample)
    return latin > sum(byte > 0x7F for byte in sample)


def _is_mostly_utf8(sample: bytes) -> bool:
    """UTF-8 with a few damaged bytes must not turn into a page of mojibake."""
    text = sample.decode("utf-8", "replace")
    damaged = text.count("\ufffd")
    return damaged * 10 < sum(character > "\x7f" for character in text) - damaged
