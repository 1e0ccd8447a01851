"""Order and page of a list, as any list of the dialect is asked for (legacy contract 6.9, 8, 11; decisions C7)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from marshmallow import fields, post_load, pre_load

from api.wire.fields import Whole
from legacy.arguments import Arguments
from legacy.schemas.fields import Truth
from services.paging import Paging

_TIMES = {name: name for name in ("create_time", "update_time")} | {"create_date": "create_time", "update_date": "update_time"}


class Listing(Arguments):
    """Part of a list; null is the default of everything. `columns` are what it may be ordered by besides times; all else is create_time."""

    columns: ClassVar[Mapping[str, str]] = {}

    page = Whole(load_default=1, least=0)
    page_size = Whole(load_default=15, least=0)
    orderby = fields.Raw(load_default="create_time", metadata={"type": "string"})
    desc = Truth(load_default=True)

    @pre_load
    def _without_nulls(self, sent: Mapping[str, Any], **_: Any) -> dict[str, Any]:
        return {name: value for name, value in sent.items() if value is not None}

    def paging(self, given: Mapping[str, Any]) -> Paging:
        """The order and the page, of what was read."""
        asked = given["orderby"] if isinstance(given["orderby"], str) else ""
        column = {**_TIMES, **self.columns}.get(asked, "create_time")
        return Paging(page=given["page"], page_size=given["page_size"], orderby=column, desc=given["desc"])


class WholeListing(Listing):
    """Part of a list that has no other arguments; most clients ask for all of it."""

    page_size = Whole(load_default=1024, least=0)

    @post_load
    def _paging(self, given: dict[str, Any], **_: Any) -> Paging:
        return self.paging(given)
