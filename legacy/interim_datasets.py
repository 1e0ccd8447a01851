"""Datasets as v0.11 and v0.12 had them, `/api/v1/dataset/...` (legacy contract 8)."""

from __future__ import annotations

from typing import Any

from flask import g

from legacy.blueprint import LegacyBlueprint
from legacy.schemas.interim_datasets import Dataset, Id, NamedOrId, DatasetListing, DatasetSave, Saved, new_dataset
from models.errors import Conflict, NotFound
from services import access, datasets
from services.paging import Paging

blp = LegacyBlueprint("interim-datasets", __name__, url_prefix="/api/v1/dataset", description="Datasets, for clients of v0.11 and v0.12.")


@blp.post("/save")
@blp.reads(DatasetSave)
@blp.response(200)
@blp.alt_response(200, schema=Dataset)
def save_dataset(body: Any) -> Any:
    """Make a dataset, which is told, or change the one whose `id` is given, which answers true."""
    asked: Saved = body()
    if not asked.id:
        return Dataset().dump(datasets.create(g.principal, new=new_dataset(asked)))
    _require_unchanged(asked)
    datasets.update(g.principal, asked.id, changes=asked.fields)
    return True


@blp.delete("/delete")
@blp.reads(Id)
@blp.response(200)
def delete_dataset(query: Any) -> bool:
    """Delete a dataset with all that is in it."""
    datasets.delete(g.principal, ids=[query()])
    return True


@blp.get("/list")
@blp.reads(DatasetListing)
@blp.response(200, Dataset(many=True))
def list_datasets(query: Any) -> Any:
    """List datasets."""
    return datasets.list_(g.principal, paging=query())


@blp.get("/detail")
@blp.reads(NamedOrId)
@blp.response(200, Dataset)
def show_dataset(query: Any) -> Any:
    """Show the dataset of an id or a name, the oldest of several."""
    asked = query()
    for found in datasets.list_(g.principal, paging=Paging(page_size=1, desc=False), **asked):
        return found
    raise NotFound("dataset", asked["id"])


def _require_unchanged(asked: Saved) -> None:
    """Refuse another tenant, other counters, and another method over chunks. Raises NotFound, Conflict."""
    dataset = access.readable_dataset(g.principal, asked.id)
    for name, value in asked.fixed.items():
        if value != getattr(dataset, name):
            raise Conflict("dataset.fixed", f"Can't change {'tenant_id' if name == 'tenant' else name}.")
    if dataset.chunk_count and asked.fields.get("chunk_method", dataset.chunk_method) != dataset.chunk_method:
        raise Conflict("dataset.method_fixed", "If chunk count is not 0, parse method is not changable.")
