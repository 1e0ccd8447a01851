"""Files as they were uploaded, and pictures, outside of /v1/api (legacy contract 7; decisions C1, C6, A12)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from flask import Response, g, make_response, request
from werkzeug.exceptions import RequestedRangeNotSatisfiable
from werkzeug.http import parse_range_header

from legacy import auth, login
from legacy.blueprint import LegacyBlueprint, Reply
from legacy.envelope import present_error
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


_key_for_document, _key_for_picture = _key_unless("public_documents"), _key_unless("public_images")


def _key_for_file() -> None:
    """What this address gives may be a picture, which the other setting opens (decisions C13)."""
    (_key_for_picture if _is_picture((request.view_args or {})["document_id"]) else _key_for_document)()


@blp.get("/get/<document_id>")
@blp.authenticated_by(_key_for_file)
@blp.response(200, _BINARY, content_type="application/octet-stream")
@blp.alt_response(200, schema=Reply)
def get_document(document_id: str) -> Response:
    """The file as it was uploaded, in parts where a range is asked for; or a picture, by the id that a chunk gives it."""
    if _is_picture(document_id):
        return _shown(document_id)
    caller = g.get("principal")
    document = document_lookup.find(caller, document_id) if caller else document_lookup.find_public(document_id)
    file = documents.content(document)
    response = Response(file.parts, content_type=_content_type(document.kind, document.name), headers=_HARMLESS)
    response.content_length = file.size
    response.set_etag(file.digest)
    return _part_of(response, file.size)


@blp.get("/image/<image_id>")
@blp.authenticated_by(_key_for_picture)
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


def _part_of(response: Response, size: int) -> Response:
    """One range of bytes where one is asked for; any other wish is ignored, as RFC 9110 allows (14.2; decisions C12)."""
    asked = parse_range_header(request.headers.get("Range"))
    single = asked is not None and asked.units == "bytes" and len(asked.ranges) == 1
    try:
        return response.make_conditional(request, accept_ranges=True, complete_length=size if single else None)
    except RequestedRangeNotSatisfiable as error:
        refused = make_response(present_error(error))
        refused.headers["Content-Range"] = f"bytes */{size}"
        return refused


def _shown(id: str) -> Response:
    content = pictures.picture(g.get("principal"), id)
    return Response(content, content_type="image/png" if content.startswith(_PNG) else "image/JPEG", headers=_HARMLESS)


def _is_picture(id: str) -> bool:
    return "-" in id


def _content_type(kind: str, name: str) -> str:
    """By the suffix as it is written, for clients that pass it on (contract 7); without one, bytes of no kind (decisions A12)."""
    suffix = name.rpartition(".")[2] if "." in name else ""
    if not _SUFFIX.fullmatch(suffix):
        return "application/octet-stream"
    return f"{'image' if kind == 'visual' else 'application'}/{suffix}"
