"""Files whose reading is not over, or comes to nothing, when a client goes on with them (contract 5.1, 5.2, 6, 9)."""

from __future__ import annotations

import json

import pytest

from api.openwebui import wording
from models import counters
from tests.api.openwebui.reading import worker
from tests.api.openwebui.store import (
    FILES, KNOWLEDGE, OTHER, RETRIEVAL, TEXT, TWIN, UNKNOWN, add, found, knowledge, ok, placed, refused, sent, upload,
)  # fmt: skip

impatient = pytest.mark.parametrize("environment", [{"DOVETAIL_INGEST__WAIT_SECONDS": "0"}])
EMPTY = wording.default(wording.EMPTY_CONTENT)


def said(client, file, content):
    """What the file says after a client gave it another text."""
    return ok(client.post(f"{FILES}/{file}/data/content/update", json={"content": content}))["content"]


def status(client, file):
    """How far the reading of a file is, at its end."""
    return json.loads(client.get(f"{FILES}/{file}/process/status?stream=true").text.strip().rpartition("data:")[2])


@impatient
def test_a_file_that_waits_to_be_read_is_added_and_read_there(app, client):
    own, file = knowledge(client), upload(client)
    whole = ok(add(client, own, file))
    assert [(row["id"], row["data"]["status"]) for row in whole["files"]] == [(file, "pending")]
    refused(add(client, own, file), 400, TWIN)
    with worker():
        assert status(client, file) == {"status": "completed"}
    assert found(client, own) == found(client, f"file-{file}") != [] and counters.recount() == 0


@impatient
def test_a_file_that_nobody_asked_to_be_read_is_not_added(client):
    refused(add(client, knowledge(client), ok(sent(client, query="?process=false"))["id"]), 400, wording.FILE_NOT_PROCESSED)


@pytest.mark.usefixtures("reader")
@pytest.mark.parametrize("blank", [" ", "   \n\t\n", "<br/>"])
def test_a_blank_text_changes_nothing(client, blank):
    own, file = placed(client)
    assert said(client, file, blank) == TEXT
    ok(client.post(f"{KNOWLEDGE}/{own}/file/update", json={"file_id": file}))
    assert found(client, own) == found(client, f"file-{file}") != []
    refused(client.post(f"{RETRIEVAL}/process/file", json={"file_id": file, "content": blank.replace("<br/>", " ")}), 400, EMPTY)
    assert ok(client.get(f"{FILES}/{file}"))["data"]["content"] == TEXT
    assert said(client, file, "") == TEXT


@pytest.mark.usefixtures("reader")
def test_a_file_whose_bytes_cannot_be_read_again_keeps_its_text(client):
    file = ok(sent(client, bytes(range(256)) * 4, "odd.bin"))["id"]
    assert said(client, file, OTHER) == OTHER
    assert said(client, file, "") == OTHER and "Cranes" in found(client, f"file-{file}", "cranes")[0]


@pytest.mark.usefixtures("reader")
def test_a_text_that_another_file_has_is_a_twin_however_it_comes(client):
    own, _ = placed(client)
    second = upload(client, OTHER, "cranes.txt")
    ok(add(client, own, second))
    said(client, second, TEXT)
    refused(client.post(f"{KNOWLEDGE}/{own}/file/update", json={"file_id": second}), 400, TWIN)
    assert "Cranes" in "".join(found(client, own, "cranes", k=9))
    again = {"file_id": upload(client), "collection_name": own}
    refused(client.post(f"{RETRIEVAL}/process/file", json=again), 400, wording.DUPLICATE_CONTENT)


@pytest.mark.usefixtures("reader")
def test_processing_a_file_says_what_came_of_it(client):
    unreadable, blank = (ok(sent(client, content, name))["id"] for content, name in ((bytes(range(256)) * 4, "odd.bin"), (b" \n", "blank.txt")))
    reply = client.post(f"{RETRIEVAL}/process/file", json={"file_id": unreadable})
    assert reply.status_code == 400 and reply.json["detail"].startswith("[ERROR: "), reply.text
    refused(client.post(f"{RETRIEVAL}/process/file", json={"file_id": blank}), 400, EMPTY)
    other = {"file_id": blank, "collection_name": f"file-{UNKNOWN}"}
    refused(client.post(f"{RETRIEVAL}/process/file", json=other), 400, wording.NOT_FOUND)
