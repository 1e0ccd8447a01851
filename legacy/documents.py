"""Documents: upload, list, describe, delete (legacy contract 6.5, 6.9 to 6.11)."""

from __future__ import annotations

from typing import Any

from flask import g

from legacy.blueprint import LegacyBlueprint
from legacy.schemas.documents import (
    DatasetName,
    Document,
    DocumentDelete,
    DocumentIds,
    DocumentPage,
    DocumentQuery,
    DocumentUpload,
    UploadTarget,
)
from services import access, document_lookup, documents

blp = LegacyBlueprint("documents", __name__, url_prefix="/v1/api", description="Documents, by their dataset's name, or by id.")


@blp.post("/document/upload")
@blp.requires("kb_name")
@blp.reads(DocumentUpload)
@blp.reads(UploadTarget, documented=False)
@blp.response(200, Document)
def upload_document(target: Any, form: Any) -> Any:
    """Upload a file, and parse it when `run` is 1; the reply tells the document as it was before that."""
    dataset = access.dataset_named(g.principal, target())
    upload, placing = form()
    [document] = documents.upload(g.principal, dataset.id, uploads=[upload], placing=placing).documents
    return document


@blp.route("/list_kb_docs", methods=["GET", "POST"])
@blp.reads(DocumentQuery)
@blp.reads(DatasetName, documented=False)
@blp.response(200, DocumentPage)
def list_documents(name: Any, query: Any) -> Any:
    """List the documents of a dataset."""
    dataset = access.dataset_named(g.principal, name())
    return documents.list_(dataset, **query())


@blp.post("/document/infos")
@blp.requires("doc_ids")
@blp.reads(DocumentIds)
@blp.response(200, Document(many=True))
def describe_documents(body: Any) -> Any:
    """Tell all of the documents; ids that are unknown are left out."""
    return document_lookup.find_all(g.principal, body())


@blp.delete("/document")
@blp.reads(DocumentDelete)
@blp.response(200)
def delete_documents(body: Any) -> bool:
    """Delete documents by name and by id; one that is unknown, and none is deleted."""
    document_lookup.delete(g.principal, **body())
    return True
