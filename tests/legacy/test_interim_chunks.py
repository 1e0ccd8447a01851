"""Chunks and retrieval of the interim API of v0.11 and v0.12 (legacy contract 8)."""

from __future__ import annotations

import pytest

from tests.legacy.wire import SECRET, V1, assert_success, upload

URL = "/api/v1/doc"


def listed(client, document, **body):
    return assert_success(client.post(f"{URL}/chunk/list", json={"document_id": document, **body}))


def created(client, document, content, **body):
    return assert_success(client.post(f"{URL}/chunk/create", json={"document_id": document, "content": content, **body}))["chunk"]


def changed(client, document, chunk, **body):
    return assert_success(client.post(f"{URL}/chunk/set", json={"document_id": document, "chunk_id": chunk, **body}))


def found(client, **body):
    return assert_success(client.post(f"{URL}/retrieval_test", json=body))


def test_a_chunk_is_created_listed_and_found(client, dataset, document):
    chunk = created(client, document, SECRET, important_kwd=["colours"])
    assert {name: chunk[name] for name in ("content", "document_id", "document_keyword", "kb_id", "important_keywords", "available")} == {
        "content": SECRET,
        "document_id": document,
        "document_keyword": "kettle.txt",
        "kb_id": dataset,
        "important_keywords": ["colours"],
        "available": True,
    }
    page = listed(client, document)
    assert (page["total"], page["chunks"]) == (1, [chunk])
    assert (page["doc"]["id"], page["doc"]["chunk_count"], page["doc"]["knowledgebase_id"]) == (document, 1, dataset)
    assert {"chunk_id", "content_with_weight", "doc_id", "important_kwd", "img_id", "docnm_kwd"}.isdisjoint(chunk)


def test_a_list_is_paged_and_filtered(client, document):
    ids = [created(client, document, f"Kettle number {number} is blue.")["id"] for number in range(5)]
    changed(client, document, ids[0], available=0)
    sizes = [len(listed(client, document, **body)["chunks"]) for body in ({"size": 2}, {"size": 2, "page": 3}, {"size": 0}, {"page": "0"})]
    assert sizes == [2, 1, 0, 5]
    off, on = listed(client, document, available_int=0), listed(client, document, available_int=1, size=3, page=2)
    assert ([row["id"] for row in off["chunks"]], off["total"]) == ([ids[0]], 1)
    assert (len(on["chunks"]), on["total"]) == (1, 4)
    assert [row["id"] for row in listed(client, document, keywords="number 3")["chunks"]][0] == ids[3]


def test_a_changed_chunk_is_changed_on_every_side(client, dataset, document, chunk):
    assert changed(client, document, chunk, content="Green now.", important_keywords=["a"], available=False) is True
    [modern] = client.get(f"{V1}/datasets/{dataset}/documents/{document}/chunks").json["data"]["chunks"]
    assert (modern["id"], modern["content"], modern["important_keywords"], modern["available"]) == (chunk, "Green now.", ["a"], False)
    assert found(client, knowledgebase_id=dataset, question="green")["total"] == 0
    assert changed(client, document, chunk, available_int=1, important_kwd=["b"]) is True
    assert listed(client, document)["chunks"][0]["important_keywords"] == ["b"]


def test_removed_chunks_are_gone_and_no_ids_remove_none(client, document):
    ids = [created(client, document, f"Kettle number {number} is blue.")["id"] for number in range(3)]
    for nothing in ([], None):
        assert assert_success(client.post(f"{URL}/chunk/rm", json={"document_id": document, "chunk_ids": nothing})) is True
    assert listed(client, document)["total"] == 3
    assert assert_success(client.post(f"{URL}/chunk/rm", json={"document_id": document, "chunk_ids": ids[:2]})) is True
    assert assert_success(client.post(f"{URL}/chunk/rm", json={"document_id": document, "chunk_ids": ids[2]})) is True
    page = listed(client, document)
    assert (page["total"], page["doc"]["chunk_count"]) == (0, 0)


def test_a_chunk_of_another_document_is_not_this_ones(client, document, chunk):
    other = upload(client, name="other.txt")["id"]
    for path, body in (("rm", {"chunk_ids": [chunk]}), ("set", {"chunk_id": chunk, "content": "a"})):
        reply = client.post(f"{URL}/chunk/{path}", json={"document_id": other, **body})
        assert (reply.json["retcode"], reply.json["retmsg"]) == (102, "Chunk not found!")
    assert listed(client, document)["chunks"][0]["content"] == SECRET


@pytest.mark.parametrize("several", [False, True])
def test_a_question_is_answered_with_the_names_of_v012(client, dataset, document, chunk, several):
    where = [dataset] if several else dataset
    answer = found(client, knowledgebase_id=where, question="What colour is the kettle?", doc_ids=[document], top_k=10)
    [hit] = answer["chunks"]
    assert (hit["id"], hit["content"], hit["document_id"], hit["document_keyword"]) == (chunk, SECRET, document, "kettle.txt")
    assert {"chunk_id", "content_with_weight", "doc_id", "important_kwd", "img_id", "docnm_kwd", "doc_name"}.isdisjoint(hit)
    assert answer["total"] == 1 and 0 < hit["similarity"] <= 1
    assert answer["doc_aggs"] == [{"doc_name": "kettle.txt", "doc_id": document, "count": 1}]
