"""The tables of transcripts and their folders; part of models.tables, in a file of its own for its length."""

from __future__ import annotations

import json
from typing import Any

from peewee import BooleanField, CharField, JSONField, TextField

from models.base import TimedRow, new_id


class OrderedJSON(JSONField):
    """JSON whose keys stay in their order, which PostgreSQL's and MySQL's own objects do not keep: they hold its text, as a JSON string."""

    def db_value(self, value: Any) -> Any:
        return super().db_value(json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else value)

    def python_value(self, value: Any) -> Any:
        held = super().python_value(value)
        return json.loads(held) if isinstance(held, str) else held


class Transcript(TimedRow):
    """What a client's page keeps of a talk with a model: an object of the client's own making, of one person alone."""

    id = CharField(max_length=32, primary_key=True, default=new_id)
    tenant = CharField(max_length=32)
    user = CharField(max_length=32)
    title = TextField()
    content = OrderedJSON(default=dict)  # as the client sent it
    sought = TextField(default="")  # its title and what was said, casefolded, as a search looks through them
    archived = BooleanField(default=False)
    pinned = BooleanField(default=False)
    folder = CharField(max_length=32, default="")  # the id of one, which may be gone

    class Meta:
        indexes = ((("user", "update_time"), False),)


class Folder(TimedRow):
    """A name under which a person keeps transcripts."""

    id = CharField(max_length=32, primary_key=True, default=new_id)
    tenant = CharField(max_length=32)
    user = CharField(max_length=32, index=True)
    name = CharField()
