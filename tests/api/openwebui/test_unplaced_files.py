"""Files in no knowledge: documents of a hidden dataset, which RAGFlow's dialects never list, count, find or change (decisions A4)."""

from __future__ import annotations

import io
import json

import pytest

from api.openwebui import wording
from models import counters
from models.tables import Dataset, File, FileText
from tests.api.openwebui.store import FILES, KNOWLEDGE, TEXT, V1, bare, datasets, found, knowledge, ok, placed, refused, upload

pytestmark = pytest.mark.usefixtures("reader")
LEGACY = "/v1/api"
NAME = "porcelain.txt"


@pytest.fixture
def file(client) -> str:
    return upload(client, TEXT, NAME)


@pytest.fixture
def hidden(client, file) -> str:
    """The id of the hidden dataset, which no reply tells."""
    return str(Dataset.get(Dataset.hidden == True).id)  # noqa: E712


def test_no_list_of_ragflows_shows_a_file_apart(app, client, file, hidden):
    assert client.get(f"{V1}/datasets").json["data"] == []
    assert client.get(f"{V1}/datasets?id={hidden}").json["code"] != 0
    assert client.get(f"{V1}/datasets?name=").json["data"] == []
    for reply in (
        client.get(f"{V1}/datasets/{hidden}/documents"),
        client.get(f"{V1}/datasets/{hidden}/documents/{bare(file)}"),
        client.get(f"{V1}/datasets/{hidden}/documents/{bare(file)}/chunks"),
        client.post(f"{V1}/retrieval", json={"question": "kettle", "dataset_ids": [hidden]}),
        client.post(f"{V1}/retrieval", json={"question": "kettle", "document_ids": [bare(file)]}),
        client.post(f"{V1}/chats", json={"name": "c", "dataset_ids": [hidden]}),
    ):
        assert reply.json["code"] != 0 and "kettle" not in reply.text and NAME not in reply.text, reply.text
    assert ok(client.get(f"{KNOWLEDGE}/")) == []
    refused(client.get(f"{KNOWLEDGE}/{hidden}"), 401, wording.NOT_FOUND)
    assert found(client, hidden) == []


def test_no_legacy_route_reaches_a_file_apart(app, client, file, hidden):
    for reply in (
        client.post(f"{LEGACY}/list_kb_docs", json={"kb_name": ""}),
        client.get(f"{LEGACY}/list_chunks", query_string={"doc_name": NAME}),
        client.get(f"{LEGACY}/list_chunks", query_string={"doc_id": bare(file)}),
        client.post(f"{LEGACY}/document/infos", json={"doc_ids": [bare(file)]}),
        client.post(f"{LEGACY}/retrieval", json={"kb_id": [hidden], "question": "kettle"}),
        client.get(f"/v1/document/get/{bare(file)}"),
        client.get(f"/v1/document/thumbnails?doc_ids={bare(file)}"),
        client.get(f"{V1}/dataset", query_string={"page": 1}),
        client.get(f"{V1}/dataset/{hidden}/info"),
        client.get(f"{V1}/doc/{bare(file)}"),
    ):
        assert "kettle" not in reply.text and NAME not in reply.text and not _tells(reply, hidden), reply.text


def test_no_route_of_ragflows_changes_a_file_apart(app, client, file, hidden):
    for reply in (
        client.put(f"{V1}/datasets/{hidden}", json={"name": "found"}),
        client.delete(f"{V1}/datasets", json={"ids": [hidden]}),
        client.delete(f"{V1}/datasets/{hidden}/documents", json={"ids": [bare(file)]}),
        client.post(f"{V1}/datasets/{hidden}/documents", data={"file": (io.BytesIO(b"x"), "x.txt")}),
        client.post(f"{V1}/datasets/{hidden}/chunks", json={"document_ids": [bare(file)]}),
        client.post(f"{V1}/datasets/{hidden}/documents/{bare(file)}/chunks", json={"content": "x"}),
        client.delete(f"{LEGACY}/document", json={"doc_ids": [bare(file)]}),
        client.delete(f"{LEGACY}/document", json={"doc_names": [NAME]}),
    ):
        assert (reply.json.get("code") or reply.json.get("retcode")) not in (None, 0), reply.text
    ok_or_not = client.delete(f"{V1}/datasets", json={})  # all of them
    assert ok_or_not.json["code"] == 0
    assert "kettle" in found(client, f"file-{file}")[0] and ok(client.get(f"{FILES}/{file}"))["data"]["content"] == TEXT


