"""Each client of section 9 as it calls files and knowledge, with the bytes it sends and what it depends on."""

from __future__ import annotations

import hashlib
import io
import json

import pytest

from tests.api.openwebui.store import FILES, KNOWLEDGE, OTHER, RETRIEVAL, TEXT, TWIN, knowledge, ok, placed, upload

pytestmark = pytest.mark.usefixtures("reader")


def raw_part(name: str, content: bytes, *, kind: str = "") -> tuple[bytes, str]:
    """A multipart body written by hand, as clients without a library do."""
    typed = f"Content-Type: {kind}\r\n" if kind else ""
    head = f'------sync\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n{typed}\r\n'
    return head.encode() + content + b"\r\n------sync--\r\n", "multipart/form-data; boundary=----sync"


def test_knowledgesync_of_node(client):
    """stoerr/openwebui-knowledgesync: a part without a type, `%%` for slashes, bare arrays, the hash of the local file, a truthy `id`."""
    own = knowledge(client, "docs")
    body, kind = raw_part("docs%%guide.md", TEXT.encode())
    file = json.loads(client.post(f"{FILES}/", data=body, content_type=kind, headers={"Accept": "application/json"}).data)
    assert file["id"] and file["meta"]["name"] == "docs%%guide.md"
    assert [row["id"] for row in client.get(f"{KNOWLEDGE}/").json if row["name"] == "docs"] == [own]
    assert client.post(f"{KNOWLEDGE}/{own}/file/add", json={"file_id": file["id"]}).json["id"]
    (remote,) = client.get(f"{KNOWLEDGE}/{own}").json["files"]
    assert (remote["meta"]["name"], remote["hash"]) == ("docs%%guide.md", hashlib.sha256(TEXT.encode()).hexdigest())
    assert client.post(f"{KNOWLEDGE}/{own}/file/remove", json={"file_id": file["id"]}).json["id"] == own
    assert client.get(f"{FILES}/").json == []
    assert client.delete(f"{FILES}/{file['id']}").status_code == 404


def test_knowledge_sync_of_python(client):
    """ALERTua/open_webui_knowledge_sync: exactly 200; `file-` begins the name of what is linked nowhere; `reset`, `delete`."""
    own = knowledge(client)
    linked, loose = upload(client), upload(client, OTHER, "loose.txt")
    assert client.post(f"{KNOWLEDGE}/{own}/file/add", json={"file_id": linked}).status_code == 200
    names = {file["id"]: file["meta"]["collection_name"] for file in client.get(f"{FILES}/").json}
    assert [id for id, name in names.items() if name.startswith("file-")] == [loose]
    assert any(row["id"] == own for row in client.get(f"{KNOWLEDGE}/list").json)
    assert client.post(f"{KNOWLEDGE}/{own}/reset").status_code == 200
    assert client.delete(f"{KNOWLEDGE}/{own}/delete").status_code == 200
    assert all(file["meta"]["collection_name"].startswith("file-") for file in client.get(f"{FILES}/").json)


def test_chat_client_of_python(client):
    """openwebui-chat-client: finds a knowledge by name in /list, creates it otherwise, adds, deletes."""
    listed = client.get(f"{KNOWLEDGE}/list").json
    assert isinstance(listed, list) and not listed
    made = ok(client.post(f"{KNOWLEDGE}/create", json={"name": "notes", "description": "Made by a client", "data": {}, "access_control": None}))
    assert {row["name"]: row["id"] for row in client.get(f"{KNOWLEDGE}/list").json} == {"notes": made["id"]}
    ok(client.post(f"{KNOWLEDGE}/{made['id']}/file/add", json={"file_id": upload(client)}))
    assert client.delete(f"{KNOWLEDGE}/{made['id']}/delete").json is True


def test_web_to_openwebui(client):
    """jhomen368/web-to-openwebui: names with slashes, batch add, updated contents, status, 404 of a deleted file is success."""
    own = knowledge(client)
    body, kind = raw_part("site/pages/index.md", TEXT.encode(), kind="text/markdown")
    file = ok(client.post(f"{FILES}/", data=body, content_type=kind))
    assert (file["filename"], file["meta"]["content_type"]) == ("index.md", "text/markdown")
    assert ok(client.get(f"{FILES}/{file['id']}/process/status"))["status"] == "completed"
    assert ok(client.post(f"{KNOWLEDGE}/{own}/files/batch/add", json=[{"file_id": file["id"]}]))["id"] == own
    ok(client.post(f"{FILES}/{file['id']}/data/content/update", json={"content": OTHER}))
    assert ok(client.get(f"{FILES}/{file['id']}"))["hash"] == hashlib.sha256(OTHER.encode()).hexdigest()
    assert [item["id"] for item in ok(client.get(f"{KNOWLEDGE}/{own}/files"))["items"]] == [file["id"]]
    assert client.delete(f"{FILES}/{file['id']}").status_code == 200
    assert client.delete(f"{FILES}/{file['id']}").status_code == 404


