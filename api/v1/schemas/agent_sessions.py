"""Sessions with agents on the wire, and what is asked in them (RAGFlow v1 contract 2.9, 3.27 to 3.29)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import request
from marshmallow import INCLUDE, fields, post_load

from api.v1 import bodies
from api.v1.schemas.agents import newest_by
from api.v1.schemas.base import Query
from api.v1.schemas.chats import ChatDelete
from api.v1.schemas.completions import Asking
from api.v1.schemas.documents import NAME_BYTES, require_plain_name
from api.v1.schemas.lists import LONGEST, Column, ListQuery, paging
from api.v1.schemas.sessions import shown_messages
from api.wire.fields import Flag, Text
from api.wire.objects import HttpDate, Reply
from models.errors import InvalidInput
from services import json_values
from services.agent_files import Upload
from services.sessions import Wanted

_LONGEST = 255
_COLUMNS = {"create_date": "create_time", "update_date": "update_time", "dialog_id": "chat", "agent_id": "chat", "user_id": "caller"}
_UNSORTABLE = {"messages", "references", "message", "reference", "dsl"}  # JSON, which not every database can order by
_MULTIPART = "multipart/form-data"


class Caller(Query):
    """Whom a client opens a session for, by its own label."""

    user_id = Text(most=_LONGEST)

    @post_load
    def _label(self, given: dict[str, Any], **_: Any) -> str:
        return str(given.get("user_id", ""))


class Values(Asking):
    """The values of Begin parameters by their keys: an object, or the fields and files of a form."""

    class Meta:
        unknown = INCLUDE

    def read(self) -> dict[str, Any]:
        if request.mimetype != _MULTIPART:
            return dict(bodies.asking())
        given: dict[str, Any] = request.form.to_dict()
        json_values.check(given)
        parts = {key: part for key, part in request.files.items() if part.filename}
        for part in parts.values():
            if len(str(part.filename).encode()) >= NAME_BYTES:
                raise InvalidInput("file", f"File name should be less than {NAME_BYTES} bytes.")
            require_plain_name(str(part.filename))
        return given | {key: Upload(str(part.filename), part.stream) for key, part in parts.items()}


@dataclass(frozen=True, slots=True)
class Start:
    """A session to open on the way, and whether what it says is streamed."""

    caller: str
    values: dict[str, Any]
    stream: bool


class AgentStart(Asking):
    """What counts when no session is named: a question is not read; every key that is not one of these is a Begin parameter's value."""

    class Meta:
        unknown = INCLUDE

    session_id = Text(allow_none=True)
    user_id = Text(most=_LONGEST, allow_none=True)
    stream = Flag(allow_none=True)
    sync_dsl = Flag(allow_none=True)

    @post_load
    def _start(self, given: dict[str, Any], **_: Any) -> Start:
        others = {name: value for name, value in given.items() if name not in self.fields}
        return Start(given.get("user_id") or "", others, given.get("stream", True) is not False)


@dataclass(frozen=True, slots=True)
class AskedAgent:
    """A question as it was sent."""

    question: str
    stream: bool
    sync: bool


class AgentAsk(Asking):
    """A question; every key that is not one of these gives a Begin parameter its value, where a session is opened."""

    class Meta:
        unknown = INCLUDE

    question = Text(allow_none=True)
    stream = Flag(allow_none=True)
    session_id = Text(allow_none=True)
    user_id = Text(allow_none=True)
    sync_dsl = Flag(allow_none=True)

    @post_load
    def _asked(self, given: dict[str, Any], **_: Any) -> AskedAgent:
        if not (given.get("question") or "").strip():
            raise InvalidInput("question", "`question` is required.", condition="question.missing")
        return AskedAgent(given["question"], given.get("stream", True) is not False, bool(given.get("sync_dsl")))


class AgentSessionDelete(ChatDelete):
    """As chats are deleted."""


@dataclass(frozen=True, slots=True)
class Listing:
    """Which sessions to list, and whether with their canvases."""

    wanted: Wanted
    paging: Any
    with_dsl: bool


class AgentSessionQuery(ListQuery):
    user_id = Text(most=LONGEST)
    dsl = Text(most=LONGEST)
    orderby = Column(_COLUMNS, _UNSORTABLE)

    @post_load
    def _listing(self, given: dict[str, Any], **_: Any) -> Listing:
        given.setdefault("orderby", newest_by())
        wanted = Wanted(id=given.get("id", ""), caller=given.get("user_id", ""))
        return Listing(wanted, paging(given), given.get("dsl", "") not in ("false", "False"))


_MESSAGES: dict[str, Any] = {"type": "array", "items": {"type": "object"}}


class AgentSession(Reply):
    """A session with what was said, under both names of it."""

    id = fields.String(attribute="session.id", required=True)
    agent_id = fields.String(attribute="session.chat", required=True)
    user_id = fields.String(attribute="session.caller", required=True)
    source = fields.Constant("agent")
    message = fields.Function(lambda shown: shown_messages(shown.session), required=True, metadata=_MESSAGES)
    messages = fields.Function(lambda shown: shown_messages(shown.session), required=True, metadata=_MESSAGES)
    tokens = fields.Constant(0)
    duration = fields.Constant(0.0)
    round = fields.Function(lambda shown: len(shown.session.references), required=True, metadata={"type": "integer"})
    thumb_up = fields.Constant(0)
    create_time = fields.Integer(attribute="session.create_time", required=True)
    create_date = HttpDate(attribute="session.create_time", required=True)
    update_time = fields.Integer(attribute="session.update_time", required=True)
    update_date = HttpDate(attribute="session.update_time", required=True)
    dsl = fields.Dict()

    def dump(self, obj: Any, *, many: bool | None = None) -> Any:
        """The wire form, without `dsl` where none was asked for."""
        dumped = super().dump(obj, many=many)
        for one in dumped if isinstance(dumped, list) else [dumped]:
            if one.get("dsl", {}) is None:
                del one["dsl"]
        return dumped


class AgentRun(Reply):
    """What each component did in one run: `id` is that of question and answer, empty for the run that opened the session."""

    id = fields.String(attribute="exchange", required=True)
    error = fields.String(attribute="failure", required=True)
    create_time = fields.Integer(required=True)
    create_date = HttpDate(attribute="create_time", required=True)
    steps = fields.Raw(required=True, metadata=_MESSAGES)


class AgentCompletion(Reply):
    """A whole answer, or what a new session says."""

    answer = fields.String(required=True)
    reference = fields.Raw(required=True, metadata={"anyOf": [{"type": "object"}, {"type": "array", "items": {}}]})
    param = fields.List(fields.Dict())
    id = fields.String()
    session_id = fields.String(required=True)
