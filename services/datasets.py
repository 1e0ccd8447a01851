"""Datasets: create, change, list, delete with everything in them (RAGFlow v1 contract 3.1 to 3.4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from models.base import database
from models.errors import Conflict, NotFound
from models.tables import Dataset, ModelSetting, Tenant
from search import catalogue
from services import names, parser_config, removal
from services.access import Principal, reach, readable_dataset, select_in
from services.batch import require_delete_all
from services.compat import profile
from services.paging import Paging, paged


@dataclass(frozen=True, slots=True)
class NewDataset:
    """What a client may say of a dataset it makes; an empty parser_config means the method's default."""

    name: str
    avatar: str | None = None
    description: str | None = None
    language: str = "English"
    embedding_model: str | None = None
    permission: str = "me"
    chunk_method: str = "naive"
    pagerank: int = 0
    parser_config: Mapping[str, Any] = field(default_factory=dict)


def create(principal: Principal, *, new: NewDataset) -> Dataset:
    """Make a dataset. Raises Conflict dataset.name_taken, then InvalidInput model.unsupported or model.unauthorized."""
    with database.atomic():
        _require_free_name(principal.tenant, new.name)
        return make(principal, new=new)


def make(principal: Principal, *, new: NewDataset, **columns: Any) -> Dataset:
    """Make a dataset whatever its name (decisions A5), with further columns of its row. Raises InvalidInput as `create`."""
    model = new.embedding_model or default_model(principal.tenant)
    resolved = catalogue.resolve(model)
    given = {
        "name": new.name,
        "name_key": names.key(new.name),
        "avatar": new.avatar,
        "description": new.description,
        "language": new.language,
        "embedding_model": model,
        "model": resolved,
        "permission": new.permission,
        "chunk_method": new.chunk_method,
        "pagerank": new.pagerank,
        "parser_config": dict(new.parser_config) or parser_config.default(new.chunk_method),
    }
    return Dataset.create(tenant=principal.tenant, created_by=principal.user, **given | columns)


def default_model(tenant: str) -> str:
    """The name a tenant's new datasets are given when the client names no embedding model (decisions B8)."""
    setting = ModelSetting.get_or_none((ModelSetting.tenant == tenant) & (ModelSetting.purpose == "embedding"))
    return setting.name if setting else profile().embedding_default


def operators_model() -> str:
    """The name of the embedding model where neither client nor tenant names one."""
    return profile().embedding_default


def knows_model(name: str) -> bool:
    """Whether the catalogue has this embedding model name."""
    return catalogue.is_known(name)


def update(principal: Principal, dataset_id: str, *, changes: Mapping[str, Any]) -> Dataset:
    """Change the named fields, all or none; parser_config is merged (RAGFlow v1 contract 3.3).

    Raises NotFound, Conflict dataset.name_taken or dataset.model_fixed, InvalidInput.
    """
    fields = dict(changes)
    with database.atomic():
        dataset = readable_dataset(principal, dataset_id)
        if "name" in fields:
            fields["name_key"] = names.key(fields["name"])
            if fields["name_key"] != dataset.name_key:
                _require_free_name(dataset.tenant, fields["name"])
        if "embedding_model" in fields:
            fields["model"] = _changed_model(dataset, fields["embedding_model"])
        config = _changed_config(dataset, fields)
        if config is not None:
            fields["parser_config"] = config
        Dataset.change(Dataset.id == dataset.id, **fields)
    return readable_dataset(principal, dataset_id)


def delete(principal: Principal, *, ids: Sequence[str] | None) -> int:
    """Delete the caller's own datasets of these ids (None: all) and all they hold; one unknown id and nothing goes.

    Raises NotFound `datasets` naming every unknown id; NotFound also for a team's dataset, which only its owner deletes.
    """
    mine = (Dataset.tenant == principal.tenant) & (Dataset.hidden == False)  # noqa: E712
    if ids is None:
        require_delete_all()
        rows = list(Dataset.select().where(mine))
    else:
        rows = select_in(Dataset, Dataset.id, ids, mine)
        known = {row.id for row in rows}
        unknown = [id for id in ids if id not in known]
        if unknown:
            raise NotFound("datasets", ", ".join(unknown))
    removal.remove_datasets(rows)
    return len(rows)


def list_(principal: Principal, *, paging: Paging, name: str | None = None, id: str | None = None) -> list[Dataset]:
    """A page of the datasets within reach. Raises NotFound when a filter alone matches nothing."""
    rows = Dataset.select().where(reach(principal))
    for value, condition in ((id, Dataset.id == id), (name, Dataset.name_key == names.key(name or ""))):
        if value:
            if not rows.where(condition).exists():
                raise NotFound("dataset", value)
    if id:
        rows = rows.where(Dataset.id == id)
    if name:
        rows = rows.where(Dataset.name_key == names.key(name))
    return paged(rows, Dataset, paging)


def _require_free_name(tenant: str, name: str) -> None:
    Tenant.change(Tenant.id == tenant)  # so that names of one tenant are checked one after the other, on every database
    taken = Dataset.select().where((Dataset.tenant == tenant) & (Dataset.name_key == names.key(name)))
    if taken.where(Dataset.hidden == False).exists():  # noqa: E712
        raise Conflict("dataset.name_taken", f"Dataset name '{name}' already exists", name=name)


def _changed_model(dataset: Dataset, name: str) -> str:
    """The model of a new name; with chunks it has to be the one that made their vectors."""
    if dataset.chunk_count > 0 and not (catalogue.is_known(name) and catalogue.resolve(name) == dataset.model):
        message = f"When chunk_num ({dataset.chunk_count}) > 0, embedding_model must remain {dataset.embedding_model}"
        raise Conflict("dataset.model_fixed", message, count=dataset.chunk_count, current=dataset.embedding_model)
    return catalogue.resolve(name)


def _changed_config(dataset: Dataset, fields: Mapping[str, Any]) -> dict[str, Any] | None:
    sent = fields.get("parser_config")
    if sent:
        return parser_config.merged(dataset.parser_config, sent)
    if fields.get("chunk_method", dataset.chunk_method) != dataset.chunk_method:
        return parser_config.default(fields["chunk_method"])
    return dataset.parser_config if "parser_config" in fields else None
