"""Answers that are written into a chat, where clients without a web socket poll for them (contract 4.6; decisions D4)."""

from __future__ import annotations

import time
import uuid
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from api.openwebui.answering import refusal, sources
from api.openwebui.ids import read_id
from api.openwebui.schemas.completions import Request
from models.errors import Busy, NotFound
from services import background, transcripts
from services.replies import Ended, Failed, Found, Said, Sources

PAUSE = 1.0  # seconds between two writes of an answer that grows


@dataclass(frozen=True, slots=True)
class Link:
    """A message of a chat of the caller's, to which an answer goes."""

    principal: Any
    chat: str
    message: str
    files: list[dict[str, Any]]

    def write(self, content: str, *, found: tuple[Found, ...] = (), **fields: Any) -> None:
        """Write the text as it is by now; nothing where the chat has gone."""
        told = {"content": content, **({"sources": sources(found, self.files)} if found else {}), **fields}
        transcripts.record(self.principal, self.chat, message=self.message, fields=told)


def link(principal: Any, request: Request) -> Link | None:
    """Where the answer goes; None for a request that names no chat of the caller's, or not all three ids."""
    id = read_id(request.chat_id)
    if not id or not request.message_id:
        return None
    try:
        transcripts.get(principal, id)
    except NotFound:
        return None
    return Link(principal, id, request.message_id, request.files)


def begin(link: Link, events: Any) -> dict[str, Any]:
    """Let the answer be written while nobody waits for it; what the client is told of it. Raises Busy."""
    link.write("", done=False)
    try:
        background.begin(lambda: _write(link, events))
    except Busy as error:
        events.close()
        link.write("", done=True, error={"content": error.message})
        raise
    return {"status": True, "task_id": str(uuid.uuid4())}


def _write(link: Link, events: Any) -> None:
    text, found = "", ()
    written = time.monotonic()
    with closing(events):
        for event in events:
            if isinstance(event, Sources):
                found = event.found
            elif isinstance(event, Said):
                text += event.text
            elif isinstance(event, Failed):
                link.write(text, found=found, done=True, error={"content": refusal(event.error).message})
            elif isinstance(event, Ended):
                link.write(event.text, found=found, done=True)
            if isinstance(event, Said) and time.monotonic() - written > PAUSE:
                link.write(text, found=found, done=False)
                written = time.monotonic()
