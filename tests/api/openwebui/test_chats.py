"""Chats as clients keep them (contract 8, 12.9; decisions D3)."""

from __future__ import annotations

import json
import re
import uuid

import pytest

from api.openwebui import wording
from services import compat

CHATS = "/api/v1/chats"
UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
SAID = {
    "title": "Pumps",
    "models": ["scripted"],
    "history": {"messages": {"m1": {"id": "m1", "parentId": None, "childrenIds": [], "role": "user", "content": "How long?"}}, "currentId": "m1"},
    "messages": [{"role": "user", "content": "How long?"}],
    "params": {"odd": [1.5, None, "ü"]},
}


def keep(client, **chat):
    answer = client.post(f"{CHATS}/new", json={"chat": {**SAID, **chat}})
    assert answer.status_code == 200
    return answer.json


def listed(client, path="/"):
    answer = client.get(f"{CHATS}{path}")
    assert answer.status_code == 200
    return [one["title"] for one in answer.json]


def refused(answer, status, detail):
    assert (answer.status_code, answer.json) == (status, {"detail": detail})


def test_a_chat_is_kept_saved_listed_and_deleted(client):
    """12.9: new, get, post with a shallow merge, list, delete."""
    kept = keep(client)
    assert re.fullmatch(UUID, kept["id"])
    assert set(kept) == {
        "id", "user_id", "title", "chat", "updated_at", "created_at", "share_id", "archived", "pinned", "meta", "folder_id",
    }  # fmt: skip
    assert (kept["title"], kept["chat"], kept["share_id"], kept["meta"], kept["folder_id"]) == ("Pumps", SAID, None, {}, None)
    assert isinstance(kept["created_at"], int) and kept["created_at"] < 10_000_000_000
    chat = f"{CHATS}/{kept['id']}"
    assert client.get(chat).json == kept
    saved = client.post(chat, json={"chat": {"title": "Valves", "params": {"even": 2}}}).json
    assert saved["chat"] == {**SAID, "title": "Valves", "params": {"even": 2}}
    assert saved["title"] == "Valves"
    (row,) = client.get(f"{CHATS}/").json
    assert row == {key: saved[key] for key in ("id", "title", "updated_at", "created_at")}
    assert listed(client, "/list") == ["Valves"]
    assert client.delete(chat).json is True
    refused(client.get(chat), 401, wording.NOT_FOUND)
    refused(client.delete(chat), 404, wording.NOT_FOUND)


def test_the_keys_of_a_chat_stay_in_their_order(client):
    """Contract 8: `chat` is kept as sent; clients show the messages of a history as they find them."""
    messages = {name: {"role": "user", "id": name, "content": "?"} for name in ("zz", "b", "aaa", "c")}
    sent = json.dumps({"chat": {"title": "Pumps", "history": {"messages": messages, "currentId": "c"}, "a": 1}})
    kept = client.post(f"{CHATS}/new", data=sent).json["id"]
    for answer in (client.get(f"{CHATS}/{kept}"), client.post(f"{CHATS}/{kept}", json={"chat": {}}), client.get(f"{CHATS}/all")):
        (shown,) = answer.json if isinstance(answer.json, list) else (answer.json,)
        assert json.dumps({"chat": shown["chat"]}) == sent


@pytest.mark.parametrize("chat", [{}, {"title": ""}, {"title": 5}, {"title": None}])
def test_a_chat_without_a_title_is_a_new_chat(client, chat):
    assert client.post(f"{CHATS}/new", json={"chat": chat}).json["title"] == "New Chat"


@pytest.mark.parametrize("path", ["/new", "/77cb080c-5de8-4ffb-9304-d658e44a4dfb"])
@pytest.mark.parametrize("body", [{}, {"chat": None}, {"chat": "text"}, {"chat": [1]}])
def test_what_holds_no_chat_is_unprocessable(client, path, body):
    answer = client.post(f"{CHATS}{path}", json=body)
    assert answer.status_code == 422
    (entry,) = answer.json["detail"]
    assert entry["loc"] == ["body", "chat"]
    assert entry["type"] == ("dict_type" if body else "missing")


def test_an_unused_id_begins_a_chat(client, stranger):
    """D3, seed 002."""
    id = str(uuid.uuid4())
    begun = client.post(f"{CHATS}/{id.upper()}", json={"chat": SAID})
    assert (begun.status_code, begun.json["id"]) == (200, id)
    assert client.get(f"{CHATS}/{id}").json["chat"] == SAID
    refused(stranger.post(f"{CHATS}/{id}", json={"chat": {"title": "mine now"}}), 401, wording.ACCESS_PROHIBITED)
    refused(stranger.get(f"{CHATS}/{id}"), 401, wording.NOT_FOUND)
    refused(stranger.delete(f"{CHATS}/{id}"), 404, wording.NOT_FOUND)
    assert client.get(f"{CHATS}/{id}").json["title"] == "Pumps"


