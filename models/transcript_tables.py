"""The table of transcripts; part of models.tables, in a file of its own for its length."""

from __future__ import annotations

from peewee import BooleanField, CharField, JSONField, TextField

from models.base import TimedRow, new_id


class Transcript(TimedRow):
    """What a client's page keeps of a talk with a model: an object of the client's own making, of one person alone."""

    id = CharField(max_length=32, primary_key=True, default=new_id)
    tenant = CharField(max_length=32)
    user = CharField(max_length=32)
    title = TextField()
    content = JSONField(default=dict)  # as the client sent it
    archived = BooleanField(default=False)
    pinned = BooleanField(default=False)
    folder = CharField(max_length=64, default="")

    class Meta:
        indexes = ((("user", "update_time"), False),)
