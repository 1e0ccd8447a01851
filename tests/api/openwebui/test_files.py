"""Files: upload, list, read, change, delete, for clients of both generations (contract 5, 11)."""

from __future__ import annotations

import hashlib
import io
import json

import pytest

from api.openwebui import wording
from models.tables import User
from tests.api.openwebui.store import FILE_KEYS, FILES, FULL_KEYS, OTHER, TEXT, UNKNOWN, found, knowledge, ok, refused, sent, upload

reads = pytest.mark.usefixtures("reader")
EMPTY = f"[ERROR: {wording.EMPTY_CONTENT}]"


@reads
def test_a_file_is_told_short_at_upload_and_in_lists_and_whole_alone(client):
    uploaded = ok(sent(client, name="kettle.txt"))
    assert set(uploaded) == FILE_KEYS
    assert ok(client.get(f"{FILES}/")) == [uploaded]
    whole = ok(client.get(f"{FILES}/{uploaded['id']}"))
    assert set(whole) == FULL_KEYS and whole["access_control"] is None
    assert whole["path"] == f"uploads/{uploaded['id']}_kettle.txt"
    assert {key: whole[key] for key in FILE_KEYS} == uploaded


@reads
def test_plain_text_is_kept_as_it_stands_and_its_hash_is_the_files(client):
    """Contract 5, 9: a sync tool compares the hash with that of its local file."""
    for number, text in enumerate(("\ufeffwith a mark\r\nand “curly” quotes ﬁ\r\n", "水壶\n", "a,b\n1,2\n")):
        for ending in ("txt", "md", "csv", "py"):
            uploaded = ok(sent(client, text, f"{number}.{ending}"))
            assert uploaded["data"]["content"] == text
            assert uploaded["hash"] == hashlib.sha256(text.encode()).hexdigest()


@reads
def test_text_of_another_encoding_and_of_a_page_is_read(client):
    assert ok(sent(client, "保修期二十四个月，请勿浸入水中。".encode("gb18030"), "a.txt"))["data"]["content"] == "保修期二十四个月，请勿浸入水中。"
    page = ok(sent(client, "<html><body><h1>Kettle</h1><p>It boils.</p></body></html>", "a.html"))
    assert page["data"]["content"].split() == ["Kettle", "It", "boils."]


def test_a_name_is_the_last_component_of_what_was_sent(client):
    for name, kept in (("folder/a.txt", "a.txt"), ("%%docs%%a b.txt", "%%docs%%a b.txt"), ("日志.txt", "日志.txt")):
        uploaded = ok(sent(client, name=name, query="?process=false"))
        assert (uploaded["filename"], uploaded["meta"]["name"]) == (kept, kept)


def test_a_part_without_a_type_has_none(client):
    boundary = "b"
    body = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="%%a.txt"\r\n\r\nhello\r\n--{boundary}--\r\n'
    reply = client.post(f"{FILES}/?process=false", data=body, content_type=f"multipart/form-data; boundary={boundary}")
    assert ok(reply)["meta"]["content_type"] is None


def test_a_request_without_a_file_is_told_as_typed_endpoints_do(client):
    missing = [{"type": "missing", "loc": ["body", "file"], "msg": "Field required", "input": None}]
    for reply in (client.post(f"{FILES}/"), client.post(f"{FILES}/", data={"other": "x"}), client.post(f"{FILES}/", json={"file": "x"})):
        refused(reply, 422, missing)


def test_an_empty_file_is_refused_and_not_kept(client):
    refused(sent(client, b""), 400, EMPTY)
    assert ok(client.get(f"{FILES}/")) == []


@reads
@pytest.mark.parametrize(
    "content, name, error", [(b" \n\t\n", "a.txt", wording.EMPTY_CONTENT), (b"\0\1\2" * 50, "a.bin", None)], ids=["blank", "binary"]
)
def test_what_cannot_be_read_is_kept_and_the_answer_says_why(client, content, name, error):
    """Contract 5.1: still 200, with the reason; a file with nothing to say has the sentence clients know."""
    uploaded = ok(sent(client, content, name))
    assert set(uploaded) == FULL_KEYS | {"error"} and uploaded["hash"] is None
    assert uploaded["error"] == (error or uploaded["error"]) and uploaded["error"]
    assert uploaded["data"] == {"status": "failed", "error": uploaded["error"]}
    assert ok(client.get(f"{FILES}/{uploaded['id']}/process/status")) == {"status": "failed"}
    refused(client.post(f"/api/v1/knowledge/{knowledge(client)}/file/add", json={"file_id": uploaded["id"]}), 400, wording.FILE_NOT_PROCESSED)
    assert client.get(f"{FILES}/{uploaded['id']}/content").data == content