def test_content_sync_of_go(client):
    """castai/openwebui-content-sync: typed decoders: integers for times, null or a string for a file's `access_control`."""
    own, file = placed(client)
    (listed,) = client.get(f"{KNOWLEDGE}/").json
    assert isinstance(listed["created_at"], int) and [one["id"] for one in listed["files"]] == [file]
    shown = ok(client.get(f"{FILES}/{file}"))
    assert shown["access_control"] is None and isinstance(shown["created_at"], int) and isinstance(shown["meta"]["size"], int)
    again = client.post(f"{KNOWLEDGE}/{own}/file/add", json={"file_id": file})
    assert (again.status_code, again.json["detail"]) == (400, TWIN)


def test_terraform_provider(client):
    """ncecere/terraform-provider-openwebui: create, read, update, list, delete; nullable objects, seconds."""
    sent = {"name": "kb", "description": "by terraform", "data": None, "access_control": {"read": {"group_ids": [], "user_ids": []}}}
    made = ok(client.post(f"{KNOWLEDGE}/create", json=sent))
    assert (made["data"], made["meta"], made["access_control"]) == (None, None, sent["access_control"])
    assert ok(client.get(f"{KNOWLEDGE}/{made['id']}"))["name"] == "kb"
    changed = ok(client.post(f"{KNOWLEDGE}/{made['id']}/update", json={**sent, "name": "kb2"}))
    assert (changed["id"], changed["name"], changed["access_control"]) == (made["id"], "kb2", sent["access_control"])
    assert isinstance(changed["updated_at"], int) and changed["updated_at"] < 10**10
    assert client.delete(f"{KNOWLEDGE}/{made['id']}/delete").json is True
    assert client.get(f"{KNOWLEDGE}/{made['id']}").status_code == 401


def test_openwebuisharp_of_csharp(client):
    """kris701/OpenWebUISharp: polls `data.status` until it is `completed`, and reads lists as `{items}`."""
    own = knowledge(client)
    file = ok(client.post(f"{FILES}/", data={"file": (io.BytesIO(TEXT.encode()), "a.txt")}))["id"]
    assert ok(client.get(f"{FILES}/{file}"))["data"]["status"] == "completed"
    ok(client.post(f"{KNOWLEDGE}/{own}/file/add", json={"file_id": file}))
    assert [row["id"] for row in ok(client.get(f"{KNOWLEDGE}/?page=1"))["items"]] == [own]
    assert [row["id"] for row in ok(client.get(f"{KNOWLEDGE}/{own}/files"))["items"]] == [file]


def test_openwebuiapi_of_python(client):
    """jprovolone/OpenWebUIAPI-Python: no slash at the roots, strict dataclasses that an unknown key breaks."""
    file = ok(client.post(FILES, data={"file": (io.BytesIO(TEXT.encode()), "a.txt", "text/plain")}))
    assert set(file) == {"id", "user_id", "hash", "filename", "data", "meta", "created_at", "updated_at"}
    assert set(file["meta"]) == {"name", "content_type", "size", "data", "collection_name"}
    assert [row["id"] for row in ok(client.get(FILES))] == [file["id"]]
    own = knowledge(client)
    assert [row["id"] for row in ok(client.get(KNOWLEDGE))] == [own]
    ok(client.post(f"{KNOWLEDGE}/{own}/file/add", json={"file_id": file["id"]}))
    assert ok(client.post(f"{FILES}/{file['id']}/data/content/update", json={"content": OTHER})) == {"content": OTHER}
    assert "detail" in client.get(f"{FILES}/nothing").json


def test_intent_agent_pipeline(client):
    """rstarall/intent_agent_pipeline: query/doc with the id of a knowledge; nested lists."""
    own, _ = placed(client)
    found = ok(client.post(f"{RETRIEVAL}/query/doc", json={"collection_name": own, "query": "warranty", "k": 5}))
    for text, metadata, distance in zip(found["documents"][0], found["metadatas"][0], found["distances"][0], strict=True):
        assert "kettle" in text and metadata["name"] == "kettle.txt" and isinstance(distance, float)


def test_shell_with_curl_and_jq(client):
    """VirtualDisk/containers: `curl -F file=@...`, `.id`, and a slash after `add`."""
    own = knowledge(client)
    body, kind = raw_part("notes.md", TEXT.encode(), kind="application/octet-stream")
    file = client.post(f"{FILES}/", data=body, content_type=kind, headers={"Accept": "application/json"}).json["id"]
    reply = client.post(f"{KNOWLEDGE}/{own}/file/add/", data=json.dumps({"file_id": file}), content_type="application/json")
    assert ok(reply)["data"] == {"file_ids": [file]}


def test_openwebui_cli(client):
    """dannystocker/openwebui-cli: lists of files as an array; upload, then add."""
    own, file = placed(client)
    assert [row["id"] for row in client.get(f"{FILES}/").json] == [file]
    assert [row["filename"] for row in client.get(f"{KNOWLEDGE}/{own}").json["files"]] == ["kettle.txt"]
