"""Chunks: add, list, delete, update (RAGFlow v1 contract 3.12 to 3.15)."""

from __future__ import annotations

import pytest

from tests.api.v1.wire import BASE, UNKNOWN, assert_error, assert_success, both_profiles, said, upload
from tests.engines import both_engines

pytestmark = both_engines


@pytest.fixture
def path(dataset, document):
    return f"{BASE}/datasets/{dataset}/documents/{document}/chunks"


def contents(client, path, **query):
    return [chunk["content"] for chunk in assert_success(client.get(path, query_string=query))["chunks"]]


def add(client, path, content, **fields):
    return assert_success(client.post(path, json={"content": content, **fields}))["chunk"]


@both_profiles
def test_an_added_chunk_is_answered_and_listed_at_once(client, dataset, document, path, profile):
    chunk = add(client, path, "  who are you ", important_keywords=["who", "who", ""], questions=[" who? ", "", "  "])
    assert chunk.pop("create_time") and chunk.pop("create_timestamp") > 1.7e9 and len(chunk.pop("id")) == 16
    assert chunk == {
        "content": "  who are you ",
        "document_id": document,
        "dataset_id": dataset,
        "important_keywords": ["who", "who", ""],
        "questions": ["who?"],
    }
    page = assert_success(client.get(path))
    assert page["total"] == 1 and page["doc"]["id"] == document and page["doc"]["chunk_count"] == 1
    keys = "id content document_id docnm_kwd important_keywords questions dataset_id image_id available available_int positions"
    [listed] = page["chunks"]
    assert set(listed) == set(keys.split())
    assert (listed["docnm_kwd"], listed["image_id"], listed["content"]) == ("kettle.txt", "", "  who are you ")


@both_profiles
@pytest.mark.parametrize(
    ("sent", "message"),
    [
        ({}, "`content` is required"),
        ({"content": ""}, "`content` is required"),
        ({"content": " \n\t"}, "`content` is required"),
        ({"content": "x", "important_keywords": "a"}, "`important_keywords` is required to be a list"),
        ({"content": "x", "important_keywords": None}, "`important_keywords` is required to be a list"),
        ({"content": "x", "questions": {"a": 1}}, "`questions` is required to be a list"),
    ],
)
def test_a_chunk_that_is_none_is_refused(client, path, sent, message, profile):
    assert_error(client.post(path, json=sent), 102, message)
    assert contents(client, path) == []


@both_profiles
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_dataset_and_document_are_looked_for_before_the_fields(client, dataset, document, method, profile):
    sent = {"query_string": {"page": "a"}} if method == "GET" else {"data": b"{broken", "content_type": "application/json"}
    reply = client.open(f"{BASE}/datasets/{UNKNOWN}/documents/{document}/chunks", method=method, **sent)
    assert_error(reply, 102, f"You don't own the dataset {UNKNOWN}.")
    code, message = said(client.open(f"{BASE}/datasets/{dataset}/documents/{UNKNOWN}/chunks", method=method, **sent))
    assert UNKNOWN in message


@both_profiles
def test_the_same_content_twice_is_one_chunk(client, dataset, path, profile):
    """Decisions B14: only RAGFlow 0.19 counts it twice."""
    ids = {add(client, path, "same")["id"] for _ in range(2)}
    page = assert_success(client.get(path))
    assert len(ids) == page["total"] == 1
    assert page["doc"]["chunk_count"] == (2 if profile == "v0.19" else 1)


@both_profiles
def test_added_chunks_are_listed_newest_first_and_in_pages(client, path, profile):
    for number in range(12):
        add(client, path, f"chunk {number}")
    newest = [f"chunk {number}" for number in reversed(range(12))]
    assert contents(client, path) == newest
    assert contents(client, path, page=2, page_size=5) == newest[5:10]
    assert contents(client, path, page=9, page_size=5) == []
    assert contents(client, path, page_size=0) == newest[:10]  # contract 1.7
    assert contents(client, path, keywords="", id="") == newest


@both_profiles
def test_keywords_find_and_mark(client, path, profile):
    add(client, path, "The kettle boils water.")
    add(client, path, "The toaster browns bread.")
    assert contents(client, path, keywords="kettles") == ["The <em>kettle</em> boils water."]
    assert contents(client, path, keywords="spaceship") == []


