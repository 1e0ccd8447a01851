"""The tables of transcripts and their folders; part of models.tables, in a file of its own for its length."""

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
