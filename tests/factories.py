"""Rows for tests, with keyword overrides; where a service can make the thing, it does."""

from __future__ import annotations

from typing import Any

from models.base import new_id
from models.tables import Dataset, Document, File, User
from services import tokens, users
from services.access import Principal


def make_user(email: str | None = None) -> User:
    """A user with a tenant of its own."""
    return users.create(email=email or f"{new_id()}@example.org")


def make_key(user: User | None = None) -> str:
    """An API key, of a new user unless one is given."""
    return tokens.create(user_id=(user or make_user()).id)


def make_principal(user: User | None = None) -> Principal:
    """A caller, of a new tenant unless a user is given."""
    owner = user or make_user()
    return Principal(tenant=owner.id, user=owner.id)


def make_dataset(principal: Principal, **fields: Any) -> Dataset:
    """A dataset row of the caller's."""
    name = fields.pop("name", f"dataset {new_id()}")
    given = {"embedding_model": "all-MiniLM-L6-v2", "model": "all-MiniLM-L6-v2", **fields}
    return Dataset.create(tenant=principal.tenant, created_by=principal.user, name=name, name_key=name.casefold(), **given)


def make_document(dataset: Dataset, **fields: Any) -> Document:
    """A document row with its file, whose blob is not stored."""
    name = fields.pop("name", "notes.txt")
    size = fields.pop("size", 1)
    file = File.create(tenant=dataset.tenant, name=name, blob=new_id(), size=size, digest="0" * 64)
    given = {"kind": "doc", "chunk_method": dataset.chunk_method, "parser_config": dataset.parser_config, **fields}
    return Document.create(
        id=file.id,
        tenant=dataset.tenant,
        dataset=dataset.id,
        file=file.id,
        created_by=dataset.created_by,
        name=name,
        name_key=name.casefold(),
        location=name,
        size=size,
        **given,
    )
