"""Agents on the wire (RAGFlow v1 contract 2.9, 3.30, 3.31)."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, post_load

from api.v1 import bodies
from api.v1.schemas.base import Arguments, Deletion
from api.v1.schemas.lists import LONGEST, Column, ListQuery, paging
from api.wire.fields import Text, broken
from api.wire.objects import Reply, Timed
from models.errors import InvalidInput
from services import json_values
from services.agents import NewAgent
from services.compat import profile

_LONGEST = 255
_LONGEST_TEXT = 65_535
# RAGFlow sorts by any column of its table; these are its names for ours.
_COLUMNS = {"create_date": "create_time", "update_date": "update_time", "user_id": "tenant", "name": "title"}
_UNSORTABLE = {"dsl", "title_key"}  # JSON, which not every database can order by, and what no client knows of


class Canvas(fields.Field[Any]):
    """A canvas as an object, or as the text of one."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> dict[str, Any]:
        if isinstance(value, str):
            value = _parsed(value)
        if not isinstance(value, dict):
            raise broken("object.type", value)
        return value


def _parsed(text: str) -> Any:
    try:
        return json_values.parse(text.encode())
    except ValueError:
        raise broken("object.type", text) from None


class AgentFields(Arguments):
    """What create and update have in common; null says nothing."""

    title = Text(strip=True, most=_LONGEST, allow_none=True)
    dsl = Canvas(allow_none=True, metadata={"type": "object"})
    description = Text(most=_LONGEST_TEXT, allow_none=True)
    avatar = Text(most=_LONGEST_TEXT, allow_none=True)
    canvas_type = Text(most=_LONGEST, allow_none=True)


class AgentCreate(AgentFields):
    def take(self, sent: Any) -> NewAgent:
        """The agent to make; that there is no canvas is told first (contract 3.31)."""
        if sent.get("dsl") is None:
            raise InvalidInput("dsl", "No DSL data in request.", condition="dsl.required")
        if not sent.get("title"):
            raise InvalidInput("title", "No title in request.", condition="title.required")
        new: NewAgent = super().take(sent)
        return new

    @post_load
    def _new(self, given: dict[str, Any], **_: Any) -> NewAgent:
        if not given["title"]:
            raise InvalidInput("title", "No title in request.", condition="title.required")
        return NewAgent(**given)


class AgentUpdate(AgentFields):
    """Only what is sent changes."""

    @post_load
    def _changes(self, given: dict[str, Any], **_: Any) -> dict[str, Any]:
        if given.get("title") == "":
            raise InvalidInput("title", "title cannot be empty", condition="title.empty")
        return {name: value for name, value in given.items() if value is not None}


class AgentDelete(Deletion):
    """Nothing: which agent goes is said by the path."""

    def read(self) -> None:
        self.take(bodies.deleting() or {})


class AgentQuery(ListQuery):
    title = Text(most=LONGEST)
    orderby = Column(_COLUMNS, _UNSORTABLE)

    @post_load
    def _listing(self, given: dict[str, Any], **_: Any) -> dict[str, Any]:
        given.setdefault("orderby", newest_by())
        return {"paging": paging(given), "id": given.get("id", ""), "title": given.get("title") or given.get("name", "")}


def newest_by() -> str:
    """The column that agents and their sessions are sorted by (decisions B5, V19)."""
    return "update_time" if profile().name == "v0.19" else "create_time"


class Agent(Timed):
    id = fields.String(required=True)
    title = fields.String(required=True)
    user_id = fields.String(attribute="tenant", required=True)
    avatar = fields.String(required=True, allow_none=True)
    canvas_type = fields.String(required=True, allow_none=True)
    description = fields.String(required=True, allow_none=True)
    permission = fields.String(required=True)
    dsl = fields.Dict(required=True)


class AgentVersion(Reply):
    """A canvas as it was saved; in a list without the canvas."""

    id = fields.String(required=True)
    agent_id = fields.String(attribute="agent", required=True)
    number = fields.Integer(required=True)
    title = fields.String(required=True)
    create_time = fields.Integer(required=True)


class WholeVersion(AgentVersion):
    dsl = fields.Dict(required=True)
