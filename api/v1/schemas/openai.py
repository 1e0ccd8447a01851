"""OpenAI's chat completions on the wire, as RAGFlow serves them (RAGFlow v1 contract 3.26; decisions A11, B11)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from marshmallow import INCLUDE, fields, post_load

from api.v1.schemas.base import Arguments
from api.wire.fields import Choice, Flag, Items, Part, Text, broken
from api.wire.objects import Wire
from models.errors import InvalidInput
from services.answers import Turn

KEYS = ("model", "messages")
_MOST_MESSAGES = 10_000
_SAID = ("user", "assistant")


class Content(fields.Field[str]):
    """A text, or the texts of a list of parts; null is none."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if isinstance(value, list):
            value = "".join(self._text(part) for part in value)
        return str(Text().deserialize(value))

    @staticmethod
    def _text(part: Any) -> str:
        text = part.get("text") if isinstance(part, dict) else None
        if not isinstance(text, str):
            raise broken("content.part", part)
        return text


class Message(Wire):
    role = Choice("system", "user", "assistant", also=("developer", "tool", "function"), required=True)
    content = Content(load_default="", allow_none=True, metadata={"type": "string"})


class Extra(Wire):
    """What clients send beside OpenAI's own keys."""

    reference = Flag(allow_none=True)


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """A request: the turns that were said, how long all messages are together, and how to answer."""

    model: str
    turns: tuple[Turn, ...]
    length: int
    stream: bool
    reference: bool

    @property
    def question(self) -> str:
        """The last message, which is the user's."""
        return self.turns[-1].content


class ChatComplete(Arguments):
    model = Text(required=True)
    messages = Items(Part(Message, model="message"), most=_MOST_MESSAGES, required=True)
    stream = Flag(allow_none=True)
    reference = Flag(allow_none=True)
    extra_body = Part(Extra, allow_none=True)

    @post_load
    def _request(self, values: dict[str, Any], **_: Any) -> ChatRequest:
        messages = [(message["role"], message["content"] or "") for message in values["messages"]]
        if not messages:
            raise InvalidInput("messages", "You have to provide messages.", condition="messages.empty")
        if messages[-1][0] != "user":
            raise InvalidInput("messages", "The last content of this conversation is not from user.", condition="turns.last")
        extra = values.get("extra_body") or {}
        return ChatRequest(
            model=values["model"],
            turns=tuple(Turn(role, content) for role, content in messages if role in _SAID),
            length=sum(len(content) for _, content in messages),
            stream=values.get("stream", True) is not False,
            reference=bool(values.get("reference") or extra.get("reference")),
        )


class RequestMetadata(Wire):
    """What OpenAI's clients may say about a request."""

    id = Text(allow_none=True)


class AgentComplete(ChatComplete):
    """As chats are asked; `session_id`, or as RAGFlow has it `id`, names a session, any other key a Begin parameter."""

    session_id = Text(allow_none=True)
    id = Text(allow_none=True)
    metadata = Part(RequestMetadata, model="metadata", allow_none=True)


class AgentExtras(AgentComplete):
    """What of a request concerns agents alone: the session, and the values of Begin parameters."""

    class Meta:
        unknown = INCLUDE

    @post_load
    def _request(self, values: dict[str, Any], **_: Any) -> Any:
        named = values.get("session_id") or values.get("id") or (values.get("metadata") or {}).get("id")
        return named or "", {name: value for name, value in values.items() if name not in self.fields}
