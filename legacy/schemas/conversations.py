"""Conversations as old clients open and read them (legacy contract 5.1, 5.2, 6.2, 6.3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import fields, post_load

from api.wire.fields import Text, broken
from api.wire.objects import Timed
from legacy.arguments import Arguments, before_body
from legacy.schemas.references import reference
from services.answers import ragflow_markers
from services.openings import is_with_agent

_LONGEST = 255
_OBJECTS = {"type": "array", "items": {"type": "object"}}


class Label(fields.Field[str]):
    """The client's own name for whom it speaks for: never checked, but that a column holds it (decisions C3)."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if isinstance(value, (list, dict)):
            raise broken("text.type", value)
        label = "" if value is None else str(value)
        if len(label) > _LONGEST:
            raise broken("text.most", value, limit=_LONGEST)
        return label


@dataclass(frozen=True, slots=True)
class Opening:
    """Who opens a conversation, by the client's label, and the chat it names for that, if it does."""

    caller: str
    chat: str


class ConversationCreate(Arguments):
    """All of it may be left out, and may be in the query, which goes first, as well as in the body, of a GET too (contract 6.2)."""

    user_id = Label(allow_none=True)
    name = Label(allow_none=True)
    id = Label(allow_none=True)
    dialog_id = Text(allow_none=True)
    chat_id = Text(allow_none=True)
    agent_id = Text(allow_none=True)

    def read(self) -> Any:
        return self.take(before_body())

    @post_load
    def _opening(self, given: dict[str, Any], **_: Any) -> Opening:
        labels = [given[key] for key in ("user_id", "name", "id") if given.get(key) is not None]
        chats = [given[key] for key in ("dialog_id", "chat_id", "agent_id") if given.get(key)]
        return Opening(labels[0] if labels else "", chats[0] if chats else "")


class Conversation(Timed):
    """A row of the table that RAGFlow kept conversations in; it never wrote tokens, duration and thumb_up."""

    id = fields.String(required=True)
    dialog_id = fields.String(attribute="chat", required=True)
    user_id = fields.String(attribute="caller", required=True)
    message = fields.Function(lambda session: [_message(one) for one in session.messages], required=True, metadata=_OBJECTS)
    reference = fields.Function(lambda session: [reference(one) for one in session.references], required=True, metadata=_OBJECTS)
    tokens = fields.Constant(0)
    duration = fields.Constant(0.0)
    round = fields.Function(lambda session: len(session.references), required=True, metadata={"type": "integer"})
    thumb_up = fields.Constant(0)
    source = fields.Function(
        lambda session: "agent" if is_with_agent(session) else None, required=True, metadata={"type": "string", "nullable": True}
    )


def _message(stored: Mapping[str, Any]) -> dict[str, Any]:
    if stored["role"] != "assistant":
        return dict(stored)
    return {**stored, "content": ragflow_markers(stored["content"])}
