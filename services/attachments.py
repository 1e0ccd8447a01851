"""Files attached to what is said with a chat: stored in its first dataset, and parsed while the client waits (legacy contract 6.6)."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Sequence

from models import jobs
from models.base import database
from models.errors import Conflict, NotFound, Unavailable
from models.tables import Chat, Document
from services import chats, documents
from services.access import Principal, select_in
from services.arrivals import Upload
from services.documents import Placing

_POLL_SECONDS = 0.1
_AHEAD = 1  # a client waits, so its files go before those that nobody waits for
# Each keeps a thread of the web process; the others are for everybody else.
_waiting = threading.BoundedSemaphore(8)


def attach(principal: Principal, chat: Chat, *, uploads: Iterable[Upload], seconds: float) -> list[Document]:
    """Store the files and wait until ingest workers have parsed them; all of them, or, when an error is raised, none.

    Raises NotFound when the chat has no dataset, Conflict attachment.failed and attachment.late, Unavailable when too many wait.
    """
    found = chats.datasets_of(principal, [chat])
    dataset = next((id for id in chat.datasets if id in found), None)
    if dataset is None:
        raise NotFound("dataset", "")
    if not _waiting.acquire(blocking=False):
        raise Unavailable("parsing of attached files")
    try:
        stored = documents.upload(principal, dataset, uploads=uploads, placing=Placing(any_kind=True)).documents
        return _parsed(principal, dataset, stored, seconds)
    finally:
        _waiting.release()


def _parsed(principal: Principal, dataset: str, stored: Sequence[Document], seconds: float) -> list[Document]:
    ids = [document.id for document in stored]
    done = False
    try:
        with database.atomic():
            for document in stored:
                jobs.enqueue(document, kind=jobs.PARSE, priority=_AHEAD)
        _await(ids, seconds)
        done = True
    finally:
        if not done:
            documents.delete(principal, dataset, ids=ids)
    return list(stored)


def _await(ids: Sequence[str], seconds: float) -> None:
    """Wait until all are parsed. Raises Conflict at the first that failed, or when the time is over."""
    deadline = time.monotonic() + seconds
    while True:
        rows = select_in(Document, Document.id, ids)
        for failed in (row for row in rows if row.run in ("fail", "cancel")):
            reason = failed.progress_msg.rpartition("[ERROR]")[2].strip()
            raise Conflict("attachment.failed", f"{failed.name} could not be parsed: {reason}")
        if len(rows) < len(ids):
            raise Conflict("attachment.failed", "A file was deleted before it was parsed.")
        if all(row.run == "done" for row in rows):
            return
        if time.monotonic() > deadline:
            raise Conflict("attachment.late", f"The files were not parsed within {seconds:g} seconds, and are not kept.")
        database.close()  # the pool's connections are for those who work
        time.sleep(_POLL_SECONDS)
