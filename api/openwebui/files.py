"""Files: upload, list, read, change, delete (contract 5)."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import islice
from typing import Any
from urllib.parse import quote

from flask import Response, g

from api.openwebui.auth import admin_only
from api.openwebui.blueprint import OpenWebuiBlueprint
from api.openwebui.envelope import Refusal
from api.openwebui.ids import read_id
from api.openwebui.replies import list_of, spaced
from api.openwebui.schemas.files import (
    LISTED, Content, ContentUpdate, File, FileList, FileSearch, Message, Progress, StatusQuery, UploadOptions, View,
    error_of, file_objects, status_of,
)  # fmt: skip
from api.openwebui.schemas.uploads import FilePart
from api.wire.streams import event_stream
from models.errors import NotFound
from services import files
from services.files import Shown

ROOT = "/api/v1/files"
PAGE_SIZE = 50
_LONGEST_STREAM = 600  # seconds that a client is told how a file's reading goes on

blp = OpenWebuiBlueprint("files", __name__, description="Files, in no knowledge, one or many.")


@blp.post(f"{ROOT}/")
@blp.reads(UploadOptions)
@blp.reads(FilePart)
@blp.response(200, File)
@blp.refuses(400, 413, 422)
def upload_file(part: Any, options: Any) -> Any:
    """Store a file and have it read; one that cannot be read is kept, and the answer says why."""
    asked = options()
    upload, said = part()
    file = files.upload(g.principal, upload=upload, said=said, parse=asked["parse"], wait=not asked["in_background"])
    shown = files.show([file])[0]
    told = next(file_objects([shown], View(full=shown.state == files.FAILED)))
    return {**told, "error": error_of(shown)} if shown.state == files.FAILED else told


@blp.get(f"{ROOT}/")
@blp.reads(FileList)
@blp.response(200, LISTED)
@blp.refuses(422)
def list_files(query: Any) -> Response:
    """List the caller's files with all they say; of a page, with how many there are."""
    asked = query()
    view = View(content=asked["content"])
    if asked["page"] is None:
        return list_of(file_objects(files.each(g.principal), view))
    found = files.show(files.list_(g.principal, page=asked["page"], page_size=PAGE_SIZE))
    return list_of(file_objects(found, view), {"total": files.count(g.principal)}, "items")


@blp.get(f"{ROOT}/search")
@blp.reads(FileSearch)
@blp.response(200, File(many=True))
@blp.refuses(404, 422)
def search_files(query: Any) -> Response:
    """List the caller's files whose names fit a pattern."""
    asked = query()
    found = list(islice(files.named(g.principal, asked["filename"]), asked["skip"], asked["skip"] + asked["limit"]))
    if not found:
        raise Refusal(404, "No files found matching the pattern.")
    return list_of(file_objects(found, View(content=asked["content"])))


@blp.delete(f"{ROOT}/all")
@blp.response(200, Message)
@blp.refuses(401)
@admin_only
def delete_files() -> Any:
    """Delete all of the caller's files."""
    files.delete_all(g.principal)
    return {"message": "All files deleted successfully"}


@blp.get(f"{ROOT}/<file_id>")
@blp.response(200, File)
@blp.refuses(404)
def get_file(file_id: str) -> Any:
    """Show one file."""
    return next(file_objects([_shown(file_id)], View(full=True)))


@blp.delete(f"{ROOT}/<file_id>")
@blp.response(200, Message)
@blp.refuses(404)
def delete_file(file_id: str) -> Any:
    """Delete a file, wherever it is placed."""
    files.delete(g.principal, read_id(file_id))
    return {"message": "File deleted successfully"}


@blp.get(f"{ROOT}/<file_id>/process/status")
@blp.reads(StatusQuery)
@blp.response(200, Progress)
@blp.may_stream
@blp.refuses(404, 422)
def tell_status(query: Any, file_id: str) -> Any:
    """Tell how far the reading of a file is, once or until it ends."""
    asked, shown = query(), _shown(file_id)
    if not asked["stream"]:
        return {"status": status_of(shown)}
    return event_stream(_followed(shown))


@blp.get(f"{ROOT}/<file_id>/content")
@blp.response(200, {"type": "string", "format": "binary"}, content_type="application/octet-stream")
@blp.refuses(400, 404)
def download_file(file_id: str) -> Response:
    """Download the file as it was uploaded; text and PDF are for a browser to show."""
    return _download(file_id, shows=True)


@blp.get(f"{ROOT}/<file_id>/content/<path:name>")
@blp.response(200, {"type": "string", "format": "binary"}, content_type="application/octet-stream")
@blp.refuses(400, 404)
def download_named_file(file_id: str, name: str) -> Response:
    """Download the file as an attachment."""
    return _download(file_id, shows=False)


@blp.get(f"{ROOT}/<file_id>/data/content")
@blp.response(200, Content)
@blp.refuses(404)
def get_text(file_id: str) -> Any:
    """Show what the file says."""
    return {"content": files.text_of(g.principal, files.find(g.principal, read_id(file_id)).id) or ""}


@blp.post(f"{ROOT}/<file_id>/data/content/update")
@blp.reads(ContentUpdate)
@blp.response(200, Content)
@blp.refuses(404, 422)
def update_text(body: Any, file_id: str) -> Any:
    """Put another text in place of what the file says."""
    content = body()["content"].replace("<br/>", "\n")
    file = files.rewrite(g.principal, read_id(file_id), content=content)
    return {"content": files.text_of(g.principal, file.id) or ""}


def _shown(file_id: str) -> Shown:
    return files.show([files.find(g.principal, read_id(file_id))])[0]


def _followed(shown: Shown) -> Iterator[bytes]:
    """A frame whenever the state changed."""
    principal, told, until = g.principal, "", time.monotonic() + _LONGEST_STREAM
    return _frames(principal, shown, told, until)


def _frames(principal: Any, shown: Shown, told: str, until: float) -> Iterator[bytes]:
    while True:
        status = status_of(shown)
        if status != told:
            yield spaced({"status": status})
        if status in ("completed", "failed") or time.monotonic() > until:
            return
        told = status
        files.rest()
        try:
            shown = files.show([files.find(principal, shown.file.id)])[0]
        except NotFound:  # the file was deleted meanwhile
            yield spaced({"status": "failed"})
            return


def _download(file_id: str, *, shows: bool) -> Response:
    file, found = files.content(g.principal, read_id(file_id))
    kind = file.content_type or "application/octet-stream"
    mime = kind.partition(";")[0].strip().lower()
    headers = {"Content-Length": str(found.size)}
    if not (shows and mime == "text/plain"):
        how = "inline" if shows and mime == "application/pdf" else "attachment"
        headers["Content-Disposition"] = f"{how}; filename*=UTF-8''{quote(file.name, safe='')}"
    return Response(found.parts, content_type=kind, headers=headers)