@reads
def test_a_file_that_nobody_asked_to_read_is_stored_alone(client):
    """Section 11: `process=false`."""
    uploaded = ok(sent(client, query="?process=false"))
    assert (uploaded["data"], uploaded["hash"]) == ({}, None)
    own = knowledge(client)
    refused(client.post(f"/api/v1/knowledge/{own}/file/add", json={"file_id": uploaded["id"]}), 400, wording.FILE_NOT_PROCESSED)
    read = ok(client.post("/api/v1/retrieval/process/file", json={"file_id": uploaded["id"]}))
    assert read == {"status": True, "collection_name": f"file-{uploaded['id']}", "filename": "kettle.txt", "content": TEXT}
    assert ok(client.get(f"{FILES}/{uploaded['id']}"))["data"] == {"content": TEXT, "status": "completed"}


@pytest.mark.parametrize("environment", [{"DOVETAIL_INGEST__WAIT_SECONDS": "0"}])
def test_a_file_that_takes_long_is_told_as_it_is_by_then(client, environment):
    """Newer clients poll; no worker runs here, so it waits for ever."""
    uploaded = ok(sent(client))
    assert (uploaded["data"], uploaded["hash"]) == ({"status": "pending"}, None)
    assert ok(client.get(f"{FILES}/{uploaded['id']}/process/status")) == {"status": "pending"}


@reads
def test_a_client_that_wants_no_wait_can_follow_the_reading(client):
    uploaded = ok(sent(client, query="?process=true&process_in_background=true"))
    assert uploaded["data"]["status"] in ("pending", "processing", "completed")
    events = client.get(f"{FILES}/{uploaded['id']}/process/status?stream=true").text.split("\n\n")[:-1]
    assert all(event.startswith('data: {"status"') for event in events)  # with the space, 4.4
    assert json.loads(events[-1].removeprefix("data: ")) == {"status": "completed"}


@pytest.mark.parametrize("environment", [{"DOVETAIL_INGEST__WAIT_SECONDS": "0"}])
def test_following_a_file_that_is_deleted_ends(client, environment):
    """5.2; no worker runs here, so it would wait for ever."""
    file = ok(sent(client))["id"]
    told = client.get(f"{FILES}/{file}/process/status?stream=true", buffered=False).iter_encoded()
    assert next(told) == b'data: {"status": "pending"}\n\n'
    ok(client.delete(f"{FILES}/{file}"))
    assert list(told) == [b'data: {"status": "failed"}\n\n']


@reads
def test_what_a_client_says_of_a_file_is_kept(client):
    uploaded = ok(sent(client, metadata=json.dumps({"source": "shelf 3"})))
    assert uploaded["meta"]["data"] == {"source": "shelf 3"}
    for bad in ("{", "[1]", '"x"', "\0"):
        refused(sent(client, metadata=bad), 400, "[ERROR: Invalid metadata format]")
    assert len(ok(client.get(f"{FILES}/"))) == 1


@pytest.mark.parametrize(
    "name, kind, disposition",
    [("a b.txt", "text/plain", None), ("日志.pdf", "application/pdf", "inline"), ("a.html", "text/html", "attachment"), ("a", None, "attachment")],
)
def test_a_file_is_downloaded_as_it_was_brought(client, name, kind, disposition):
    """Contract 5.2; a page never runs in a browser (decisions A12)."""
    part = (io.BytesIO(b"<script>x</script>"), name, *([kind] if kind else []))
    id = ok(client.post(f"{FILES}/?process=false", data={"file": part}))["id"]
    reply = client.get(f"{FILES}/{id}/content")
    assert reply.data == b"<script>x</script>" and reply.headers["X-Content-Type-Options"] == "nosniff"
    assert reply.headers.get("Content-Disposition", "").partition(";")[0] == (disposition or "")
    named = client.get(f"{FILES}/{id}/content/anything.txt")
    assert named.data == reply.data and named.headers["Content-Disposition"].startswith("attachment; filename*=UTF-8''")


@reads
def test_a_client_may_say_what_a_file_says(client):
    """Contract 5.2: the file is found by its new text, its bytes stay; an empty text means the file's own again."""
    id = upload(client)
    assert ok(client.post(f"{FILES}/{id}/data/content/update", json={"content": "Cranes fly.<br/>Far."})) == {"content": "Cranes fly.\nFar."}
    shown = ok(client.get(f"{FILES}/{id}"))
    assert shown["hash"] == hashlib.sha256(b"Cranes fly.\nFar.").hexdigest() and shown["data"]["content"] == "Cranes fly.\nFar."
    assert ok(client.get(f"{FILES}/{id}/data/content")) == {"content": "Cranes fly.\nFar."}
    assert found(client, f"file-{id}", "cranes") and "kettle" not in "".join(found(client, f"file-{id}", "kettle"))
    assert client.get(f"{FILES}/{id}/content").data == TEXT.encode()
    assert ok(client.post(f"{FILES}/{id}/data/content/update", json={"content": ""})) == {"content": TEXT}
    assert "kettle" in found(client, f"file-{id}")[0]
    assert ok(client.get(f"{FILES}/{id}"))["hash"] == hashlib.sha256(TEXT.encode()).hexdigest()


