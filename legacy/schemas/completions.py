"""Questions as old clients ask them, and the answers they read (legacy contract 6.4, 6.13)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from marshmallow import INCLUDE, fields, post_load

from api.wire.fields import Choice, FreeObject, Items, Text
from api.wire.objects import Reply, Wire
from legacy.arguments import Arguments, sent
from legacy.options import options
from legacy.schemas.fields import Truth, Words
from models.errors import InvalidInput
from services.answers import Turn
from services.completions import Asked

_MOST_MESSAGES = 10_000
_LARGEST_EXTRAS = 65_535
_LONGEST_ID = 255


@dataclass(frozen=True, slots=True)
class Said:
    """A message as it was sent; `documents` is None where it has no `doc_ids`, `beside` what it has beside its text."""

    turn: Turn
    id: str
    documents: list[str] | None
    beside: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Question:
    """A question, and whether its answer is streamed."""

    asked: Asked
    stream: bool


class Documents(Words):
    """Ids of documents, as a list or joined by commas."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> list[Any]:
        ids = super()._deserialize(value, attr, data, **kwargs)
        return [id.strip() for one in ids for id in one.split(",") if id.strip()]


class MessageFields(Wire):
    """What the product reads of a message."""

    class Meta:
        unknown = INCLUDE

    role = Choice("user", "assistant", "system", required=True)
    content = Text(required=True)
    doc_ids = Documents(load_default=None)


class Message(fields.Field[Said]):
    """An object with role and content; whatever else it has is stored with it (contract 5.2)."""

    def deserialize(self, value: Any, attr: str | None = None, data: Any = None, **kwargs: Any) -> Any:
        """The message; null lacks what a message has."""
        return super().deserialize({} if value is None else value, attr, data, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Said:
        if not isinstance(value, Mapping) or not {"role", "content"} <= value.keys():
            raise InvalidInput("messages", "required argument are missing: role,content; ", condition="message.incomplete")
        given = MessageFields().load(value)
        beside = {name: value[name] for name in value if name not in ("role", "content", "id")}
        FreeObject(most=_LARGEST_EXTRAS).deserialize(beside)
        id = value.get("id")
        known = id if isinstance(id, str) and len(id) <= _LONGEST_ID else ""
        documents = given["doc_ids"] if "doc_ids" in value else None
        return Said(Turn(given["role"], given["content"]), known, documents, beside)


class ConversationNamed(Arguments):
    """Which conversation a question belongs to, known before the rest is looked at; what is no string names none."""

    def take(self, sent: Mapping[str, Any]) -> str:
        id = sent.get("conversation_id")
        return id if isinstance(id, str) else ""


class CompletionAsk(Arguments):
    """The history, of which the last message is the question; every key that is not one of these is a variable's value."""

    class Meta:
        unknown = INCLUDE

    required = True

    conversation_id = fields.Raw(required=True, metadata={"type": "string"})
    messages = Items(Message(metadata={"type": "object"}), most=_MOST_MESSAGES, required=True)
    stream = Truth(allow_none=True)
    quote = Truth(allow_none=True)
    doc_ids = Documents()

    def read(self) -> Question:
        question: Question = self.take(sent())
        return question

    @post_load
    def _question(self, given: dict[str, Any], **_: Any) -> Question:
        said = [one for one in given["messages"] if one.turn.role != "system"]
        asked = Asked(
            turns=tuple(one.turn for one in said),
            quote=bool(given.get("quote", options().default_quote)),
            documents=_narrowed(said, given["doc_ids"]),
            variables={name: value for name, value in given.items() if name not in self.fields},
            beside=said[-1].beside if said else {},
        )
        if said and said[-1].id:
            asked = replace(asked, id=said[-1].id)
        return Question(asked, bool(given.get("stream", options().default_stream)))


class WordAsk(Arguments):
    """A question by itself, of a bot platform; every key that is not one of these is a variable's value."""

    class Meta:
        unknown = INCLUDE

    required = True

    Authorization = fields.Raw(required=True, metadata={"type": "string"})
    conversation_id = fields.Raw(required=True, metadata={"type": "string"})
    word = Text(required=True)
    quote = Truth(allow_none=True)

    def read(self) -> Asked:
        asked: Asked = self.take(sent())
        return asked

    @post_load
    def _asked(self, given: dict[str, Any], **_: Any) -> Asked:
        variables = {name: value for name, value in given.items() if name not in self.fields}
        return Asked(turns=(Turn("user", given["word"]),), quote=bool(given.get("quote", True)), variables=variables)


class Completion(Reply):
    """A whole answer; without citations its reference is an empty list. That of an agent has the first three alone."""

    answer = fields.String(required=True)
    reference = fields.Raw(required=True, metadata={"anyOf": [{"type": "object"}, {"type": "array", "items": {}}]})
    id = fields.String(required=True)
    prompt = fields.String()
    audio_binary = fields.String(allow_none=True)
    created_at = fields.Float()


def _narrowed(said: Sequence[Said], named: list[str]) -> list[str]:
    """The documents to search: those of the last message, where it names any list, and of the ones before it (contract 6.4.2)."""
    if not said or said[-1].documents is None:
        return named
    return list(dict.fromkeys(id for one in (said[-1], *said[:-1]) for id in one.documents or ()))
