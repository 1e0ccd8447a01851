"""Which datasets a person reads and writes as their owner said it: the team's, and those that name it (Open WebUI contract 6, decisions D6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from peewee import Expression

from models.errors import NotFound, NotPermitted
from models.tables import Dataset
from services.access import Principal, owned_or, select_in

TEAM_READS = "team"  # in the place of the people who are named: the team reads, and its owner alone writes


def shares_of(dataset: Dataset) -> dict[str, Any] | None:
    """Who reads and writes beside the owner: of None the whole team reads, of {} nobody."""
    return None if dataset.permission == "team" or dataset.shares == TEAM_READS else dict(dataset.shares or {})


def columns(shares: Mapping[str, Any] | None, *, now: Dataset | None = None) -> dict[str, Any]:
    """What a dataset's row keeps of this; the tenant is the widest circle there is. What the team writes `now`, it goes on writing for None."""
    if shares is None and now is not None and now.permission == "team":
        return {}
    return {"permission": "me", "shares": TEAM_READS if shares is None else dict(shares) or None}


def readable(principal: Principal) -> list[Dataset]:
    """The datasets that the person may read, the last changed first."""
    rows = Dataset.select().where(_perhaps(principal)).order_by(Dataset.update_time.desc(), Dataset.id.desc())
    return [row for row in rows if _reads(principal, row)]


def among(principal: Principal, ids: Sequence[str]) -> list[Dataset]:
    """Those of these datasets that the person may read."""
    return [row for row in select_in(Dataset, Dataset.id, list(dict.fromkeys(ids)), _perhaps(principal)) if _reads(principal, row)]


def readable_dataset(principal: Principal, id: str) -> Dataset:
    """The dataset of this id. Raises NotFound, also where the person may not read it."""
    for found in among(principal, [id]):
        return found
    raise NotFound("dataset", id)


def writable_dataset(principal: Principal, id: str) -> Dataset:
    """The dataset of this id. Raises NotFound, NotPermitted where the person may only read it."""
    found = readable_dataset(principal, id)
    if not may_write(principal, found):
        raise NotPermitted("dataset", id)
    return found


def removable_dataset(principal: Principal, id: str) -> Dataset:
    """The dataset of this id. Raises NotFound, NotPermitted where the person writes it as a member of its team alone (decisions B12)."""
    found = writable_dataset(principal, id)
    if found.tenant != principal.tenant and found.permission == "team":
        raise NotPermitted("dataset", id)
    return found


def may_write(principal: Principal, dataset: Dataset) -> bool:
    """Whether the person may change a dataset that it may read."""
    return dataset.tenant == principal.tenant or dataset.permission == "team" or _is_named(principal, dataset, "write")


def _perhaps(principal: Principal) -> Expression:
    return owned_or(principal, (Dataset.permission == "team") | Dataset.shares.is_null(False))


def _reads(principal: Principal, dataset: Dataset) -> bool:
    teams = dataset.permission == "team" or dataset.shares == TEAM_READS
    return dataset.tenant == principal.tenant or teams or _is_named(principal, dataset, "read") or _is_named(principal, dataset, "write")


def _is_named(principal: Principal, dataset: Dataset, right: str) -> bool:
    """Whether the owner named the person; a client may have sent anything."""
    if dataset.permission == "team" or not isinstance(dataset.shares, dict):
        return False
    named = dataset.shares.get(right)
    people = named.get("user_ids") if isinstance(named, dict) else None
    return isinstance(people, list) and principal.user in [str(id).replace("-", "") for id in people]
