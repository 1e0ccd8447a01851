"""Outlook messages: headers, the text, and attachments."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from struct import error as StructError

from oxmsg import Message
from oxmsg.attachment import Attachment as Stored

from ingest.blocks import Block, Unreadable
from ingest.parse import html
from ingest.parse.archive import DAMAGED
from ingest.parse.eml import SHOWN, Attachment

_BROKEN = (OSError, ValueError, KeyError, IndexError, AttributeError, TypeError, StructError, AssertionError)
"""What the library raises for files that are not as they should be."""


def parts(path: Path) -> Iterator[Block | Attachment]:
    """Header lines, then the lines of the text, and attachments. Raises Unreadable."""
    try:
        message = Message.load(str(path))
        found = [*_headers(message), *_body(message), *_attachments(message)]
    except _BROKEN as error:
        raise Unreadable(DAMAGED) from error
    yield from found


def _headers(message: Message) -> Iterator[Block]:
    """The headers a mail program shows; drafts have none but those that Outlook keeps apart."""
    sent = {name.title(): value for name, value in message.message_headers.items()}
    own = {
        "From": message.sender or "",
        "To": ", ".join(filter(None, (one.email_address or one.name for one in message.recipients))),
        "Date": message.sent_date.isoformat(" ") if message.sent_date else "",
        "Subject": message.subject or "",
    }
    for name in SHOWN:
        value = " ".join((sent.get(name) or own.get(name) or "").split())
        if value:
            yield Block(f"{name}: {value}")


def _body(message: Message) -> Iterator[Block]:
    text = message.body or ""
    if text.strip():
        yield from (Block(line.strip()) for line in text.splitlines() if line.strip())
    elif message.html_body:
        yield from html.page_blocks(message.html_body)


def _attachments(message: Message) -> Iterator[Attachment]:
    for number, stored in enumerate(message.attachments, 1):
        data = stored.file_bytes if stored.attached_by_value else None
        yield Attachment(_name(stored) or f"attachment {number}", data or b"")


def _name(stored: Stored) -> str:
    return " ".join((stored.file_name or "").replace("\0", " ").split())
