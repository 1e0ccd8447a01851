"""Filters, order and page of the lists of chats and of sessions (RAGFlow v1 contract 1.7)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from api.v1.schemas.base import Query
from api.wire.fields import Text, Whole, broken
from services.paging import Paging


LONGEST = 1_000  # characters of a filter, far over any name


class Column(Text):
    """A plain column of RAGFlow's table, under its name here."""

    def __init__(self, names: Mapping[str, str], unsortable: set[str], **options: Any) -> None:
        super().__init__(most=LONGEST, **options)
        self.names, self.unsortable = names, unsortable

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        name = super()._deserialize(value, attr, data, **kwargs)
        if name in self.unsortable:
            raise broken("orderby.unknown", value)
        return self.names.get(name, name)


class ListQuery(Query):
    """Page 0 is the first page; only False and false sort upwards."""

    id = Text(most=LONGEST)
    name = Text(most=LONGEST)
    page = Whole(least=0)
    page_size = Whole(least=0)
    desc = Text(most=LONGEST)


def paging(values: dict[str, Any]) -> Paging:
    """Take what makes a page out of the values of a query."""
    found = {name: values.pop(name) for name in ("page", "page_size", "orderby") if name in values}
    return Paging(**found, desc=values.pop("desc", "True") not in ("False", "false"))
