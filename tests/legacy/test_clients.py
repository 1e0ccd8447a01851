"""What integrations in the field send, byte for byte, and what they read of the answer (legacy contract 9, by its numbers)."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from tests.legacy.wire import SECRET, V1

TEXT = "价格 price list\nThe kettle costs 20 euros.\n"


@pytest.fixture
def key(client) -> str:
    """The first tenant's key, which a script has in its configuration."""
    return client.environ_base["HTTP_AUTHORIZATION"].removeprefix("Bearer ")


@pytest.fixture
def send(anonymous):
    """Send what `requests` would put on the wire for the same call."""

    def call(method: str, url: str, **call: Any) -> Any:
        prepared = requests.Request(method, url, **call).prepare()
        where = urlsplit(prepared.url)
        headers = {name: value for name, value in prepared.headers.items() if name != "Content-Length"}
        base = f"{where.scheme}://{where.netloc}"
        return anonymous.open(where.path, method=method, base_url=base, query_string=where.query, data=prepared.body or b"", headers=headers)

    return call


@pytest.mark.parametrize("run", ["0", "1"])
@pytest.mark.parametrize("method", ["naive", "table"])
def test_client_5_the_manuals_upload_demo(send, client, key, dataset, method, run):
    """It looks at the status, then prints the JSON."""
    reply = send(
        "POST",
        "http://localhost:9380/v1/api/document/upload",
        headers={"Authorization": f"Bearer {key}"},
        files={"file": ("test.txt", TEXT.encode())},
        data={"kb_name": "manuals", "parser_id": method, "run": run},
    )
    assert reply.status_code == 200
    row = reply.json["data"]
    assert (row["name"], row["parser_id"], row["run"], row["progress_msg"]) == ("test.txt", method, "0", "")
    state = client.get(f"{V1}/datasets/{dataset}/documents").json["data"]["docs"][0]["run"]
    assert state == ("RUNNING" if run == "1" else "UNSTART")


def test_client_11_a_tool_that_retrieves(send, key, dataset, document, chunk):
    """`data` is an object with the list `chunks`; a variant sends `dataset_ids`."""
    for ids in ({"kb_id": [dataset]}, {"dataset_ids": [dataset]}):
        body = {"question": "What colours does the kettle have?", **ids, "page_size": 5, "rerank_id": ""}
        reply = send("POST", "http://127.0.0.1:9380/v1/api/retrieval", headers={"Authorization": f"Bearer {key}"}, json=body)
        chunks = reply.json["data"].get("chunks", [])
        assert chunks[0]["content_with_weight"] == SECRET


def test_client_18_a_wrapper_follows_the_manual(send, key, dataset, document, chunk):
    """GET where the manual says GET, and DELETE with JSON."""
    headers = {"Authorization": f"Bearer {key}"}
    listed = send("GET", "http://ragflow/v1/api/list_chunks", headers=headers, params={"doc_name": "kettle.txt", "doc_id": ""})
    assert [one["content"] for one in listed.json["data"]] == [SECRET]
    file = send("GET", f"http://ragflow/v1/document/get/{document}", headers=headers)
    assert (file.headers["Content-Type"], file.data) == ("application/txt", b"Kettles boil water.")  # which it forwards
    removed = send("DELETE", "http://ragflow/v1/api/document", headers=headers, json={"doc_names": ["kettle.txt"], "doc_ids": []})
    assert (removed.status_code, removed.json["retcode"], removed.json["data"]) == (200, 0, True)


def test_client_19_doubles_the_slash_and_names_the_document_in_its_own_way(send, key, dataset, document, chunk):
    """It looks at the status; a delete by the wrong key deletes nothing (decisions A6)."""
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    base = "http://localhost/v1/"
    listed = send("GET", f"{base}/api/list_chunks?document_id={document}", headers=headers)
    assert (listed.status_code, listed.json["data"][0]["content"]) == (200, SECRET)
    removed = send("DELETE", f"{base}/api/document", headers=headers, json={"id": document})
    assert (removed.status_code, removed.json["retcode"]) == (200, 101)
    assert send("GET", f"{base}/api/list_chunks?document_id={document}", headers=headers).json["data"] == listed.json["data"]
    docs = send("POST", f"{base}/api/list_kb_docs/", headers=headers, json={"kb_name": "manuals", "page": 1, "page_size": 15})
    assert docs.json["data"]["docs"] == [{"doc_id": document, "doc_name": "kettle.txt"}]