@reads
def test_a_text_may_be_put_in_place_of_any_format(client):
    id = ok(sent(client, b"%PDF-1.4 broken", "a.pdf"))["id"]
    assert ok(client.post(f"{FILES}/{id}/data/content/update", json={"content": OTHER})) == {"content": OTHER}
    assert ok(client.get(f"{FILES}/{id}"))["data"]["status"] == "completed"
    assert "Cranes" in found(client, f"file-{id}", "birds")[0]


@reads
def test_files_come_in_pages_when_a_page_is_named(client):
    """Section 11; without one the array, as old clients read it."""
    ids = [upload(client, f"text number {number}", f"{number}.txt") for number in range(3)]
    page = ok(client.get(f"{FILES}/?page=1"))
    assert (page["total"], [file["id"] for file in page["items"]]) == (3, ids)
    assert ok(client.get(f"{FILES}/?page=2")) == {"total": 3, "items": []}
    assert [file["data"] for file in ok(client.get(f"{FILES}/?content=false"))] == [{"status": "completed"}] * 3
    assert [file["id"] for file in ok(client.get(f"{FILES}"))] == ids
    assert [file["id"] for file in ok(client.get(f"{FILES}/search?filename=*.TXT"))] == ids
    assert [file["id"] for file in ok(client.get(f"{FILES}/search?filename=1.*"))] == [ids[1]]
    refused(client.get(f"{FILES}/search?filename=*.pdf"), 404, "No files found matching the pattern.")


@reads
def test_a_deleted_file_is_gone_with_its_passages(client):
    id = upload(client)
    assert found(client, f"file-{id}")
    assert ok(client.delete(f"{FILES}/{id}")) == {"message": "File deleted successfully"}
    refused(client.delete(f"{FILES}/{id}"), 404, wording.NOT_FOUND)
    assert found(client, f"file-{id}") == []
    assert ok(client.get(f"{FILES}/")) == []


def test_an_unknown_file_is_not_found_by_any_verb(client):
    for id in (UNKNOWN, UNKNOWN.replace("-", ""), "nothing", "file-x", "%F0%9F%AB%96", "x" * 300):
        for path in ("", "/content", "/content/a.txt", "/data/content", "/process/status"):
            refused(client.get(f"{FILES}/{id}{path}"), 404, wording.NOT_FOUND)
        refused(client.delete(f"{FILES}/{id}"), 404, wording.NOT_FOUND)
        refused(client.post(f"{FILES}/{id}/data/content/update", json={"content": "x"}), 404, wording.NOT_FOUND)


@reads
def test_both_spellings_of_an_id_are_accepted(client):
    """Decisions A3; hyphens are always printed."""
    id = upload(client)
    for spelling in (id.replace("-", ""), id.upper()):
        assert ok(client.get(f"{FILES}/{spelling}"))["id"] == id
        assert found(client, f"file-{spelling}")


@reads
def test_text_of_a_type_that_nobody_knows_is_read(client):
    """Contract 5.1: sync tools bring whatever a repository holds; RAGFlow's dialects refuse such names."""
    for name in ("LICENSE", "Makefile", "notes.unknown"):
        assert ok(sent(client, f"{name}: the kettle is red.", name))["data"]["content"] == f"{name}: the kettle is red."
    assert "error" in ok(sent(client, b"PK\3\4" + b"\0" * 100, "LICENSE"))


@reads
def test_all_files_go_at_once_for_an_administrator(app, client):
    ids = [upload(client, f"text {number}", f"{number}.txt") for number in range(3)]
    own = knowledge(client)
    ok(client.post(f"/api/v1/knowledge/{own}/file/add", json={"file_id": ids[0]}))
    refused(client.delete(f"{FILES}/all"), 401, wording.ACCESS_PROHIBITED)
    User.update(role="admin").execute()
    assert ok(client.delete(f"{FILES}/all")) == {"message": "All files deleted successfully"}
    assert ok(client.get(f"{FILES}/")) == [] and found(client, [own, *(f"file-{id}" for id in ids)]) == []
    assert ok(client.get(f"/api/v1/knowledge/{own}"))["files"] == []
