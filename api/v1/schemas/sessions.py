"""Sessions on the wire (RAGFlow v1 contract 2.9, 3.21 to 3.24)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import fields, post_load

from api.v1.schemas.base import Arguments
from api.v1.schemas.chats import ChatDelete
from api.v1.schemas.lists import LONGEST, Column, ListQuery, paging
from api.v1.schemas.references import plain_chunk
from api.wire.fields import Text
from api.wire.objects import Timed
from models.errors import InvalidInput
from services.answers import ragflow_markers
from services.json_values import shortened
from services.sessions import Wanted

_LONGEST = 255
# RAGFlow sorts by any column of its table; these are its names for ours.
_COLUMNS = {"create_date": "create_time", "update_date": "update_time", "dialog_id": "chat", "chat_id": "chat", "user_id": "caller"}
_UNSORTABLE = {"messages", "references", "message", "reference"}  # JSON, which not every database can order by
_FIXED = {"message": "message", "messages": "message", "reference": "reference"}
# What a session's own object carries besides what can be changed: clients send objects back whole.
_READ_ONLY = {"id", "chat_id", "chat", "create_time", "create_date", "update_time", "update_date"}


class SessionFields(Arguments):
    name = Text(most=_LONGEST, allow_none=True)
    user_id = Text(most=_LONGEST, allow_none=True)

    @post_load
    def _named(self, values: dict[str, Any], **_: Any) -> dict[str, Any]:
        if "name" in values and not values["name"]:
            raise InvalidInput("name", "Name cannot be empty.", condition="name.empty")
        if "user_id" in values:
            values["caller"] = values.pop("user_id") or ""
        return values


class SessionCreate(SessionFields):
    required = False


@dataclass(frozen=True, slots=True)
class SessionChanges:
    """What a PUT changes, only the keys that were sent, and the keys that no session has."""

    fields: dict[str, Any]
    unknown: list[str]


class SessionUpdate(SessionFields):
    """What was said cannot be changed; what is no key of a session is handed on, to be refused last (appendix B)."""

    def take(self, sent: Mapping[str, Any]) -> SessionChanges:
        for key, noun in _FIXED.items():
            if key in sent:
                raise InvalidInput(key, f"`{noun}` can not be change", condition=f"{noun}.fixed")
        changes = super().take(sent)
        return SessionChanges(changes, [shortened(name) for name in sent if name not in self.fields and name not in _READ_ONLY])


class SessionDelete(ChatDelete):
    """As chats are deleted."""


class SessionQuery(ListQuery):
    user_id = Text(most=LONGEST)
    orderby = Column(_COLUMNS, _UNSORTABLE)

    @post_load
    def _listing(self, values: dict[str, Any], **_: Any) -> dict[str, Any]:
        page = paging(values)
        wanted = Wanted(id=values.get("id", ""), name=values.get("name", ""), caller=values.get("user_id", ""))
        return {"wanted": wanted, "paging": page}


class Session(Timed):
    id = fields.String(required=True)
    chat_id = fields.String(attribute="chat", required=True)
    chat = fields.String(required=True)  # the seeds' key of a list
    name = fields.String(required=True)
    user_id = fields.String(attribute="caller", required=True)
    messages = fields.Function(lambda session: shown_messages(session), required=True, metadata={"type": "array", "items": {"type": "object"}})


def shown_messages(session: Any) -> list[dict[str, Any]]:
    """The messages; once there is any answer, each one after the opener has the chunks it was given (contract 3.23)."""
    references = iter(session.references)
    return [_shown(message, references if "id" in message else None) for message in session.messages]


def _shown(message: Mapping[str, Any], references: Any) -> dict[str, Any]:
    shown = {key: message[key] for key in ("role", "content", "id", "created_at") if key in message}
    if message["role"] == "assistant":
        shown["content"] = ragflow_markers(message["content"])
        if references is not None:
            shown["reference"] = [plain_chunk(passage) for passage in next(references, {}).get("passages", ())]
    return shown
