"""Documents: upload, update, download, list, delete, parse, stop (RAGFlow v1 contract 3.5 to 3.11)."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from flask import Response, g
from marshmallow import fields

from api.v1.batches import outcome, require_known
from api.v1.blueprint import Done, Error, V1Blueprint
from api.v1.schemas.documents import (
    Document,
    DocumentDelete,
    DocumentPage,
    DocumentQuery,
    DocumentsParse,
    DocumentsStop,
    DocumentUpdate,
    ExactQuery,
    Files,
    PartialSuccess,
)
from models.errors import InvalidInput
from services import access, document_changes, documents, parsing

blp = V1Blueprint("documents", __name__, description="Files placed in a dataset, and their parsing.")


class Enabled(Done):
    """A document was switched on or off (contract 3.6)."""

    data = fields.Boolean(required=True)


@blp.post("/datasets/<dataset_id>/documents")
@blp.reads(Files)
@blp.response(200, Document(many=True))
def upload_documents(files: Any, dataset_id: str) -> Any:
    """Upload files as documents of the dataset."""
    stored = documents.upload(g.principal, dataset_id, uploads=files())
    if stored.refused:
        lines = "\n".join(f"{name}: This type of file has not been supported yet!" for name in stored.refused)
        raise InvalidInput("file", lines, condition="upload.unsupported")
    return stored.documents


@blp.put("/datasets/<dataset_id>/documents/<document_id>", alias="/datasets/<dataset_id>/info/<document_id>")
@blp.reads(DocumentUpdate)
@blp.response(200)
@blp.alt_response(200, schema={"oneOf": [Done, Enabled, Error]})
def update_document(body: Any, dataset_id: str, document_id: str) -> bool | None:
    """Change a document; `data` is true when it was switched. A `chunk_method` that is the current one ends the work before that."""
    document = access.document(g.principal, dataset_id, document_id)
    sent = body()
    document_changes.update(g.principal, dataset_id, document_id, sent=sent)
    switched = "enabled" in sent and sent.get("chunk_method") != document.chunk_method
    return True if switched else None


@blp.get("/datasets/<dataset_id>/documents/<document_id>")
@blp.response(200, {"type": "string", "format": "binary"}, content_type="application/octet-stream")
@blp.or_error
def download_document(dataset_id: str, document_id: str) -> Response:
    """Download the file as it was uploaded."""
    found = documents.download(g.principal, dataset_id, document_id)
    headers = {"Content-Disposition": _attachment(found.name), "Content-Length": str(found.size), "X-Content-Type-Options": "nosniff"}
    return Response(found.parts, mimetype="application/octet-stream", headers=headers)


@blp.get("/datasets/<dataset_id>/documents")
@blp.reads(DocumentQuery)
@blp.reads(ExactQuery, documented=False)
@blp.response(200, DocumentPage)
def list_documents(exact: Any, query: Any, dataset_id: str) -> Any:
    """List the documents of a dataset."""
    dataset = access.readable_dataset(g.principal, dataset_id)
    documents.require_matches(dataset, wanted=exact())
    return documents.list_(dataset, **query())


@blp.delete("/datasets/<dataset_id>/documents")
@blp.reads(DocumentDelete)
@blp.response(200, PartialSuccess)
def delete_documents(body: Any, dataset_id: str) -> Any:
    """Delete documents; without ids, all of the dataset."""
    access.readable_dataset(g.principal, dataset_id)
    batch = documents.delete(g.principal, dataset_id, ids=body())
    require_known(batch)
    return outcome("document", batch)


@blp.post("/datasets/<dataset_id>/chunks")
@blp.reads(DocumentsParse)
@blp.response(200, PartialSuccess)
def parse_documents(body: Any, dataset_id: str) -> Any:
    """Start parsing documents; their old chunks are found until the new ones replace them."""
    access.readable_dataset(g.principal, dataset_id)
    batch = parsing.parse(g.principal, dataset_id, ids=body())
    require_known(batch)
    return outcome("document", batch)


@blp.delete("/datasets/<dataset_id>/chunks")
@blp.reads(DocumentsStop)
@blp.response(200, PartialSuccess)
def stop_parsing(body: Any, dataset_id: str) -> Any:
    """Stop parsing documents; their old chunks stay."""
    access.readable_dataset(g.principal, dataset_id)
    return outcome("document", parsing.stop(g.principal, dataset_id, ids=body()))


def _attachment(name: str) -> str:
    """A Content-Disposition that carries any name: ASCII for old clients, RFC 5987 for the rest."""
    plain = "".join(character if " " <= character <= "~" and character not in '"\\' else "_" for character in name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