def test_client_24_a_plugin_asks_for_documents_of_the_modern_answer(send, client, key, dataset, document, chunk):
    """It iterates over `meta_fields`."""
    client.put(f"{V1}/datasets/{dataset}/documents/{document}", json={"meta_fields": {"author": "Wang", "year": 2024}})
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    found = send("POST", "http://ragflow/api/v1/retrieval", headers=headers, json={"question": "kettle", "dataset_ids": [dataset]})
    ids = list({one["document_id"] for one in found.json["data"]["chunks"]})
    infos = send("POST", "http://ragflow/v1/api/document/infos", headers=headers, json={"doc_ids": ids})
    assert {row["id"]: dict(row["meta_fields"].items()) for row in infos.json["data"]} == {document: {"author": "Wang", "year": 2024}}


def test_client_25_a_page_leaves_the_version_out(send, key, dataset, document, chunk):
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    body = {"kb_id": dataset, "question": "What colours does the kettle have?", "top_k": 3, "highlight": True}
    found = send("POST", "https://rag.example.org/api/retrieval", headers=headers, json=body).json
    assert found["data"]["chunks"][0]["highlight"].count("<em>") >= 1
    docs = send("GET", "https://rag.example.org/api/list_kb_docs?kb_name=manuals&page=1&page_size=10", headers=headers).json
    assert docs["data"]["total"] == 1
    chunks = send("GET", "https://rag.example.org/api/list_chunks?doc_name=kettle.txt", headers=headers).json
    assert chunks["data"][0]["content"] == SECRET


def test_client_26_curl_calls_json_a_form(anonymous, key, dataset, document):
    """`curl --data-raw '{...}'` without a content type."""
    raw = b'{\n    "kb_name": "manuals",\n    "page": 1,\n    "page_size": 15\n}'
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/x-www-form-urlencoded", "Accept": "*/*", "User-Agent": "curl/7.88.1"}
    reply = anonymous.post("/v1/api/list_kb_docs", data=raw, headers=headers)
    assert reply.json["data"] == {"total": 1, "docs": [{"doc_id": document, "doc_name": "kettle.txt"}]}


def test_client_27_a_guide_names_datasets_as_the_modern_api_does(send, key, dataset, document, chunk):
    """It reads `code`, `data.chunks`, and in these the modern names."""
    body = {"dataset_ids": [dataset], "question": "水壶 kettle", "top_k": 5}
    reply = send("POST", "http://192.168.1.10:9380/v1/api/retrieval", headers={"Authorization": f"Bearer {key}"}, json=body).json
    assert reply["code"] == 0
    [one] = reply["data"]["chunks"]
    assert (one["content"], one["document_id"], one["document_keyword"]) == (SECRET, document, "kettle.txt")


def test_client_28_falls_back_to_the_old_download(send, key, document):
    """Bytes; JSON would be a failure."""
    reply = send("GET", f"http://ragflow:9380/v1/document/get/{document}", headers={"Authorization": f"Bearer {key}"})
    assert (reply.status_code, reply.is_json, reply.data) == (200, False, b"Kettles boil water.")


def test_client_31_a_facade_passes_bodies_through(send, key, dataset, document, chunk):
    headers = {"Authorization": f"Bearer {key}"}
    base = "https://demo.ragflow.io/v1"
    uploaded = send(
        "POST",
        f"{base}/api/document/upload",
        headers=headers,
        data={"kb_name": "manuals"},
        files={"file": ("报价.txt", TEXT.encode(), "text/plain")},
    )
    assert uploaded.json["data"]["name"] == "报价.txt"
    chunks = send("GET", f"{base}/api/list_chunks", headers=headers, params={"doc_name": "kettle.txt"}).json
    assert chunks["data"][0]["doc_name"] == "kettle.txt"
    docs = send("POST", f"{base}/api/list_kb_docs", headers=headers, json={"kb_name": "manuals", "page": 1, "page_size": 1}).json
    assert (docs["data"]["total"], docs["data"]["docs"][0]["doc_name"]) == (2, "报价.txt")
    removed = send("DELETE", f"{base}/api/document", headers=headers, json={"doc_names": ["报价.txt", "kettle.txt"]}).json
    assert (removed["retcode"], removed["data"]) == (0, True)


def test_expectation_of_issue_2499_the_manuals_get_is_served(send, key, dataset, document, chunk):
    for base in ("http://ragflow/v1/api", "http://ragflow/api", "http://ragflow/api/v1/api", "http://ragflow/v1//api/"):
        reply = send("GET", f"{base}/list_chunks?doc_id={document}", headers={"Authorization": key})
        assert (reply.status_code, reply.json["data"][0]["content"]) == (200, SECRET)
