"""The table of models that tenants bring along; part of models.tables, in a file of its own for its length."""

from __future__ import annotations

from peewee import CharField, IntegerField

from models.base import TimedRow, new_id


class TenantModel(TimedRow):
    """A chat or rerank model of one tenant, behind an OpenAI-compatible endpoint; goes before the operator's of the same name."""

    id = CharField(max_length=32, primary_key=True, default=new_id)
    tenant = CharField(max_length=32)
    purpose = CharField(max_length=16)  # chat | rerank
    name = CharField(max_length=128)
    factory = CharField(max_length=64, default="")
    base_url = CharField()
    path = CharField()  # its name at the endpoint
    key = CharField(max_length=1024, default="")  # it has to be sent, so it is kept as it is
    context_tokens = IntegerField(default=8192)

    class Meta:
        indexes = ((("tenant", "purpose", "name", "factory"), True),)
