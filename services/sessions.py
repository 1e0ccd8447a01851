"""Sessions: what was said with a chat, opened, renamed, listed, deleted, and added to (RAGFlow v1 contract 3.21 to 3.24)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from peewee import chunked

from chat.characters import readable
from models.base import database, now_ms
from models.errors import InvalidInput, NotFound
from models.tables import Chat, Session
from services.access import BATCH, Principal, select_in
from services.batch import Batch, distinct, require_delete_all
from services.compat import profile
from services.paging import Paging, paged

NAME = "New session"
LEGACY = "legacy"  # the kind of those that other dialects do not list (legacy contract 10.5)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which sessions of a chat to list; an empty filter is none."""

    id: str = ""
    name: str = ""
    caller: str = ""


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question and its answer, under one id; `asked` has what the client sent beside the text, `reference` any JSON value."""

    id: str
    question: str
    answer: str
    reference: Any
    created_at: float  # seconds since the epoch
    asked: Mapping[str, Any]


def create(chat: Chat, *, name: str = NAME, caller: str = "", kind: str = "chat") -> Session:
    """Open a session, whose only message is the chat's opener."""
    opener = {"role": "assistant", "content": chat.prompt.get("opener") or ""}
    return Session.create(tenant=chat.tenant, chat=chat.id, kind=kind, name=name, caller=caller, messages=[opener])


def find(principal: Principal, session_id: str, *, chat_id: str | None = None, kind: str = "chat") -> Session:
    """The caller's session, of this chat unless none is named, also when the chat itself is gone. Raises NotFound."""
    mine = (Session.id == session_id) & (Session.tenant == principal.tenant) & (Session.kind == kind)
    session = Session.get_or_none(mine if chat_id is None else mine & (Session.chat == chat_id))
    if session is None:
        raise NotFound("session", session_id)
    return _readable(session)


def update(session: Session, *, changes: Mapping[str, Any], unknown: Sequence[str] = ()) -> None:
    """Change `name`, `caller` and `chat`, those that are named; `unknown` are names that no session has. Raises InvalidInput column.unknown."""
    for name in unknown:
        raise InvalidInput(name, f"{name} cannot be set, nothing was changed", condition="column.unknown")
    if changes:
        Session.change(Session.id == session.id, **changes)


def list_(chat: Chat, *, wanted: Wanted, paging: Paging, kind: str = "chat") -> list[Session]:
    """A page of the chat's sessions. In the seeds' profile a filter by id or name that misses raises NotFound (decisions B2)."""
    rows = Session.select().where((Session.chat == chat.id) & (Session.kind == kind))
    if wanted.id:
        rows = rows.where(Session.id == wanted.id)
    if wanted.name:
        rows = rows.where(Session.name == wanted.name)
    if (wanted.id or wanted.name) and profile().name == "seed" and not rows.exists():
        raise NotFound("session", wanted.id or wanted.name)
    if wanted.caller:
        rows = rows.where(Session.caller == wanted.caller)
    return [_readable(row) for row in paged(rows, Session, paging)]


def delete(chat: Chat, *, ids: Sequence[str] | None, kind: str = "chat") -> Batch:
    """Delete the chat's sessions of these ids (None: all)."""
    of_chat = (Session.chat == chat.id) & (Session.kind == kind)
    if ids is None:
        require_delete_all()
        ids = [row.id for row in Session.select(Session.id).where(of_chat)]
    unique, duplicates = distinct(ids)
    with database.atomic():
        found = {row.id for row in select_in(Session, Session.id, unique, of_chat)}
        for batch in chunked(found, BATCH):
            Session.delete().where(Session.id.in_(batch)).execute()
    return Batch(len(found), [id for id in unique if id not in found], duplicates)


def record(session_id: str, exchange: Exchange, *, owner: Any = Chat, also: Callable[[], None] | None = None) -> bool:
    """Add an exchange to the end, and tell whether the session and its chat, or other `owner`, were still there (contract 2.7).

    The n-th reference belongs to the n-th answer after the opener, whatever else happens to the session meanwhile. `also` is done
    in the same transaction.
    """
    question = {**exchange.asked, "content": exchange.question, "role": "user", "id": exchange.id}
    answer = {"role": "assistant", "content": exchange.answer, "created_at": exchange.created_at, "id": exchange.id}
    with database.atomic():
        if not Session.change(Session.id == session_id):  # keeps the row to this transaction, on every database
            return False
        session = _readable(Session.get_by_id(session_id))
        if not owner.select().where(owner.id == session.chat).exists():
            return False
        session.messages = [*session.messages, question, answer]
        session.references = [*session.references, exchange.reference]
        session.update_time = now_ms()
        session.save()
        if also is not None:
            also()
    return True


def _readable(session: Session) -> Session:
    """The session as it can leave: rows of an earlier release may hold halves of characters (decisions B20)."""
    session.messages, session.references = readable(session.messages), readable(session.references)
    return session
