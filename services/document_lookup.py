"""Documents found by id or name alone, in whatever dataset they are (legacy contract 6.7 to 6.11)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from peewee import Expression, ModelSelect

from models.errors import NotFound
from models.tables import Dataset, Document
from services import removal
from services.access import Principal, reach, select_in


def find(principal: Principal, document_id: str) -> Document:
    """The document of this id within the caller's reach. Raises NotFound."""
    found = Document.get_or_none((Document.id == document_id) & _within(reach(principal)))
    if found is None:
        raise NotFound("document", document_id)
    return found


def find_public(document_id: str) -> Document:
    """The document of this id, whoever owns it, for an operator who opened documents to all (decisions C6). Raises NotFound."""
    found = Document.get_or_none((Document.id == document_id) & _within(Dataset.hidden == False))  # noqa: E712
    if found is None:
        raise NotFound("document", document_id)
    return found


def find_all(principal: Principal, ids: Sequence[str]) -> list[Document]:
    """The documents of these ids within the caller's reach, oldest first; the unknown ones are left out."""
    rows = select_in(Document, Document.id, list(dict.fromkeys(ids)), _within(reach(principal)))
    return sorted(rows, key=lambda row: (row.create_time, row.id))


def newest_named(principal: Principal, name: str) -> Document:
    """The caller's own document of this name, letter for letter, the newest of several (decisions C7). Raises NotFound."""
    found = _named(principal, [name])
    if not found:
        raise NotFound("document", name)
    return max(found, key=lambda row: (row.create_time, row.id))


def delete(principal: Principal, *, ids: Sequence[str], names: Sequence[str]) -> None:
    """Delete the documents of these ids, and all of the caller's own that have one of these names.

    Each name, then each id, is resolved before anything is deleted: at the first unknown one raises NotFound (decisions A6, C7).
    """
    named = _named(principal, names)
    known = {row.name for row in named}
    found = {row.id: row for row in find_all(principal, ids)}
    for word in [*(name for name in names if name not in known), *(id for id in ids if id not in found)]:
        raise NotFound("document", word)
    found.update({row.id: row for row in named})
    for dataset in select_in(Dataset, Dataset.id, list({row.dataset for row in found.values()})):
        removal.remove_documents(dataset, [row.id for row in found.values() if row.dataset == dataset.id])


def _named(principal: Principal, names: Sequence[str]) -> list[Document]:
    own: Any = (Dataset.tenant == principal.tenant) & (Dataset.hidden == False)  # noqa: E712  (an SQL expression)
    keys = list(dict.fromkeys(name.casefold() for name in names))
    wanted = set(names)
    return [row for row in select_in(Document, Document.name_key, keys, _within(own)) if row.name in wanted]


def _within(datasets: Expression) -> Any:
    chosen: ModelSelect = Dataset.select(Dataset.id).where(datasets)
    return Document.dataset.in_(chosen)
