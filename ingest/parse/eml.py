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
MAX_ATTACHMENTS = 100
SHOWN = ("From", "Sender", "Reply-To", "To", "Cc", "Bcc", "Date", "Subject")
"""The headers a mail program shows; the others are for machines."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that came with a mail."""

    name: str
    data: bytes


def parts(path: Path) -> Iterator[Block | Attachment]:
    """Header lines, then lines of text and HTML parts, and attachments, in the order of the mail."""
    try:
        yield from _parts(_message(path), depth=0)
    except RecursionError as error:
        raise Unreadable("The mail is nested too deeply to be read.") from error


def _message(path: Path) -> Message:
    # The old policy keeps malformed headers as they are; the new one raises for some of them.
    if encoding_of(path).startswith("utf-16"):
        return email.message_from_bytes(read_text(path).encode())
    return email.message_from_bytes(path.read_bytes())


def _parts(message: Message, *, depth: int) -> Iterator[Block | Attachment]:
    for name in SHOWN:
        for value in message.get_all(name, []):
            shown = " ".join(_header(value).split())
            if shown:
                yield Block(f"{name}: {shown}")
    yield from _content(message, depth=depth)


def _content(part: Message, *, depth: int) -> Iterator[Block | Attachment]:
    kind = part.get_content_type()
    if depth > MAX_DEPTH:
        return
    if kind == "message/rfc822" and part.is_multipart():
        yield from _parts(part.get_payload(0), depth=depth + 1)  # type: ignore[arg-type]
    elif kind == "multipart/alternative":
        yield from _alternatives(part, depth=depth + 1)
    elif part.is_multipart():
        for child in part.get_payload():
            yield from _content(child, depth=depth + 1)  # type: ignore[arg-type]
    else:
        yield from _leaf(part, kind)


def _alternatives(part: Message, *, depth: int) -> Iterator[Block | Attachment]:
    """What all the versions of one text say, each line once: a mail repeats its plain text as HTML."""
    said = ""
    for child in part.get_payload() if part.is_multipart() else ():
        lines = list(_content(child, depth=depth))  # type: ignore[arg-type]
        yield from (line for line in lines if isinstance(line, Attachment) or _bare(line.text) not in said)
        said += "".join(_bare(line.text) for line in lines if isinstance(line, Block))


def _bare(text: str) -> str:
    return "".join(filter(str.isalnum, text)).lower()


def _leaf(part: Message, kind: str) -> Iterator[Block | Attachment]:
    data = part.get_payload(decode=True)
    name = " ".join(_header(part.get_filename() or "").split())
    if not isinstance(data, bytes) or not data.strip():
        return
    if name or part.get_content_disposition() == "attachment" or part.get_content_maintype() != "text":
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
