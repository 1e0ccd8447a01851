"""Mails: headers, text parts, HTML parts and attachments, however badly they are formed."""

from __future__ import annotations

import email
from collections.abc import Iterator
from dataclasses import dataclass
from email.errors import MessageError
from email.header import decode_header
from email.message import Message
from pathlib import Path

from ingest.blocks import Block, Unreadable
from ingest.parse import html
from ingest.parse.encoding import decode, encoding_of, read_text

MAX_DEPTH = 5
"""Mails within mails."""
MAX_LAYERS = 100
"""Parts within parts: an ordinary mail has two or three for each mail within it."""
MAX_ATTACHMENTS = 100
SHOWN = ("From", "Sender", "Reply-To", "To", "Cc", "Bcc", "Date", "Subject")
"""The headers a mail program shows; the others are for machines."""
_TEXTS = ("text", "multipart")  # one whose parts cannot be told apart is read as it stands


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that came with a mail."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A part that is not read; `reason` is a sentence for the person who uploaded the mail."""

    reason: str


Part = Block | Attachment | LeftOut


@dataclass(frozen=True, slots=True)
class _Depth:
    """How many mails, and how many parts of any kind, a part is within."""

    mails: int = 0
    layers: int = 0

    def within(self, *, mail: bool = False) -> _Depth:
        return _Depth(self.mails + mail, self.layers + 1)


def parts(path: Path) -> Iterator[Part]:
    """Header lines, then lines of text and HTML parts, and attachments, in the order of the mail, with what is left out. Raises Unreadable."""
    try:
        yield from _parts(_message(path), _Depth())
    except RecursionError as error:
        raise Unreadable("The mail is nested too deeply to be read.") from error


def _message(path: Path) -> Message:
    # The old policy keeps malformed headers as they are; the new one raises for some of them.
    if encoding_of(path).startswith("utf-16"):
        return email.message_from_bytes(read_text(path).encode())
    return email.message_from_bytes(path.read_bytes())


def _parts(message: Message, depth: _Depth) -> Iterator[Part]:
    for name in SHOWN:
        for value in message.get_all(name, []):
            shown = " ".join(_header(value).split())
            if shown:
                yield Block(f"{name}: {shown}")
    yield from _content(message, depth)


def _content(part: Message, depth: _Depth) -> Iterator[Part]:
    kind = part.get_content_type()
    if not part.is_multipart():
        yield from _leaf(part, kind)
    elif depth.layers > MAX_LAYERS or (kind == "message/rfc822" and depth.mails == MAX_DEPTH):
        yield LeftOut(f"Left out: what is within more than {MAX_DEPTH} mails, or {MAX_LAYERS} parts of a mail.")
    elif kind == "message/rfc822":
        yield from _parts(part.get_payload(0), depth.within(mail=True))  # type: ignore[arg-type]
    elif kind == "multipart/alternative":
        yield from _alternatives(part, depth.within())
    else:
        for child in part.get_payload():
            yield from _content(child, depth.within())  # type: ignore[arg-type]


def _alternatives(part: Message, depth: _Depth) -> Iterator[Part]:
    """What all the versions of one text say, each line once: a mail repeats its plain text as HTML."""
    said = ""
    for child in part.get_payload():
        lines = list(_content(child, depth))  # type: ignore[arg-type]
        bare, solid = _bare(said), _solid(said)
        yield from (line for line in lines if not (isinstance(line, Block) and _is_said(line.text, bare, solid)))
        said += "\n".join(line.text for line in lines if isinstance(line, Block))


def _is_said(line: str, bare: str, solid: str) -> bool:
    """Whether a version before has the line, however it is broken; a line of signs alone goes by its signs."""
    return _bare(line) in bare if _bare(line) else _solid(line) in solid


def _bare(text: str) -> str:
    return "".join(filter(str.isalnum, text)).lower()


def _solid(text: str) -> str:
    return "".join(text.split())


def _leaf(part: Message, kind: str) -> Iterator[Block | Attachment]:
    data = part.get_payload(decode=True)
    name = " ".join(_header(part.get_filename() or "").split())
    if not isinstance(data, bytes) or not data.strip():
        return
    if name or part.get_content_disposition() == "attachment" or part.get_content_maintype() not in _TEXTS:
        yield Attachment(name or f"attachment.{part.get_content_subtype()}", data)
    elif kind == "text/html":
        yield from html.page_blocks(decode(data, _charset(part)))
    else:
        yield from (Block(line.strip()) for line in decode(data, _charset(part)).splitlines() if line.strip())


def _charset(part: Message) -> str | None:
    charset = part.get_content_charset()
    return None if charset in (None, "us-ascii", "ascii") else charset


def _header(value: object) -> str:
    """A header decoded; what claims an encoding it does not keep to is shown as it stands."""
    try:
        found = decode_header(str(value))
    except (MessageError, ValueError):
        return str(value)
    return "".join(text if isinstance(text, str) else decode(text, charset) for text, charset in found)
