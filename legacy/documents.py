"""Documents of a dataset that is named: list, upload, delete (legacy contract 6.5, 6.9 to 6.11)."""

from __future__ import annotations

from typing import Any

from flask import g

from legacy.blueprint import LegacyBlueprint
from legacy.schemas.documents import DocumentPage, DocumentQuery
from services import access, documents

blp = LegacyBlueprint("documents", __name__, url_prefix="/v1/api", description="Documents of a dataset, which is named.")


@blp.route("/list_kb_docs", methods=["GET", "POST"])
@blp.reads(DocumentQuery)
@blp.response(200, DocumentPage)
def list_documents(query: Any) -> Any:
    """List the documents of a dataset."""
    asked = query()
    dataset = access.dataset_named(g.principal, asked.pop("dataset"))
    return documents.list_(dataset, **asked)
