"""Sessions as the clients of v0.11 and v0.12 send and read them (legacy contract 8)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import INCLUDE, fields, post_load

from api.wire.fields import Text
from api.wire.objects import Timed
from legacy.arguments import Arguments, anywhere
from legacy.schemas.completions import Documents
from legacy.schemas.fields import Truth
from legacy.schemas.interim_datasets import Identity
from legacy.schemas.paging import WholeListing
from models.errors import InvalidInput
from services.answers import ragflow_markers
from services.sessions import NAME

_LONGEST = 255


@dataclass(frozen=True, slots=True)
class SavedSession:
    """A session to rename or to move, when `id` names one, else to open; `name` is None where none was sent."""

    id: str
    chat: str
    name: str | None


class SessionSave(Arguments):
    """A session's name and its assistant; what was said in it cannot be changed."""

    required = True

    id = Text(allow_none=True)
    assistant_id = Text(allow_none=True)
    name = Text(most=_LONGEST, allow_none=True)

    def take(self, sent: Mapping[str, Any]) -> SavedSession:
        """The session. Raises InvalidInput."""
        saved: SavedSession = super().take(sent)
        for noun in ("message", "messages", "reference") if saved.id else ():
            if noun in sent:
                raise InvalidInput(noun, f"{noun} can not be change", condition="session.refused")
        return saved

    @post_load
    def _saved(self, given: dict[str, Any], **_: Any) -> SavedSession:
        id, name = given.get("id") or "", given.get("name") if "name" in given else None
        if "name" in given and not given["name"]:
            raise InvalidInput("name", "name can not be empty.", condition="session.refused")
        if not id and not given.get("assistant_id"):
            raise InvalidInput("assistant_id", "assistant_id is required.", condition="session.refused")
        return SavedSession(id, given.get("assistant_id") or "", name if id else name or NAME)


class SessionKey(Arguments):
    """A session, and its assistant where the client names it."""

    id = Text()
    assistant_id = Text(allow_none=True)

    @post_load
    def _key(self, given: dict[str, Any], **_: Any) -> tuple[str, str | None]:
        if not given.get("id"):
            raise InvalidInput("id", "required argument are missing: id; ")
        return given["id"], given.get("assistant_id") or None


class SessionListing(WholeListing):
    """Which part of an assistant's list of sessions."""

    columns = {name: name for name in ("id", "name")}


class SessionIdentity(Identity):
    id = Text()


class AssistantIdentity(Identity):
    key = "assistant_id"

    assistant_id = Text()


class SessionNamed(Arguments):
    """Which session a question belongs to; v0.11 called it `id`."""

    def read(self) -> str:
        """The id. Raises InvalidInput."""
        sent = anywhere()
        id = sent.get("session_id") or sent.get("id")
        if not id:
            raise InvalidInput("session_id", "required argument are missing: session_id; ")
        return str(id)


@dataclass(frozen=True, slots=True)
class SessionQuestion:
    """A question as it was sent."""

    question: str
    stream: bool
    quote: bool
    documents: list[str]
    variables: dict[str, Any]


class SessionAsk(Arguments):
    """A question; every key that is not one of these is a variable's value."""

    class Meta:
        unknown = INCLUDE

    required = True

    session_id = fields.Raw(metadata={"type": "string"})
    id = fields.Raw(metadata={"type": "string"})
    messages = fields.Raw(metadata={"type": "array", "items": {}})  # v0.11 sends the history too, which is known
    question = Text(load_default="", allow_none=True)
    stream = Truth(load_default=True, allow_none=True)
    quote = Truth(load_default=True, allow_none=True)
    doc_ids = Documents()

    @post_load
    def _asked(self, given: dict[str, Any], **_: Any) -> SessionQuestion:
        variables = {name: value for name, value in given.items() if name not in self.fields}
        return SessionQuestion(given["question"] or "", bool(given["stream"]), bool(given["quote"]), given["doc_ids"], variables)


class InterimSession(Timed):
    """A session, with the names of v0.12; each answer after the first has the chunks it was given."""

    id = fields.String(required=True)
    assistant_id = fields.String(attribute="chat", required=True)
    name = fields.String(required=True)
    messages = fields.Function(lambda session: _messages(session), required=True, metadata={"type": "array", "items": {"type": "object"}})


def _messages(session: Any) -> list[dict[str, Any]]:
    references = iter(session.references)
    return [_message(message, references) for message in session.messages]


def _message(stored: Mapping[str, Any], references: Any) -> dict[str, Any]:
    if stored["role"] != "assistant":
        return dict(stored)
    shown = {**stored, "content": ragflow_markers(stored["content"])}
    if "id" in stored:
        shown["reference"] = [_chunk(passage) for passage in next(references, {}).get("passages", ())]
    return shown


def _chunk(passage: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": passage["chunk_id"],
        "content": passage["content"],
        "document_id": passage["document_id"],
        "document_name": passage["document_name"],
        "knowledgebase_id": passage["dataset_id"],
        "image_id": passage["image_id"],
        "similarity": passage["similarity"],
        "vector_similarity": passage["vector_similarity"],
        "term_similarity": passage["term_similarity"],
        "positions": passage["positions"],
    }
