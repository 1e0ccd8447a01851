"""Datasets: create, delete, update, list (RAGFlow v1 contract 3.1 to 3.4)."""

from __future__ import annotations

from typing import Any

from flask import g

from api.v1 import grammar
from api.v1.blueprint import V1Blueprint
from api.v1.schemas.datasets import Changes, Dataset, DatasetCreate, DatasetDelete, DatasetPath, DatasetQuery, DatasetUpdate
from api.wire.fields import Problem
from api.v1.schemas.parser_config import most_tokens
from models.errors import Conflict, InvalidInput
from services import access, datasets

blp = V1Blueprint("datasets", __name__, description="Sets of documents that share an embedding model.")


@blp.post("/datasets")
@blp.reads(DatasetCreate)
@blp.response(200, Dataset)
def create_dataset(body: Any) -> Any:
    """Create a dataset."""
    return datasets.create(g.principal, new=body())


@blp.delete("/datasets")
@blp.reads(DatasetDelete)
@blp.response(200)
def delete_datasets(body: Any) -> None:
    """Delete datasets with all they hold; `{"ids": null}` deletes all of them."""
    datasets.delete(g.principal, ids=body())


@blp.put("/datasets/<dataset_id>")
@blp.reads(DatasetUpdate)
@blp.reads(DatasetPath, documented=False)
@blp.response(200)
def update_dataset(path: Any, body: Any, dataset_id: str) -> None:
    """Update a dataset."""
    id = path()
    changes: Changes = body()
    _require_allowed(id, changes)
    datasets.update(g.principal, id, changes=changes.fields)


@blp.get("/datasets")
@blp.reads(DatasetQuery)
@blp.response(200, Dataset(many=True))
def list_datasets(query: Any) -> Any:
    """List datasets."""
    return datasets.list_(g.principal, **query())


def _require_allowed(id: str, changes: Changes) -> None:
    """What depends on the dataset itself: whose it is, and how large its chunks may be (decisions B17)."""
    dataset = access.readable_dataset(g.principal, id)
    if changes.tenant not in (None, dataset.tenant):
        raise Conflict("tenant.fixed", "Can't change tenant_id.")
    limit = most_tokens(changes.fields.get("chunk_method", dataset.chunk_method))
    if changes.fields.get("parser_config", {}).get("chunk_token_num", 0) > limit:
        problem = Problem("integer.most", limit=limit)
        lines = grammar.lines({"parser_config": {"chunk_token_num": [problem]}}, changes.fields)
        raise InvalidInput("parser_config", lines, condition="grammar")
