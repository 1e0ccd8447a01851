"""The examples of the seed as they are printed; address, key and ids changed (conformance 12.1, 12.2)."""

from __future__ import annotations

import hashlib
import io
import json
import re

import pytest

from tests.api.openwebui.store import FILES, KNOWLEDGE, TWIN, bare, datasets, found, ok, refused

pytestmark = pytest.mark.usefixtures("reader")

CREATED = json.loads(
    '{"id":"知识库 Id:e13f471f-cc6c-4df1-9210-8eb586bf8b6b","user_id":"e42bf055-03e4-421e-894d-c18a58b6b73d","name":"test",'
    '"description":"for test","data":null,"meta":null,"access_control":null,"created_at":1741317031,"updated_at":1741317031,"files":null}'
)
UPLOADED = json.loads(
    '{"id":"77cb080c-5de8-4ffb-9304-d658e44a4dfb","user_id":"e42bf055-03e4-421e-894d-c18a58b6b73d",'
    '"hash":"93737981707e6327ca3adf45a7ae11bfd33bc7fcbb0de82c85c390efa1a2f01c","filename":"日志.txt","data":{"content":"文件上传内容"},'
    '"meta":{"name":"日志.txt","content_type":"text/plain","size":5587,"data":{},"collection_name":"file-77cb080c-5de8-4ffb-9304-d658e44a4dfb"},'
    '"created_at":1741317221,"updated_at":1741317221}'
)
ADDED = {
    **CREATED,
    "data": {"file_ids": ["77cb080c-5de8-4ffb-9304-d658e44a4dfb"]},
    "files": [{**UPLOADED, "path": "/app/backend/data/uploads/77cb080c-5de8-4ffb-9304-d658e44a4dfb_日志.txt", "access_control": None}],
}
TEXT = "文件内容：水壶的保修期为二十四个月。\n请勿浸入水中。\n"
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def shape(value):
    """What kind of thing each part is; ids and names are strings, times integers."""
    if isinstance(value, dict):
        return {key: shape(inner) for key, inner in value.items() if key != "status"}
    return [shape(inner) for inner in value[:1]] if isinstance(value, list) else type(value).__name__


def test_create_upload_and_add_as_the_seed_does(client):
    """12.1: every key of the three examples with the same type of value; what newer clients want beside is `data.status`."""
    created = ok(client.post(f"{KNOWLEDGE}/create", json={"name": "知识库名称", "description": "知识库说明", "access_control": None}))
    assert shape(created) == shape(CREATED)
    assert (created["name"], created["files"], created["data"]) == ("知识库名称", None, None)
    assert UUID.fullmatch(created["id"]) and UUID.fullmatch(created["user_id"])

    uploaded = ok(client.post(f"{FILES}/", data={"file": (io.BytesIO(TEXT.encode()), "日志.txt", "text/plain")}))
    assert shape(uploaded) == shape(UPLOADED)
    assert uploaded["hash"] == hashlib.sha256(TEXT.encode()).hexdigest()
    assert uploaded["data"] == {"content": TEXT, "status": "completed"}
    assert uploaded["meta"] == {**UPLOADED["meta"], "size": len(TEXT.encode()), "collection_name": f"file-{uploaded['id']}"}
    assert uploaded["created_at"] == uploaded["updated_at"]

    added = ok(client.post(f"{KNOWLEDGE}/{created['id']}/file/add", json={"file_id": uploaded["id"]}))
    assert shape(added) == shape(ADDED)
    assert added["data"] == {"file_ids": [uploaded["id"]]}
    (file,) = added["files"]
    assert file["meta"]["collection_name"] == created["id"] and file["path"].endswith(f"/{uploaded['id']}_日志.txt")
    assert {key: file[key] for key in ("hash", "data", "filename")} == {key: uploaded[key] for key in ("hash", "data", "filename")}

    refused(client.post(f"{KNOWLEDGE}/{created['id']}/file/add", json={"file_id": uploaded["id"]}), 400, TWIN)  # 12.2


def test_a_knowledge_is_a_dataset_and_its_file_a_document(client):
    """Decisions A3, A4: the same ids in RAGFlow's spelling, the same counts, the same passages, at once."""
    own = ok(client.post(f"{KNOWLEDGE}/create", json={"name": "test", "description": "for test", "access_control": None}))["id"]
    assert datasets(client)[bare(own)]["document_count"] == 0
    file = ok(client.post(f"{FILES}/", data={"file": (io.BytesIO(TEXT.encode()), "日志.txt")}))["id"]
    assert list(datasets(client)) == [bare(own)] and datasets(client)[bare(own)]["document_count"] == 0
    ok(client.post(f"{KNOWLEDGE}/{own}/file/add", json={"file_id": file}))
    dataset = datasets(client)[bare(own)]
    (document,) = client.get(f"/api/v1/datasets/{bare(own)}/documents").json["data"]["docs"]
    assert (document["id"], document["name"], document["run"]) == (bare(file), "日志.txt", "DONE")
    assert (dataset["document_count"], dataset["chunk_count"], dataset["token_num"]) == (1, document["chunk_count"], document["token_count"])
    body = {"question": "水壶的保修期", "dataset_ids": [bare(own)], "similarity_threshold": 0.0}
    chunks = client.post("/api/v1/retrieval", json=body).json["data"]["chunks"]
    assert [chunk["content"] for chunk in chunks] == found(client, own, "水壶的保修期", hybrid=True)
