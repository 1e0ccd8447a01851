"""Chunks listed by their document's name or id, and shown one by one (legacy contract 6.7, 6.8)."""

from __future__ import annotations

from tests.legacy.wire import BASE, SECRET, UNKNOWN, V1, assert_error, assert_success, said, upload

PATH = f"{BASE}/list_chunks"
NOT_NAMED = "Can't find doc_name or doc_id"


def test_a_chunk_is_told_with_the_names_of_both_generations(client, document, chunk):
    shown = [{"content": SECRET, "doc_name": "kettle.txt", "img_id": "", "image_id": ""}]
    for asked in ({"doc_name": "kettle.txt"}, {"doc_id": document}, {"document_id": document}, {"doc_name": "", "doc_id": document}):
        replies = client.get(PATH, query_string=asked), client.post(PATH, json=asked), client.post(PATH, data=asked), client.get(PATH, json=asked)
        for reply in replies:
            assert assert_success(reply) == shown, asked


def test_the_name_counts_when_both_are_given(client, document, chunk):
    other = upload(client, name="other.txt")["id"]
    assert len(assert_success(client.post(PATH, json={"doc_name": "kettle.txt", "doc_id": other}))) == 1
    assert assert_success(client.post(PATH, json={"doc_name": "other.txt", "doc_id": document})) == []


def test_of_several_documents_of_a_name_the_newest_is_meant(client, document, chunk):
    """Decisions C7."""
    client.post(f"{V1}/datasets", json={"name": "more"})
    upload(client, "more")
    assert assert_success(client.get(PATH, query_string={"doc_name": "kettle.txt"})) == []


def test_to_name_nothing_is_told_with_code_0(client, document):
    for given in ({}, {"json": {}}, {"json": {"doc_name": None}}, {"json": {"other": 1}}, {"data": b"{broken"}, {"data": {"doc_id": ""}}):
        assert_error(client.post(PATH, **given), 0, NOT_NAMED, False)
    assert_error(client.get(PATH), 0, NOT_NAMED, False)
    assert_error(client.get(PATH, query_string={"doc_name": ""}), 0, NOT_NAMED, False)


def test_a_document_that_is_not_there_is_told(client, document):
    for asked in ({"doc_name": "nowhere.txt"}, {"doc_id": UNKNOWN}, {"doc_name": "KETTLE.TXT"}, {"doc_id": "x" * 5000}, {"doc_id": "😀"}):
        assert_error(client.post(PATH, json=asked), 102, "Document not found!")


def test_a_list_where_a_string_is_due_is_refused_by_name(client, document):
    for key in ("doc_name", "doc_id", "document_id"):
        for value in ([document], 7, {}, True):
            assert said(client.post(PATH, json={key: value})) == (101, f"{key} should be a string")


def test_a_parsed_documents_chunks_come_in_reading_order_1024_at_most(client, dataset, parse):
    client.put(f"{V1}/datasets/{dataset}", json={"parser_config": {"chunk_token_num": 1, "delimiter": "\n"}})
    lines = "\n".join(f"Line {number} is about kettles." for number in range(1030))
    upload(client, name="long.txt", content=lines.encode(), run="1")
    assert assert_success(client.get(PATH, query_string={"doc_name": "long.txt"})) == []
    parse()
    contents = [chunk["content"] for chunk in assert_success(client.get(PATH, query_string={"doc_name": "long.txt"}))]
    assert contents == [f"Line {number} is about kettles." for number in range(1024)]


def test_one_chunk_is_shown_without_vectors_and_tokens(client, dataset, document, chunk):
    record = assert_success(client.get(f"{BASE}/get_chunk/{chunk}"))
    assert (record["id"], record["content_with_weight"], record["docnm_kwd"]) == (chunk, SECRET, "kettle.txt")
    assert (record["doc_id"], record["kb_id"], record["available_int"], record["img_id"]) == (document, dataset, 1, "")
    assert not [name for name in record if name.endswith(("_vec", "_tks", "_ltks")) or "_sm_" in name]
    assert_error(client.get(f"{BASE}/get_chunk/{UNKNOWN}"), 102, "Chunk not found!")
