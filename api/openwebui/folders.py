"""Folders that chats are put in (contract 9, openwebui-chat-client)."""

from __future__ import annotations

from typing import Any

from flask import Response, g, jsonify

from api.openwebui.blueprint import OpenWebuiBlueprint
from api.openwebui.ids import read_id
from api.openwebui.schemas.chats import Folder, FolderCreate
from services import transcripts

blp = OpenWebuiBlueprint("folders", __name__, description="Folders of chats.")

ROOT = "/api/v1/folders"


@blp.get(f"{ROOT}/")
@blp.response(200, Folder(many=True))
def list_folders() -> Any:
    """List the caller's folders."""
    return transcripts.list_folders(g.principal)


@blp.post(f"{ROOT}/")
@blp.reads(FolderCreate)
@blp.response(200, Folder)
@blp.refuses(400, 422)
def create_folder(body: Any) -> Any:
    """Make a folder."""
    return transcripts.create_folder(g.principal, name=body()["name"])


@blp.get(f"{ROOT}/<folder_id>")
@blp.response(200, Folder)
@blp.refuses(404)
def show_folder(folder_id: str) -> Any:
    """Show a folder."""
    return transcripts.get_folder(g.principal, read_id(folder_id))


@blp.delete(f"{ROOT}/<folder_id>")
@blp.response(200, {"type": "boolean"})
@blp.refuses(404)
def delete_folder(folder_id: str) -> Response:
    """Delete a folder and the chats in it."""
    transcripts.delete_folder(g.principal, read_id(folder_id))
    return jsonify(True)