@both_profiles
def test_an_id_finds_one_chunk_of_this_document(client, dataset, path, profile):
    chunk = add(client, path, "first")
    add(client, path, "second")
    page = assert_success(client.get(path, query_string={"id": chunk["id"], "keywords": "second", "page": 7}))
    assert (page["total"], page["chunks"][0]["content"]) == (1, "first")
    assert_error(client.get(path, query_string={"id": "none"}), 404, f"Chunk not found: {dataset}/none")
    other = upload(client, dataset, "other.txt")["id"]
    reply = client.get(f"{BASE}/datasets/{dataset}/documents/{other}/chunks", query_string={"id": chunk["id"]})
    assert reply.json["code"] == 404


@both_profiles
def test_deleting_takes_what_is_known_and_counts_the_rest(client, dataset, path, profile):
    ids = [add(client, path, f"chunk {number}")["id"] for number in range(6)]
    assert_error(client.delete(path, json={"chunk_ids": [ids[0], "none"]}), 102, "rm_chunk deleted chunks 1, expect 2")
    assert client.delete(path, json={"chunk_ids": [ids[1]]}).json == {"code": 0}
    twice = {"success_count": 1, "errors": [f"Duplicate chunk ids: {ids[2]}"]}
    assert client.delete(path, json={"chunk_ids": [ids[2]] * 3}).json == {"code": 0, "data": twice}
    for wrong in ({"ids": [ids[3]]}, {"chunk_ids": ids[3]}, {"chunk_ids": [3]}, {"chunk_ids": None, "all": 1}):
        assert client.delete(path, json=wrong).json["code"] == 101, wrong
    assert client.delete(path, data=b"{broken").json["code"] == 101
    assert_error(client.delete(path), 102, "`chunk_ids` is required")
    page = assert_success(client.get(path))
    assert page["total"] == page["doc"]["chunk_count"] == 3


@both_profiles
@pytest.mark.parametrize("body", [{}, {"chunk_ids": []}, {"chunk_ids": None}])
def test_naming_no_chunks_deletes_all_of_the_document_and_no_more(client, dataset, path, chunk, body, profile):
    other = upload(client, dataset, "other.txt")["id"]
    kept = f"{BASE}/datasets/{dataset}/documents/{other}/chunks"
    add(client, kept, "kept")
    assert client.delete(path, json=body).json == {"code": 0}
    assert contents(client, path) == []
    assert contents(client, kept) == ["kept"]


@both_profiles
def test_a_chunk_is_changed_key_by_key_and_keeps_its_id(client, dataset, path, chunk, profile):
    one = f"{path}/{chunk}"
    assert client.put(one, json={"content": "Pots are sold in green.", "important_keywords": ["pot"], "unknown": 1}).json == {"code": 0}
    [listed] = assert_success(client.get(path))["chunks"]
    assert (listed["id"], listed["content"], listed["important_keywords"]) == (chunk, "Pots are sold in green.", ["pot"])
    for off, expected in ((False, 0), (True, 1), (0, 0), ("1", 1)):
        assert client.put(one, json={"available": off}).json == {"code": 0}
        [listed] = assert_success(client.get(path))["chunks"]
        assert (listed["available"], listed["available_int"]) == (bool(expected), expected)
    assert client.put(one, json={}).json == {"code": 0}
    assert client.put(one, json={"questions": [" which? ", ""]}).json == {"code": 0}
    [listed] = assert_success(client.get(path))["chunks"]
    assert (listed["content"], listed["questions"]) == ("Pots are sold in green.", ["which?"])
    found = client.post(f"{BASE}/retrieval", json={"question": "green pots", "dataset_ids": [dataset]}).json["data"]
    assert [item["id"] for item in found["chunks"]] == [chunk]


# what is sent as `available`, and what it then is in seed and in v0.19; None for a refusal
AVAILABLE = [
    *((on, True, True) for on in (True, 1, 1.0, "1", " 01 ")),
    *((off, False, False) for off in (False, 0, 0.0, "0")),
    *((number, None, True) for number in (2, -1, 1.5, "7", "-1", "1_0")),
    (0.5, None, False),
    *((word, None, None) for word in ("True", "true", "False", "on", "1.0", "0x1", "", None, [], {}, [1], "9" * 5000)),
]


