"""Questions to chats on the wire (RAGFlow v1 contract 3.25, 3.31)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from marshmallow import INCLUDE, fields, post_load

from api.v1 import bodies
from api.v1.schemas.base import Arguments
from api.wire.fields import Flag, Text, Texts
from api.wire.objects import Reply
from models.errors import InvalidInput
from services.sessions import NAME

_LONGEST_NAME = 255
_MOST_DOCUMENTS = 100_000


class Asking(Arguments):
    """A part of a question's body, which may be absent: then a session is opened."""

    required = False

    def read(self) -> Any:
        return self.take(bodies.asking())


class SessionNamed(Asking):
    """Which session a question belongs to, known before the rest is looked at; none opens a new one."""

    session_id = Text(allow_none=True)

    @post_load
    def _id(self, values: dict[str, Any], **_: Any) -> str:
        return values.get("session_id") or ""


@dataclass(frozen=True, slots=True)
class Opening:
    """The session to open, and whether its opener is streamed."""

    name: str
    caller: str
    stream: bool


class SessionOpen(Asking):
    """What counts when no session is named: a question is not read (contract 3.25)."""

    name = Text(most=_LONGEST_NAME, allow_none=True)
    user_id = Text(most=_LONGEST_NAME, allow_none=True)
    stream = Flag(allow_none=True)

    @post_load
    def _opening(self, values: dict[str, Any], **_: Any) -> Opening:
        return Opening(values.get("name") or NAME, values.get("user_id") or "", values.get("stream", True) is not False)


@dataclass(frozen=True, slots=True)
class AskedChat:
    """A question as it was sent."""

    question: str
    stream: bool
    quote: bool
    documents: list[str]
    variables: dict[str, Any]


class Documents(Texts):
    """Ids of documents, as a list or joined by commas."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> list[Any]:
        given = value.split(",") if isinstance(value, str) else value
        return [id.strip() for id in super()._deserialize(given, attr, data, **kwargs) if id.strip()]


class CompletionAsk(Asking):
    """A question; every key that is not one of these gives a variable of the prompt its value."""

    class Meta:
        unknown = INCLUDE

    question = Text(allow_none=True)
    stream = Flag(allow_none=True)
    session_id = Text(allow_none=True)
    user_id = Text(allow_none=True)
    name = Text(allow_none=True)
    quote = Flag(allow_none=True)
    doc_ids = Documents(most=_MOST_DOCUMENTS, allow_none=True)

    @post_load
    def _asked(self, values: dict[str, Any], **_: Any) -> AskedChat:
        if not (values.get("question") or "").strip():
            raise InvalidInput("question", "Please input your question.", condition="question.missing")
        return AskedChat(
            question=values["question"],
            stream=values.get("stream", True) is not False,
            quote=values.get("quote", True) is not False,
            documents=values.get("doc_ids") or [],
            variables={name: value for name, value in values.items() if name not in self.fields},
        )


class QuestionsAsk(Arguments):
    """A question to which related ones are wanted."""

    question = Text(allow_none=True)

    @post_load
    def _question(self, values: dict[str, Any], **_: Any) -> str:
        question: str = values.get("question") or ""
        if not question.strip():
            raise InvalidInput("question", "`question` is required.", condition="question.required")
        return question


class Completion(Reply):
    """A whole answer, or the opener of a new session."""

    answer = fields.String(required=True)
    reference = fields.Dict(required=True)
    prompt = fields.String()
    created_at = fields.Float()
    audio_binary = fields.String(required=True, allow_none=True)
    id = fields.String(required=True, allow_none=True)
    session_id = fields.String(required=True)
