"""Documents as old clients ask for them and read them (legacy contract 5.4, 6.5, 6.9 to 6.11)."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, post_load

from api.wire.fields import Text, Whole
from api.wire.objects import Reply
from legacy.arguments import Arguments
from services.documents import Wanted
from services.paging import Paging

_LONGEST_PATTERN = 1_000  # characters, far over any name; databases limit it too


class DocumentQuery(Arguments):
    """The dataset's name, and which part of its list (contract 6.9)."""

    kb_name = Text(load_default="", attribute="dataset")
    keywords = Text(load_default="", most=_LONGEST_PATTERN)
    page = Whole(load_default=1, least=0)
    page_size = Whole(load_default=15, least=0)

    @post_load
    def _listing(self, given: dict[str, Any], **_: Any) -> dict[str, Any]:
        paging = Paging(page=given["page"], page_size=given["page_size"])
        return {"dataset": given["dataset"], "wanted": Wanted(keywords=given["keywords"]), "paging": paging}


class DocumentName(Reply):
    """What a list tells of a document."""

    doc_id = fields.String(attribute="id", required=True)
    doc_name = fields.String(attribute="name", required=True)


class DocumentPage(Reply):
    """A page, and how many documents match in all."""

    total = fields.Integer(required=True)
    docs = fields.List(fields.Nested(DocumentName), attribute="rows", required=True)
