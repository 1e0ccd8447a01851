"""Order and page of a listing (RAGFlow v1 contract 1.7)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from peewee import ModelSelect

from models.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class Paging:
    """Which part of a list: `page` from 1 (0 is the first too), `page_size` rows, ordered by a column, ties by id."""

    page: int = 1
    page_size: int = 30
    orderby: str = "create_time"
    desc: bool = True


@dataclass(frozen=True, slots=True)
class Page:
    """One page of rows and how many there are in all."""

    total: int
    rows: list[Any]


def paged(rows: ModelSelect, table: Any, paging: Paging) -> list[Any]:
    """The rows of the page. Raises InvalidInput for a column the table does not have."""
    column = table._meta.fields.get(paging.orderby)
    if column is None:
        raise InvalidInput("orderby", f"orderby should be a column, not {paging.orderby}", condition="orderby.unknown", value=paging.orderby)
    order = [column.desc(), table.id.desc()] if paging.desc else [column.asc(), table.id.asc()]
    start = max(paging.page - 1, 0) * paging.page_size
    return list(rows.order_by(*order).limit(paging.page_size).offset(start))
