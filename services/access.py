"""Who is asking, and what is within reach: every lookup of a dataset or document goes through here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from peewee import Expression, chunked

from models.base import database
from models.errors import NotFound
from models.tables import Dataset, Document, File, Membership
from services import names

BATCH = 500


@dataclass(frozen=True, slots=True)
class Principal:
    """The caller: the tenant whose things are its own, the user who joined other tenants, and what the key is bound to, if anything.

    A key reaches all of its tenant; the chat or agent it is bound to, which need not exist, says which one is meant
    where a request names none (legacy contract 10.4).
    """

    tenant: str
    user: str
    chat: str = field(default="", compare=False)
    agent: str = field(default="", compare=False)


def reach(principal: Principal) -> Expression:
    """The condition on Dataset that admits the caller's own and what its teams read and write (RAGFlow v1 contract 2.5, decisions B12, D6)."""
    return owned_or(principal, Dataset.permission == "team")


def owned_or(principal: Principal, shared: Expression) -> Expression:
    """The condition on Dataset that admits the caller's own, and of its teams' those that are shared."""
    joined = Membership.select(Membership.tenant).where(Membership.user == principal.user)
    return ((Dataset.tenant == principal.tenant) | (shared & Dataset.tenant.in_(joined))) & (Dataset.hidden == False)  # noqa: E712


def readable_dataset(principal: Principal, dataset_id: str) -> Dataset:
    """The dataset, when the caller owns it or shares it with its owner's team. Raises NotFound."""
    dataset = Dataset.get_or_none((Dataset.id == dataset_id) & reach(principal))
    if dataset is None:
        raise NotFound("dataset", dataset_id)
    return dataset


def readable_datasets(principal: Principal, ids: Sequence[str]) -> list[Dataset]:
    """The datasets of these ids, in their order. Raises NotFound for the first that is out of reach."""
    found = {row.id: row for row in select_in(Dataset, Dataset.id, ids, reach(principal))}
    for id in ids:
        if id not in found:
            raise NotFound("dataset", id)
    return [found[id] for id in ids]


def dataset_named(principal: Principal, name: str) -> Dataset:
    """The caller's own dataset of this name in any case of letters, the oldest of several (decisions A5). Raises NotFound."""
    key = names.key(name.strip())
    own = Dataset.select().where(Dataset.tenant == principal.tenant, Dataset.hidden == False, Dataset.name_key == key)  # noqa: E712
    found: Dataset | None = own.order_by(Dataset.create_time, Dataset.id).first()
    if found is None:
        raise NotFound("dataset", name)
    return found


def lock_dataset(dataset_id: str) -> Dataset:
    """Keep the dataset to the caller's transaction, on every database, and read it as it stands. Raises NotFound.

    Whoever changes chunks, documents or counters of a dataset begins with this, so that they wait for each other in one order.
    """
    if not Dataset.change(Dataset.id == dataset_id):
        raise NotFound("dataset", dataset_id)
    return Dataset.get_by_id(dataset_id)


def lock_files(ids: Iterable[str]) -> set[str]:
    """Keep the files to the caller's transaction, which has locked its datasets before, on every database; returns those that are there.

    Whoever decides by where else a file is placed begins with this, so that two datasets that part with it do not each leave it to the other.
    """
    found: set[str] = set()
    for batch in chunked(sorted(set(ids)), BATCH):
        rows = File.select(File.id).where(File.id.in_(batch)).order_by(File.id)
        found.update(id for (id,) in (rows.for_update() if database.for_update else rows).tuples())  # SQLite has one writer anyway
    return found


def document(principal: Principal, dataset_id: str, document_id: str) -> Document:
    """The document in its dataset. Raises NotFound, of the dataset first."""
    dataset = readable_dataset(principal, dataset_id)
    found = Document.get_or_none((Document.id == document_id) & (Document.dataset == dataset.id))
    if found is None:
        raise NotFound("document", document_id)
    return found


def select_in(table: Any, column: Any, values: Sequence[Any], *where: Any) -> list[Any]:
    """The rows whose column is among the values, asked for in batches that every database takes."""
    rows: list[Any] = []
    for batch in chunked(values, BATCH):
        rows.extend(table.select().where(column.in_(batch), *where))
    return rows
