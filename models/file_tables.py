"""The tables of files and their texts; part of models.tables, in a file of their own for its length."""

from __future__ import annotations

from peewee import BigIntegerField, BooleanField, CharField, IntegerField, JSONField, TextField

from models.base import Row, SlotField, TimedRow, new_id


class File(TimedRow):
    """An uploaded file; documents are its placements in datasets (decisions A4)."""

    id = CharField(max_length=32, primary_key=True, default=new_id)
    tenant = CharField(max_length=32, index=True)
    name = CharField()
    blob = CharField()  # key in the blob store
    size = BigIntegerField()
    digest = CharField(max_length=64)  # SHA-256 of its bytes, hex
    created_by = CharField(max_length=32, default="")  # empty: the tenant's owner
    content_type = CharField(null=True)  # as the client sent it
    facts = JSONField(null=True)  # what a client that may say something of its files said; null for one that could not
    text_digest = CharField(max_length=64, null=True)  # SHA-256 of its text as UTF-8, hex; null until it was read
    edited = BooleanField(default=False)  # its text is a client's, in place of what its bytes say


class FileText(Row):
    """A part of what a file says; all parts in their order are its text."""

    id = SlotField()
    file = CharField(max_length=32)
    part = IntegerField()
    text = TextField()  # short enough for every database

    class Meta:
        indexes = ((("file", "part"), True),)