@pytest.mark.parametrize("id", ["new", "anything", "local:5", "%00", "x" * 300])
def test_what_is_no_id_is_nobodys_chat(client, id):
    refused(client.get(f"{CHATS}/{id}"), 401, wording.NOT_FOUND)
    refused(client.delete(f"{CHATS}/{id}"), 404, wording.NOT_FOUND)
    if id != "new":
        refused(client.post(f"{CHATS}/{id}", json={"chat": {}}), 401, wording.ACCESS_PROHIBITED)


def test_lists_are_latest_first_and_paged_by_sixty(client):
    ids = [keep(client, title=f"chat {number}")["id"] for number in range(62)]
    assert client.post(f"{CHATS}/{ids[0]}", json={"chat": {}}).status_code == 200
    assert len(listed(client)) == 62
    first, second = listed(client, "/?page=1"), listed(client, "/list?page=2")
    assert (len(first), first[0], first[1], second) == (60, "chat 0", "chat 61", ["chat 2", "chat 1"])
    assert listed(client, "/?page=3") == []
    for page in ("x", "0", "1.5"):
        answer = client.get(f"{CHATS}/?page={page}")
        assert (answer.status_code, answer.json["detail"][0]["loc"]) == (422, ["query", "page"])


def test_a_chat_goes_into_no_folder_that_is_not_there(client, stranger):
    chat = keep(client)["id"]
    foreign = stranger.post("/api/v1/folders/", json={"name": "theirs"}).json["id"]
    for folder in ("junk", str(uuid.uuid4()), foreign):
        refused(client.post(f"{CHATS}/{chat}/folder", json={"folder_id": folder}), 404, wording.NOT_FOUND)
    refused(client.post(f"{CHATS}/{uuid.uuid4()}/folder", json={"folder_id": None}), 401, wording.NOT_FOUND)
    assert listed(client) == ["Pumps"]


def test_archived_pinned_and_foldered_chats_leave_the_list(client):
    ids = {name: keep(client, title=name)["id"] for name in ("plain", "archived", "pinned", "foldered")}
    folder = client.post("/api/v1/folders/", json={"name": "work"}).json["id"]
    assert client.post(f"{CHATS}/{ids['archived']}/archive").json["archived"] is True
    assert client.post(f"{CHATS}/{ids['pinned']}/pin").json["pinned"] is True
    moved = client.post(f"{CHATS}/{ids['foldered']}/folder", json={"folder_id": folder})
    assert (moved.status_code, moved.json["folder_id"]) == (200, folder)
    assert listed(client) == ["plain"]
    assert (listed(client, "/archived"), listed(client, "/pinned"), listed(client, f"/folder/{folder}")) == (["archived"], ["pinned"], ["foldered"])
    assert len(listed(client, "/all")) == 4
    assert client.get(f"{CHATS}/{ids['pinned']}/pinned").json is True
    assert [one["name"] for one in client.get("/api/v1/folders/").json] == ["work"]
    assert client.delete(f"/api/v1/folders/{folder}").json is True
    refused(client.get(f"{CHATS}/{ids['foldered']}"), 401, wording.NOT_FOUND)


def test_a_copy_is_a_chat_of_its_own(client):
    kept = keep(client)
    copy = client.post(f"{CHATS}/{kept['id']}/clone").json
    assert (copy["title"], copy["chat"]["history"]) == ("Clone of Pumps", SAID["history"])
    assert copy["id"] != kept["id"] and copy["chat"]["originalChatId"] == kept["id"]


def test_search_finds_titles_and_messages_in_any_case(client, stranger):
    keep(client, title="Ölpumpen", history={"messages": {"m": {"content": "Die Garantie läuft drei Jahre."}}})
    keep(client, title="other")
    keep(stranger, title="Ölpumpen")
    for text in ("ÖLPUMPEN", "garantie", "Garantie jahre"):
        assert listed(client, f"/search?text={text}") == ["Ölpumpen"]
    assert listed(client, "/search?text=100%25") == []
    assert listed(client, "/search?text=nothing") == []
    assert len(listed(client, "/search")) == 2
    assert listed(client, "/search?text=garantie&page=2") == []


def test_all_chats_are_deleted_at_once_and_nobody_elses(client, stranger):
    keep(client)
    keep(client)
    keep(stranger)
    for asked in ({"json": {}}, {"json": {"ids": []}}, {"query_string": {"page": 1}}, {"data": "null"}):
        assert client.delete(f"{CHATS}/", **asked).status_code == 400
    assert len(listed(client)) == 2
    assert client.delete(f"{CHATS}/").json is True
    assert (len(listed(client)), len(listed(stranger))) == (0, 1)


def test_the_operator_may_forbid_deleting_all(client, monkeypatch):
    """Decisions A6."""
    keep(client)
    compat.use("seed", embedding_default="all-MiniLM-L6-v2", delete_all=False)
    refused(client.delete(f"{CHATS}/"), 401, wording.ACCESS_PROHIBITED)
    assert len(listed(client)) == 1
