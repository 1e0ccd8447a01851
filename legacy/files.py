"""Files as they were uploaded, and pictures, outside of /v1/api (legacy contract 7; decisions C1, C6, A12)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from flask import Response, g, request

from legacy import auth, login
from legacy.blueprint import LegacyBlueprint, Reply
from legacy.options import options
from legacy.schemas.documents import Document, DocumentIds
from legacy.schemas.files import ThumbnailQuery
from services import document_lookup, documents, pictures

blp = LegacyBlueprint("files", __name__, url_prefix="/v1/document", description="Files as they were uploaded, and pictures.")

_BINARY = {"type": "string", "format": "binary"}
_PNG = b"\x89PNG"
_SUFFIX = re.compile(r"[0-9A-Za-z]{1,16}")
# What is shown in a page of ours, such as an XML file, runs no script there.
_HARMLESS = {"Content-Security-Policy": "script-src 'none'"}


def _key_unless(setting: str) -> Callable[[], None]:
    """Ask for a session or key, unless the operator opened these routes; one that is sent counts all the same."""

    def check() -> None:
        if auth.header_key() or not getattr(options(), setting):
            login.authenticate()

    return check


@blp.get("/get/<document_id>")
@blp.authenticated_by(_key_unless("public_documents"))
@blp.response(200, _BINARY, content_type="application/octet-stream")
@blp.alt_response(200, schema=Reply)
def get_document(document_id: str) -> Response:
    """The file as it was uploaded, in parts where a range is asked for; or a picture, by the id that a chunk gives it."""
    if "-" in document_id:
        return _shown(document_id)
    caller = g.get("principal")
    document = document_lookup.find(caller, document_id) if caller else document_lookup.find_public(document_id)
    file = documents.content(document)
    response = Response(file.parts, content_type=_content_type(document.kind, document.name), headers=_HARMLESS)
    response.content_length = file.size
    response.set_etag(file.digest)
    return response.make_conditional(request, accept_ranges=True, complete_length=file.size)


@blp.get("/image/<image_id>")
@blp.authenticated_by(_key_unless("public_images"))
@blp.response(200, _BINARY, content_type="image/JPEG")
@blp.alt_response(200, schema=Reply)
def get_image(image_id: str) -> Response:
    """The picture that a chunk shows, or a document's thumbnail."""
    return _shown(image_id)


@blp.get("/thumbnails")
@blp.authenticated_by(login.authenticate)
@blp.reads(ThumbnailQuery)
@blp.response(200)
def list_thumbnails(query: Any) -> dict[str, str]:
    """The address of each document's thumbnail, or an empty text, by the document's id."""
    found = pictures.thumbnails(g.principal, documents=query())
    return {id: f"{blp.url_prefix}/image/{image}" if image else "" for id, image in found.items()}


@blp.post("/infos")
@blp.requires("doc_ids")
@blp.authenticated_by(login.authenticate)
@blp.reads(DocumentIds)
@blp.response(200, Document(many=True))
def describe_files(body: Any) -> Any:
    """Tell all of the documents; ids that are unknown are left out."""
    return document_lookup.find_all(g.principal, body())


def _shown(id: str) -> Response:
    content = pictures.picture(g.get("principal"), id)
    return Response(content, content_type="image/png" if content.startswith(_PNG) else "image/JPEG", headers=_HARMLESS)


def _content_type(kind: str, name: str) -> str:
    """By the suffix as it is written, for clients that pass it on (contract 7); without one, bytes of no kind (decisions A12)."""
    suffix = name.rpartition(".")[2] if "." in name else ""
    if not _SUFFIX.fullmatch(suffix):
        return "application/octet-stream"
    return f"{'image' if kind == 'visual' else 'application'}/{suffix}"
