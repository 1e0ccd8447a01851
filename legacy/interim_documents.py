"""Documents as v0.11 and v0.12 had them, `/api/v1/doc/...` (legacy contract 8)."""

from __future__ import annotations

from itertools import groupby
from typing import Any
from urllib.parse import quote

from flask import Response, g

from legacy import login
from legacy.blueprint import LegacyBlueprint, Reply
from legacy.schemas.interim_documents import (
    PLACING,
    InterimDocument,
    DocumentIdentity,
    DocumentKey,
    InterimDocumentPage,
    InterimDocumentQuery,
    DocumentSave,
    DocumentStatus,
    Files,
    ParserChange,
    Renaming,
    Run,
)
from models.errors import NotFound
from services import access, document_changes, document_lookup, documents, parsing

blp = LegacyBlueprint("interim-documents", __name__, url_prefix="/api/v1/doc", description="Documents, for clients of v0.11 and v0.12.")


@blp.post("/dataset/<dataset_id>/documents/upload")
@blp.reads(Files)
@blp.response(200)
def upload_files(files: Any, dataset_id: str) -> bool:
    """Upload files as documents of the dataset."""
    access.readable_dataset(g.principal, dataset_id)
    documents.upload(g.principal, dataset_id, uploads=files(), placing=PLACING)
    return True


@blp.get("/dataset/<dataset_id>/documents")
@blp.reads(InterimDocumentQuery)
@blp.response(200, InterimDocumentPage)
def list_dataset_documents(query: Any, dataset_id: str) -> Any:
    """List the documents of the dataset that the query names, else of the one in the path."""
    asked = query()
    dataset = access.readable_dataset(g.principal, asked.pop("dataset") or dataset_id)
    return documents.list_(dataset, **asked)


@blp.get("/infos")
@blp.reads(DocumentKey)
@blp.response(200, InterimDocument)
def show_document(query: Any) -> Any:
    """Show the document of a name, the newest of several, or of an id."""
    return _found(**query())


@blp.post("/save")
@blp.reads(DocumentSave)
@blp.response(200)
def save_document(body: Any) -> bool:
    """Change a document's name, chunk method or configuration."""
    key, changes = body()
    return _changed(_found(**key), changes)


@blp.post("/change_parser")
@blp.requires("doc_id", "parser_id")
@blp.reads(ParserChange)
@blp.response(200)
def change_parser(body: Any) -> bool:
    """Give a document another chunk method, which takes its chunks away."""
    changes = body()
    return _changed(_found(id=changes.pop("doc_id")), changes)


@blp.post("/rename")
@blp.requires("doc_id", "name")
@blp.authenticated_by(login.authenticate)
@blp.reads(Renaming)
@blp.response(200)
def rename_document(body: Any) -> bool:
    """Give a document another name, by a session or an API key."""
    changes = body()
    return _changed(_found(id=changes.pop("doc_id")), changes)


@blp.get("/<document_id>")
@blp.response(200, {"type": "string", "format": "binary"}, content_type="application/octet-stream")
@blp.alt_response(200, schema=Reply, content_type="application/json")
def download_document(document_id: str) -> Response:
    """Download the file as it was uploaded."""
    found = documents.download(g.principal, _found(id=document_id).dataset, document_id)
    disposition = f"attachment; filename*=UTF-8''{quote(found.name, safe='')}"
    headers = {"Content-Disposition": disposition, "Content-Length": str(found.size), "X-Content-Type-Options": "nosniff"}
    return Response(found.parts, mimetype="application/octet-stream", headers=headers)


@blp.delete("/delete")
@blp.reads(DocumentIdentity)
@blp.response(200)
def delete_document(query: Any) -> bool:
    """Delete a document."""
    document_lookup.delete(g.principal, ids=[query()], names=[])
    return True


@blp.get("/<document_id>/status")
@blp.response(200, DocumentStatus)
def show_status(document_id: str) -> Any:
    """Tell how far a document is parsed."""
    return _found(id=document_id)


@blp.post("/run")
@blp.requires("document_ids", "run")
@blp.reads(Run)
@blp.response(200)
def run_documents(body: Any) -> bool:
    """Start or stop parsing; one unknown document, and nothing happens."""
    asked = body()
    found = document_lookup.find_all(g.principal, asked["ids"])
    for id in set(asked["ids"]) - {document.id for document in found}:
        raise NotFound("document", id)
    act = parsing.parse if asked["run"] == "1" else parsing.stop
    for dataset_id, held in groupby(sorted(found, key=lambda document: document.dataset), key=lambda document: document.dataset):
        act(g.principal, dataset_id, ids=[document.id for document in held])
    return True


def _found(*, id: str = "", name: str = "") -> Any:
    return document_lookup.newest_named(g.principal, name) if name else document_lookup.find(g.principal, id)


def _changed(document: Any, changes: dict[str, Any]) -> bool:
    document_changes.update(g.principal, document.dataset, document.id, sent=changes)
    return True
