"""Chats: what clients keep of their talks (contract 8; decisions A10, D3)."""

from __future__ import annotations

from typing import Any

from flask import Response, g, jsonify, request

from api.openwebui import wording
from api.openwebui.blueprint import OpenWebuiBlueprint
from api.openwebui.envelope import Refusal
from api.openwebui.ids import read_id, spelled
from api.openwebui.schemas.chats import Chat, ChatClone, ChatFolder, ChatPage, ChatSave, ChatSearch, Listed
from services import transcripts
from services.transcripts import Wanted

blp = OpenWebuiBlueprint("chats", __name__, description="Talks as clients keep them.")

ROOT = "/api/v1/chats"
CHAT = f"{ROOT}/<chat:chat_id>"


@blp.get(f"{ROOT}/", strict_slashes=True, endpoint="list_chats_at_root")  # without a slash it is RAGFlow's (decisions A10)
@blp.get(f"{ROOT}/list")
@blp.reads(ChatPage)
@blp.response(200, Listed(many=True))
@blp.refuses(422)
def list_chats(query: Any) -> Any:
    """List the caller's chats, latest first; without a page all of them."""
    return transcripts.list_(g.principal, wanted=Wanted(**query()))


@blp.delete(f"{ROOT}/", strict_slashes=True)
@blp.response(200, {"type": "boolean"})
@blp.refuses(400, 401)
def delete_chats() -> Response:
    """Delete all of the caller's chats; a request that says more is refused, for it may mean RAGFlow's chats."""
    if request.get_data() or request.query_string:
        raise Refusal(400, wording.default("this deletes every chat, and takes neither a body nor a query"))
    transcripts.delete_all(g.principal)
    return jsonify(True)


@blp.get(f"{ROOT}/search")
@blp.reads(ChatSearch)
@blp.response(200, Listed(many=True))
@blp.refuses(422)
def search_chats(query: Any) -> Any:
    """List the caller's chats whose title or messages hold all these words."""
    return transcripts.list_(g.principal, wanted=Wanted(None, **query()))


@blp.get(f"{ROOT}/all")
@blp.response(200, Chat(many=True))
def list_whole_chats() -> Any:
    """List the caller's chats with all they hold."""
    return transcripts.list_(g.principal, wanted=Wanted(None), whole=True)


@blp.get(f"{ROOT}/archived")
@blp.reads(ChatPage)
@blp.response(200, Listed(many=True))
@blp.refuses(422)
def list_archived_chats(query: Any) -> Any:
    """List the archived chats."""
    return transcripts.list_(g.principal, wanted=Wanted("archived", **query()))


@blp.get(f"{ROOT}/pinned")
@blp.response(200, Listed(many=True))
def list_pinned_chats() -> Any:
    """List the pinned chats."""
    return transcripts.list_(g.principal, wanted=Wanted("pinned"))


@blp.get(f"{ROOT}/folder/<folder_id>")
@blp.response(200, Chat(many=True))
def list_chats_of_folder(folder_id: str) -> Any:
    """List the chats of a folder."""
    id = read_id(folder_id)
    return transcripts.list_(g.principal, wanted=Wanted("foldered", id), whole=True) if id else []


@blp.post(f"{ROOT}/import", endpoint="import_chat")
@blp.post(f"{ROOT}/new")
@blp.reads(ChatSave)
@blp.response(200, Chat)
@blp.refuses(400, 422)
def create_chat(body: Any) -> Any:
    """Keep a chat."""
    return transcripts.create(g.principal, content=body()["chat"])


@blp.get(CHAT)
@blp.response(200, Chat)
@blp.refuses(401)
def show_chat(chat_id: str) -> Any:
    """Show a chat."""
    return transcripts.get(g.principal, read_id(chat_id))


@blp.post(CHAT)
@blp.reads(ChatSave)
@blp.response(200, Chat)
@blp.refuses(400, 401, 422)
def save_chat(body: Any, chat_id: str) -> Any:
    """Lay the keys of `chat` over those that are kept; an id that nobody uses begins a chat."""
    content, id = body()["chat"], read_id(chat_id)
    if not id:
        raise Refusal(401, wording.ACCESS_PROHIBITED)
    return transcripts.save(g.principal, id, content=content)


@blp.delete(CHAT)
@blp.response(200, {"type": "boolean"})
@blp.refuses(404)
def delete_chat(chat_id: str) -> Response:
    """Delete a chat."""
    transcripts.delete(g.principal, read_id(chat_id))
    return jsonify(True)


@blp.get(f"{CHAT}/pinned")
@blp.response(200, {"type": "boolean"})
@blp.refuses(401)
def tell_pinned(chat_id: str) -> Response:
    """Tell whether a chat is pinned."""
    return jsonify(transcripts.get(g.principal, read_id(chat_id)).pinned)


@blp.post(f"{CHAT}/pin")
@blp.response(200, Chat)
@blp.refuses(401)
def pin_chat(chat_id: str) -> Any:
    """Pin a chat, or unpin it."""
    return transcripts.pin(g.principal, read_id(chat_id))


@blp.post(f"{CHAT}/archive")
@blp.response(200, Chat)
@blp.refuses(401)
def archive_chat(chat_id: str) -> Any:
    """Archive a chat, or take it back."""
    return transcripts.archive(g.principal, read_id(chat_id))


@blp.post(f"{CHAT}/clone")
@blp.reads(ChatClone)
@blp.response(200, Chat)
@blp.refuses(401, 422)
def clone_chat(body: Any, chat_id: str) -> Any:
    """Copy a chat."""
    title = body()["title"] if request.get_data() else None
    original = read_id(chat_id)
    return transcripts.clone(g.principal, original, title=title, beside={"originalChatId": spelled(original)})


@blp.post(f"{CHAT}/folder")
@blp.reads(ChatFolder)
@blp.response(200, Chat)
@blp.refuses(401, 404, 422)
def move_chat(body: Any, chat_id: str) -> Any:
    """Put a chat into a folder, or back on the list."""
    folder = body()["folder_id"]
    return transcripts.move(g.principal, read_id(chat_id), folder=read_id(folder) if folder else None)
