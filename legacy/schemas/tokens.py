"""Keys, logins and what keys were used for, as old clients send and read them (legacy contract 6.1; RAGFlow v1 contract, appendix A)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import request
from marshmallow import fields, post_load
from werkzeug.http import http_date

from api.wire.fields import Text
from api.wire.objects import HttpDate, Reply, Timed
from legacy.arguments import Arguments, anywhere
from legacy.schemas.fields import Words
from models.errors import InvalidInput
from services.statistics import Day
from services.tokens import LONGEST, Binding

_DAYS = 7  # of statistics, when no beginning is named
_LONGEST_PASSWORD = 4_096


class Credentials(Arguments):
    """Who logs in."""

    required = True

    email = Text(required=True, strip=True, most=LONGEST)
    password = Text(required=True, most=_LONGEST_PASSWORD, metadata={"format": "password"})


class Person(Timed):
    """Who logged in; the person's id is the tenant's too."""

    id = fields.String(required=True)
    tenant_id = fields.String(attribute="id", required=True)
    email = fields.String(required=True)
    nickname = fields.String(required=True)


class Bound(Arguments):
    """What a key is bound to: an agent, when one is named, else a chat."""

    dialog_id = Text(most=LONGEST, allow_none=True, metadata={"description": "A chat's id."})
    canvas_id = Text(most=LONGEST, allow_none=True, metadata={"description": "An agent's id, which goes before a chat's."})

    def read(self) -> Binding:
        given = anywhere()
        if not given.keys() & {"dialog_id", "canvas_id"}:
            raise InvalidInput("dialog_id", "required argument are missing: dialog_id; ")
        binding: Binding = self.take(given)
        return binding

    @post_load
    def _binding(self, given: dict[str, Any], **_: Any) -> Binding:
        agent = given.get("canvas_id") or ""
        return Binding(agent=agent) if agent else Binding(chat=given.get("dialog_id") or "")


class TokenRemoval(Arguments):
    """Keys, by their text, and the tenant whose they are."""

    required = True

    tokens = Words(attribute="keys", most=1_000)
    tenant_id = Text(required=True, allow_none=True, attribute="tenant")


class Token(Reply):
    """A key; it never changes, so there is no time of that."""

    tenant_id = fields.String(attribute="row.tenant", required=True)
    token = fields.String(attribute="text", required=True)
    dialog_id = fields.Function(lambda shown: shown.row.agent or shown.row.chat, required=True, metadata={"type": "string"})
    source = fields.Function(lambda shown: "agent" if shown.row.agent else None, required=True, metadata={"type": "string", "nullable": True})
    beta = fields.Constant(None, required=True, metadata={"type": "string", "nullable": True})
    create_time = fields.Integer(attribute="row.create_time", required=True)
    create_date = HttpDate(attribute="row.create_time", required=True)
    update_time = fields.Constant(None, required=True, metadata={"type": "integer", "nullable": True})
    update_date = fields.Constant(None, required=True, metadata={"type": "string", "nullable": True})


class Moment(Text):
    """A day, or a day and a time, in UTC, as milliseconds; a day alone is completed by `clock`; an empty text is None."""

    def __init__(self, clock: str, **options: Any) -> None:
        super().__init__(most=30, **options)
        self.clock = clock

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        text = super()._deserialize(value, attr, data, **kwargs).strip()
        if not text:
            return None
        try:
            moment = datetime.fromisoformat(f"{text} {self.clock}" if len(text) == 10 else text)
        except ValueError:
            raise InvalidInput(str(attr), f"{attr} should be a date such as 2024-04-12") from None
        return int(moment.replace(tzinfo=moment.tzinfo or UTC).timestamp() * 1000)


class Period(Arguments):
    """From when to when, both included; `canvas_id` asks for agents alone."""

    from_date = Moment("00:00:00", attribute="begin")
    to_date = Moment("23:59:59.999", attribute="end")
    canvas_id = fields.Raw(metadata={"type": "string"})

    @post_load
    def _period(self, given: dict[str, Any], **_: Any) -> dict[str, Any]:
        now = datetime.now(UTC)
        week = (now - timedelta(days=_DAYS)).replace(hour=0, minute=0, second=0, microsecond=0)
        usual = {"begin": int(week.timestamp() * 1000), "end": int(now.timestamp() * 1000)}
        asked = {name: given[name] for name in usual if given.get(name) is not None}
        return {**usual, **asked, "agents": "canvas_id" in request.args}


def _series(figure: Callable[[Day], float]) -> fields.Function:
    """One figure of each day, as pairs of day and number."""
    shape = {"type": "array", "items": {"type": "array", "items": {}}}
    return fields.Function(lambda told: [[http_date(day.start / 1000), figure(day)] for day in told["days"]], required=True, metadata=shape)


class Statistics(Reply):
    """A series for each figure; of the last three nothing has ever been counted (contract 6.1)."""

    pv = _series(lambda day: day.sessions)
    uv = _series(lambda day: day.callers)
    round = _series(lambda day: day.rounds / day.sessions)
    speed = _series(lambda day: 0)
    tokens = _series(lambda day: 0)
    thumb_up = _series(lambda day: 0)