@both_profiles
@pytest.mark.parametrize(("sent", "seed", "v019"), AVAILABLE, ids=[repr(row[0])[:20] for row in AVAILABLE])
def test_a_chunk_is_switched_by_what_int_accepts(client, path, chunk, sent, seed, v019, profile):
    """Contract 3.15, 1.10; in the seeds' profile by 0 and 1 alone (decisions B3)."""
    expected = v019 if profile == "v0.19" else seed
    one = f"{path}/{chunk}"
    assert client.put(one, json={"available": not expected}).json == {"code": 0}
    before = client.get(path).json
    reply = client.put(one, json={"available": sent})
    if expected is not None:
        assert reply.json == {"code": 0}
        assert client.get(path).json["data"]["chunks"][0]["available"] is expected
        return
    assert client.get(path).json == before
    if profile == "seed":
        assert_error(reply, 101, "available should be a boolean")
    else:
        code, message = said(reply)
        kind = "ValueError" if isinstance(sent, str) else "TypeError"
        assert code == 100 and message.startswith(f"{kind}(")


@both_profiles
def test_the_chunk_is_looked_for_before_dataset_and_document(client, dataset, document, path, chunk, profile):
    nowhere = f"{BASE}/datasets/{UNKNOWN}/documents/{document}/chunks"
    assert_error(client.put(f"{nowhere}/0123456789abcdef", json={}), 102, "Can't find this chunk 0123456789abcdef")
    assert_error(client.put(f"{nowhere}/{chunk}", json={}), 102, f"You don't own the dataset {UNKNOWN}.")
    reply = client.put(f"{BASE}/datasets/{dataset}/documents/{UNKNOWN}/chunks/{chunk}", data=b"{broken")
    assert_error(reply, 102, f"You don't own the document {UNKNOWN}.")


@both_profiles
def test_a_chunk_of_another_document_is_not_changed_through_this_one(client, dataset, path, chunk, profile):
    other = upload(client, dataset, "other.txt")["id"]
    reply = client.put(f"{BASE}/datasets/{dataset}/documents/{other}/chunks/{chunk}", json={"content": "stolen"})
    assert reply.json["code"] == 102
    assert contents(client, path) == ["The kettle is sold in red, black and cream."]


@both_profiles
@pytest.mark.parametrize(
    ("sent", "message"),
    [
        ({"important_keywords": "a"}, "`important_keywords` should be a list"),
        ({"questions": None}, "`questions` should be a list"),
    ],
)
def test_a_refused_change_leaves_the_chunk(client, path, chunk, sent, message, profile):
    before = client.get(path).json
    assert_error(client.put(f"{path}/{chunk}", json={"content": "new", **sent}), 102, message)
    assert client.get(path).json == before


@both_profiles
def test_a_pair_of_question_and_answer_keeps_its_shape(client, dataset, document, path, profile):
    client.put(f"{BASE}/datasets/{dataset}/documents/{document}", json={"chunk_method": "qa"})
    chunk = add(client, path, "Which colours?\tRed and black.")["id"]
    assert_error(client.put(f"{path}/{chunk}", json={"content": "no pair"}), 102, "Q&A must be separated by TAB/ENTER key.")
    assert client.put(f"{path}/{chunk}", json={"content": "Which sizes?\nLarge."}).json == {"code": 0}
    assert contents(client, path) == ["Question: Which sizes?\tAnswer: Large."]
    assert client.put(f"{path}/{chunk}", json={"important_keywords": ["sizes"]}).json == {"code": 0}
    assert contents(client, path) == ["Question: Which sizes?\tAnswer: Large."]
    assert client.put(f"{path}/{chunk}", json={"content": "哪些颜色？\t红色。"}).json == {"code": 0}
    assert contents(client, path) == ["问题：哪些颜色？\t回答：红色。"]


@both_profiles
def test_switching_a_document_off_and_on_switches_its_chunks(client, dataset, document, path, chunk, profile):
    found = lambda: client.post(f"{BASE}/retrieval", json={"question": "kettle", "dataset_ids": [dataset]}).json["data"]["total"]  # noqa: E731
    assert found() == 1
    client.put(f"{BASE}/datasets/{dataset}/documents/{document}", json={"enabled": False})
    assert found() == 0
    assert assert_success(client.get(path))["chunks"][0]["available"] is False
    client.put(f"{BASE}/datasets/{dataset}/documents/{document}", json={"enabled": 1})
    assert found() == 1
