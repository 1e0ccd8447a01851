"""One document through all doors: what one dialect does, the other sees at once."""

from __future__ import annotations

import io

from tests.engines import both_engines
from tests.legacy.wire import BASE, V1, assert_error, assert_success, upload

TEXT = b"The kettle is sold in red, black and cream.\n"


def counters(client):
    [dataset] = client.get(f"{V1}/datasets").json["data"]
    return dataset["document_count"], dataset["chunk_count"], dataset["token_num"]


@both_engines
def test_one_document_through_all_doors(client, dataset, parse):
    # in by the legacy door
    id = upload(client, content=TEXT, run="1")["id"]
    parse()
    path = f"{V1}/datasets/{dataset}/documents"
    # listed and retrieved by v1
    [listed] = client.get(path).json["data"]["docs"]
    assert (listed["id"], listed["run"], listed["chunk_count"]) == (id, "DONE", 1)
    question = {"question": "Which colours does the kettle have?"}
    [found] = client.post(f"{V1}/retrieval", json={"dataset_ids": [dataset], **question}).json["data"]["chunks"]
    [seen] = assert_success(client.post(f"{BASE}/retrieval", json={"kb_id": dataset, **question}))["chunks"]
    assert (seen["chunk_id"], seen["similarity"]) == (found["id"], found["similarity"])
    # counted the same on both sides
    [row] = assert_success(client.post(f"{BASE}/document/infos", json={"doc_ids": [id]}))
    assert (row["chunk_num"], row["token_num"]) == (listed["chunk_count"], listed["token_count"])
    assert counters(client) == (1, row["chunk_num"], row["token_num"])
    # its chunk is edited by v1, and seen by the legacy door
    edited = {"content": "The kettle is sold in blue alone.", "important_keywords": ["colour"]}
    assert client.put(f"{path}/{id}/chunks/{found['id']}", json=edited).json == {"code": 0}
    [chunk] = assert_success(client.get(f"{BASE}/list_chunks", query_string={"doc_name": "kettle.txt"}))
    assert chunk["content"] == edited["content"]
    [seen] = assert_success(client.post(f"{BASE}/retrieval", json={"kb_id": dataset, "question": "blue kettle"}))["chunks"]
    assert (seen["content_with_weight"], seen["important_kwd"]) == (edited["content"], ["colour"])
    assert counters(client)[:2] == (1, 1)
    # renamed by v1, and found under its new name alone
    assert client.put(f"{path}/{id}", json={"name": "pot.txt"}).json == {"code": 0}
    assert_error(client.get(f"{BASE}/list_chunks", query_string={"doc_name": "kettle.txt"}), 102, "Document not found!")
    # out by the legacy door, and gone in v1
    assert assert_success(client.delete(f"{BASE}/document", json={"doc_names": ["pot.txt"]})) is True
    assert client.get(path).json["data"] == {"total": 0, "docs": []}
    assert client.get(f"{path}/{id}").json["code"] == 102
    assert client.post(f"{V1}/retrieval", json={"dataset_ids": [dataset], **question}).json["data"]["chunks"] == []
    assert counters(client) == (0, 0, 0)
    assert_error(client.get(f"{BASE}/list_chunks", query_string={"doc_id": id}), 102, "Document not found!")


def test_a_document_of_v1_goes_out_by_the_legacy_door_and_the_other_way(client, dataset, document):
    path = f"{V1}/datasets/{dataset}/documents"
    other = client.post(path, data={"file": (io.BytesIO(b"x"), "kettle.txt")}).json["data"][0]
    assert other["name"] == "kettle(1).txt"
    assert upload(client)["name"] == "kettle(2).txt"
    assert assert_success(client.delete(f"{BASE}/document", json={"doc_ids": [other["id"]]})) is True
    assert client.delete(path, json={"ids": [document]}).json == {"code": 0}
    left = assert_success(client.post(f"{BASE}/list_kb_docs", json={"kb_name": "manuals"}))
    assert [one["doc_name"] for one in left["docs"]] == ["kettle(2).txt"]
    assert counters(client) == (1, 0, 0)