def test_what_ragflow_uploads_is_a_file_here_at_once(client):
    """Decisions A4: an upload through RAGFlow's dialects makes both."""
    dataset = client.post(f"{V1}/datasets", json={"name": "manuals"}).json["data"]["id"]
    document = client.post(f"{V1}/datasets/{dataset}/documents", data={"file": (io.BytesIO(TEXT.encode()), "a.txt")}).json["data"][0]["id"]
    whole = ok(client.get(f"{KNOWLEDGE}/{dataset}"))
    (file,) = whole["files"]
    assert (bare(file["id"]), bare(whole["id"]), whole["access_control"]) == (document, dataset, {})
    assert (file["data"], file["hash"], file["meta"]["collection_name"]) == ({}, None, whole["id"])
    client.post(f"{V1}/datasets/{dataset}/chunks", json={"document_ids": [document]})
    events = client.get(f"{FILES}/{document}/process/status?stream=true").text
    assert json.loads(events.strip().rpartition("data:")[2]) == {"status": "completed"}
    assert ok(client.get(f"{FILES}/"))[0]["data"]["content"] == TEXT
    assert "kettle" in found(client, whole["id"])[0] == found(client, f"file-{file['id']}")[0]


def test_deleting_a_dataset_through_ragflow_deletes_files_that_are_nowhere_else(app, client):
    """Decisions A4."""
    own, file = placed(client)
    second = knowledge(client, "second")
    other = upload(client, "Another text of porcelain.", NAME)
    for id in (file, other):
        ok(client.post(f"{KNOWLEDGE}/{second}/files/batch/add", json=[{"file_id": id}]))
    assert client.delete(f"{V1}/datasets", json={"ids": [bare(second)]}).json["code"] == 0
    refused(client.get(f"{FILES}/{other}"), 404, wording.NOT_FOUND)
    assert ok(client.get(f"{FILES}/{file}"))["meta"]["collection_name"] == own
    assert "kettle" in found(client, own)[0]
    client.delete(f"{V1}/datasets/{bare(own)}/documents", json={"ids": [bare(file)]})
    refused(client.get(f"{FILES}/{file}"), 404, wording.NOT_FOUND)
    assert ok(client.get(f"{KNOWLEDGE}/{own}"))["files"] == [] and ok(client.get(f"{FILES}/")) == []
    assert not File.select().exists() and not FileText.select().exists()


def test_counters_stay_true_wherever_files_go(app, client):
    own, file = placed(client)
    second = knowledge(client, "second")
    ok(client.post(f"{KNOWLEDGE}/{second}/file/add", json={"file_id": file}))
    ok(client.post(f"{KNOWLEDGE}/{own}/file/remove?delete_file=false", json={"file_id": file}))
    ok(client.post(f"{FILES}/{file}/data/content/update", json={"content": "Something else."}))
    ok(client.post(f"{KNOWLEDGE}/{second}/reset"))
    told = [(row["document_count"], row["chunk_count"], row["token_num"]) for row in datasets(client).values()]
    assert told == [(0, 0, 0), (0, 0, 0)]
    assert counters.recount() == 0


def _tells(reply, id: str) -> bool:
    """Whether a reply tells of a dataset more than the request named."""
    return id in reply.text and reply.json is not None and (reply.json.get("code") == 0 or reply.json.get("retcode") == 0)
