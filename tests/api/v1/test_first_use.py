"""The way a new client goes: dataset, document, chunk, question."""

from __future__ import annotations

import io

from tests.engines import both_engines

pytestmark = both_engines

BASE = "/api/v1"


def test_a_client_gets_from_a_dataset_to_an_answer(client):
    dataset = client.post(f"{BASE}/datasets", json={"name": "manuals"}).json["data"]
    assert [listed["name"] for listed in client.get(f"{BASE}/datasets").json["data"]] == ["manuals"]
    documents = f"{BASE}/datasets/{dataset['id']}/documents"
    [document] = client.post(documents, data={"file": (io.BytesIO(b"Kettles boil water."), "kettle.txt")}).json["data"]
    assert client.get(documents).json["data"]["docs"][0]["name"] == "kettle.txt"
    parsed = client.post(f"{BASE}/datasets/{dataset['id']}/chunks", json={"document_ids": [document["id"]]}).json
    assert parsed == {"code": 0}
    content = "The kettle is sold in red, black and cream."
    added = client.post(f"{documents}/{document['id']}/chunks", json={"content": content}).json["data"]["chunk"]
    question = {"question": "In which colours is the kettle sold?", "dataset_ids": [dataset["id"]], "highlight": True}
    found = client.post(f"{BASE}/retrieval", json=question).json["data"]
    assert found["total"] == 1
    assert found["chunks"][0]["id"] == added["id"]
    assert "<em>kettle</em>" in found["chunks"][0]["highlight"]
    assert found["doc_aggs"] == [{"doc_id": document["id"], "doc_name": "kettle.txt", "count": 1}]
