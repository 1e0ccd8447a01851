"""Datasets as a client of Open WebUI manages them: names need not differ, the owner says who reads and writes (contract 6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from models.errors import NotFound
from models.tables import Dataset, User
from services import datasets, names, placing, removal, sharing
from services.access import Principal, select_in
from services.datasets import NewDataset


@dataclass(frozen=True, slots=True)
class Outline:
    """What a client says of a dataset; `shares` as `services.sharing.shares_of` gives it."""

    name: str
    description: str
    shares: Mapping[str, Any] | None


def create(principal: Principal, *, outline: Outline) -> Dataset:
    """Make a dataset with the tenant's defaults. Raises InvalidInput as `datasets.create`."""
    new = NewDataset(outline.name, description=outline.description)
    return datasets.make(principal, new=new, **sharing.columns(outline.shares))


def update(principal: Principal, dataset_id: str, *, outline: Outline) -> Dataset:
    """Say all of it anew; its files stay. Raises NotFound, NotPermitted."""
    dataset = sharing.writable_dataset(principal, dataset_id)
    fields = {"name": outline.name, "name_key": names.key(outline.name), "description": outline.description}
    if dataset.tenant == principal.tenant:  # who may write does not say who else may
        fields |= sharing.columns(outline.shares, now=dataset)
    if not Dataset.change(Dataset.id == dataset.id, **fields):
        raise NotFound("dataset", dataset_id)
    return Dataset.get_by_id(dataset.id)


def owners(found: list[Dataset]) -> dict[str, User]:
    """Who made each of the datasets, by user id."""
    return {row.id: row for row in select_in(User, User.id, list({dataset.created_by for dataset in found}))}


def delete(principal: Principal, dataset_id: str) -> None:
    """Delete the dataset; its files stay, in no dataset where they were in no other. Raises NotFound, NotPermitted."""
    dataset = sharing.removable_dataset(principal, dataset_id)
    while not removal.remove_empty(dataset):  # a file that is added meanwhile is released too
        placing.release(dataset)


def empty(principal: Principal, dataset_id: str) -> Dataset:
    """Take all files out, which stay. Raises NotFound, NotPermitted."""
    dataset = sharing.writable_dataset(principal, dataset_id)
    placing.release(dataset)
    return Dataset.get_by_id(dataset.id)
