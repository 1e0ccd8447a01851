"""Transcripts: what a client's page keeps of its talks, of one person alone (Open WebUI contract 8; decisions D3, D4)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from peewee import Expression, IntegrityError

from models.base import database
from models.errors import NotFound, NotPermitted
from models.transcript_tables import Folder, Transcript
from services.access import Principal
from services.compat import profile

PAGE = 60
UNTITLED = "New Chat"
_LISTED = (Transcript.id, Transcript.title, Transcript.update_time, Transcript.create_time)
_MOST_SOUGHT = 1_000_000  # characters that a search looks through


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which of the caller's transcripts: those on the first list, archived ones, pinned ones, or those of a folder; None for all of them.

    `text` is what they must hold, `page` counts from 1, None for all pages.
    """

    state: str | None = "listed"  # listed | archived | pinned | foldered
    folder: str = ""
    text: str = ""
    page: int | None = None


def list_(principal: Principal, *, wanted: Wanted, whole: bool = False) -> list[Transcript]:
    """The transcripts that are wanted, latest first; without their content unless it is asked for."""
    rows = Transcript.select() if whole else Transcript.select(*_LISTED)
    rows = rows.where(_own(principal), *_conditions(wanted)).order_by(Transcript.update_time.desc(), Transcript.id.desc())
    return list(rows if wanted.page is None else rows.paginate(wanted.page, PAGE))


def create(principal: Principal, *, content: Mapping[str, Any], id: str | None = None) -> Transcript:
    """Keep a transcript, under this id if one is given. Raises NotPermitted for an id that is taken."""
    named = {"id": id} if id else {}
    try:
        with database.atomic():
            return Transcript.create(tenant=principal.tenant, user=principal.user, **named, **_columns(content))
    except IntegrityError:
        raise NotPermitted("transcript", str(id)) from None


def get(principal: Principal, id: str) -> Transcript:
    """The caller's transcript. Raises NotFound."""
    found: Transcript | None = Transcript.get_or_none(_own(principal) & (Transcript.id == id))
    if found is None:
        raise NotFound("transcript", id)
    return found


def save(principal: Principal, id: str, *, content: Mapping[str, Any]) -> Transcript:
    """Lay the keys of `content` over those that are kept; an unused id begins a transcript (D3). Raises NotPermitted for another's."""
    with database.atomic():
        if _locked(principal, id):
            row = get(principal, id)
            Transcript.change(Transcript.id == id, **_columns({**row.content, **content}))
            return get(principal, id)
    return create(principal, content=content, id=id)


def record(principal: Principal, id: str, *, message: str, fields: Mapping[str, Any]) -> bool:
    """Write into a message of the transcript's history, and make it the current one (4.6); False where the caller has no such transcript."""
    with database.atomic():
        if not _locked(principal, id):
            return False
        content = dict(get(principal, id).content)
        history = content.get("history")
        history = dict(history) if isinstance(history, dict) else {}
        messages = dict(history["messages"]) if isinstance(history.get("messages"), dict) else {}
        kept = messages.get(message)
        messages[message] = {"id": message, "role": "assistant", **(kept if isinstance(kept, dict) else {}), **fields}
        content["history"] = {**history, "messages": messages, "currentId": message}
        Transcript.change(Transcript.id == id, **_columns(content))
    return True


def pin(principal: Principal, id: str) -> Transcript:
    """Pin it, or unpin what was. Raises NotFound."""
    return _set(principal, id, pinned=not get(principal, id).pinned)


def archive(principal: Principal, id: str) -> Transcript:
    """Archive it, or take it back. Raises NotFound."""
    return _set(principal, id, archived=not get(principal, id).archived)


def move(principal: Principal, id: str, *, folder: str | None) -> Transcript:
    """Put it into a folder of the caller's, or with None back on the list. Raises NotFound."""
    get(principal, id)
    return _set(principal, id, folder="" if folder is None else get_folder(principal, folder).id)


def clone(principal: Principal, id: str, *, title: str | None = None, beside: Mapping[str, Any]) -> Transcript:
    """Make a copy of its own, which holds what is `beside` it too. Raises NotFound."""
    row = get(principal, id)
    return create(principal, content={**row.content, "title": title or f"Clone of {row.title}", **beside})


def delete(principal: Principal, id: str) -> None:
    """Delete it. Raises NotFound."""
    if not Transcript.delete().where(_own(principal) & (Transcript.id == id)).execute():
        raise NotFound("transcript", id)


def delete_all(principal: Principal) -> None:
    """Delete every transcript of the caller's. Raises NotPermitted where the operator does not want that."""
    if not profile().delete_all:
        raise NotPermitted("transcript", "")
    Transcript.delete().where(_own(principal)).execute()


def list_folders(principal: Principal) -> Sequence[Folder]:
    """The caller's folders, oldest first."""
    return list(Folder.select().where(_is_mine(principal)).order_by(Folder.create_time, Folder.id))


def create_folder(principal: Principal, *, name: str) -> Folder:
    """Make a folder."""
    return Folder.create(tenant=principal.tenant, user=principal.user, name=name)


def get_folder(principal: Principal, id: str) -> Folder:
    """The caller's folder. Raises NotFound."""
    found: Folder | None = Folder.get_or_none(_is_mine(principal) & (Folder.id == id))
    if found is None:
        raise NotFound("folder", id)
    return found


def delete_folder(principal: Principal, id: str) -> None:
    """Delete a folder and the transcripts in it. Raises NotFound."""
    with database.atomic():
        get_folder(principal, id)
        Transcript.delete().where(_own(principal) & (Transcript.folder == id)).execute()
        Folder.delete().where(Folder.id == id).execute()


def _own(principal: Principal) -> Expression:
    return (Transcript.tenant == principal.tenant) & (Transcript.user == principal.user)


def _is_mine(principal: Principal) -> Expression:
    return (Folder.tenant == principal.tenant) & (Folder.user == principal.user)


def _conditions(wanted: Wanted) -> Iterator[Expression]:
    archived, pinned = Transcript.archived == (wanted.state == "archived"), Transcript.pinned == (wanted.state == "pinned")
    if wanted.state is not None:
        yield archived
    if wanted.state in ("listed", "pinned"):
        yield pinned
    if wanted.state in ("listed", "foldered"):
        yield Transcript.folder == wanted.folder
    for word in wanted.text.casefold().split():
        yield Transcript.sought.contains(word)


def _locked(principal: Principal, id: str) -> int:
    """Keep the caller's transcript to this transaction; 0 where there is none."""
    return Transcript.change(_own(principal) & (Transcript.id == id))


def _set(principal: Principal, id: str, **fields: Any) -> Transcript:
    """Change what is no content, and not the time: lists keep their order."""
    get(principal, id)
    Transcript.update(**fields).where(_own(principal) & (Transcript.id == id)).execute()
    return get(principal, id)


def _columns(content: Mapping[str, Any]) -> dict[str, Any]:
    given = content.get("title")
    title = given if isinstance(given, str) and given else UNTITLED
    return {"content": dict(content), "title": title, "sought": "\n".join((title, *_texts(content))).casefold()[:_MOST_SOUGHT]}


def _texts(content: Mapping[str, Any]) -> Iterator[str]:
    """What was said, in either of the places where clients keep it."""
    history = content.get("history")
    tree = history.get("messages") if isinstance(history, dict) else None
    listed = content.get("messages")
    said = [*(tree.values() if isinstance(tree, dict) else ()), *(listed if isinstance(listed, list) else ())]
    for message in said:
        if isinstance(message, dict) and isinstance(message.get("content"), str):
            yield message["content"]
