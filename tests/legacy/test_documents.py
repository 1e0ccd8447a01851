"""Documents listed by their dataset's name, described, and deleted by id and name (legacy contract 6.9 to 6.11; decisions C7)."""

from __future__ import annotations

import io
import json

import pytest

from models.tables import Document
from tests.legacy.wire import BASE, UNKNOWN, V1, assert_error, assert_success, said, upload

LIST = f"{BASE}/list_kb_docs"
NOT_NAMED = "Can't find doc_names or doc_ids"


@pytest.fixture
def three(client, dataset):
    """The ids of a.txt (3 bytes), B.pdf (1 byte) and c.png (2 bytes), in the order of their upload."""
    return [upload(client, name=name, content=b"x" * size)["id"] for name, size in (("a.txt", 3), ("B.pdf", 1), ("c.png", 2))]


def names(client, **asked):
    found = assert_success(client.post(LIST, json={"kb_name": "manuals", **asked}))
    return [document["doc_name"] for document in found["docs"]]


def test_a_list_is_newest_first_and_tells_two_things_of_each(client, three):
    found = assert_success(client.post(LIST, json={"kb_name": "manuals"}))
    expected = zip(three[::-1], ["c.png", "B.pdf", "a.txt"], strict=True)
    assert found == {"total": 3, "docs": [{"doc_id": id, "doc_name": name} for id, name in expected]}


LISTINGS = [
    ({"page": 1, "page_size": 2}, ["c.png", "B.pdf"]),
    ({"page": 2, "page_size": 2}, ["a.txt"]),
    ({"page": "2", "page_size": "2"}, ["a.txt"]),
    ({"page": 0, "page_size": 2}, ["c.png", "B.pdf"]),
    ({"page": 3, "page_size": 2}, []),
    ({"page_size": 0}, []),
    ({"orderby": "size"}, ["a.txt", "c.png", "B.pdf"]),
    ({"orderby": "size", "desc": False}, ["B.pdf", "c.png", "a.txt"]),
    ({"orderby": "size", "desc": "false"}, ["B.pdf", "c.png", "a.txt"]),
    ({"orderby": "size", "desc": 0}, ["B.pdf", "c.png", "a.txt"]),
    ({"orderby": "size", "desc": "anything"}, ["a.txt", "c.png", "B.pdf"]),
    ({"orderby": "type", "desc": False}, ["a.txt", "B.pdf", "c.png"]),
    ({"orderby": "chunk_num"}, None),
    ({"orderby": "no_such_column"}, ["c.png", "B.pdf", "a.txt"]),
    ({"orderby": "parser_config"}, ["c.png", "B.pdf", "a.txt"]),
    ({"orderby": None}, ["c.png", "B.pdf", "a.txt"]),
    ({"orderby": ["size"]}, ["c.png", "B.pdf", "a.txt"]),
    ({"keywords": "b."}, ["B.pdf"]),
    ({"keywords": "B.P"}, ["B.pdf"]),
    ({"keywords": None}, ["c.png", "B.pdf", "a.txt"]),
    ({"keywords": "%"}, []),
    ({"types": ["pdf", "visual"]}, ["c.png", "B.pdf"]),
    ({"types": "doc"}, ["a.txt"]),
    ({"types": []}, ["c.png", "B.pdf", "a.txt"]),
    ({"types": ["folder"]}, []),
    ({"status": ["0"]}, ["c.png", "B.pdf", "a.txt"]),
    ({"status": "3"}, []),
    ({"unknown": "key"}, ["c.png", "B.pdf", "a.txt"]),
]


def test_a_list_is_cut_ordered_and_filtered(client, three):
    by_id = [name for _, name in sorted(zip(three, ["a.txt", "B.pdf", "c.png"], strict=True), reverse=True)]
    for asked, expected in LISTINGS:
        assert names(client, **asked) == (expected or (by_id if expected is None else [])), asked
        if not any(value is None or isinstance(value, (list, bool)) for value in asked.values()):
            fields = {"kb_name": "manuals", **{key: str(value) for key, value in asked.items()}}
            for reply in (client.post(LIST, data=fields), client.get(LIST, query_string=fields)):
                assert [document["doc_name"] for document in assert_success(reply)["docs"]] == (by_id if expected is None else expected), asked


def test_the_total_is_that_of_all_pages(client, three):
    for page in (1, 2, 3, 2**31 - 1):
        assert assert_success(client.post(LIST, json={"kb_name": "manuals", "page": page, "page_size": 2}))["total"] == 3
    assert assert_success(client.post(LIST, json={"kb_name": "manuals", "keywords": "a"}))["total"] == 1


def test_states_are_filtered_by_their_digits(client, three):
    client.post(f"{V1}/datasets/{Document.get_by_id(three[0]).dataset}/chunks", json={"document_ids": three[:1]})
    assert names(client, status=["1"]) == ["a.txt"]
    assert sorted(names(client, status=["0", "1", "4"])) == ["B.pdf", "a.txt", "c.png"]
    reply = client.get(f"{LIST}?kb_name=manuals&status=1&status=2")
    assert assert_success(reply)["total"] == 1


def test_a_filter_that_is_unknown_is_told(client, three):
    for asked, message in [
        ({"status": ["5"]}, "Invalid filter status conditions: 5"),
        ({"status": ["0", "RUNNING", "x"]}, "Invalid filter status conditions: RUNNING, x"),
        ({"types": "zip"}, "Invalid filter conditions: zip type"),
        ({"types": ["pdf", "zip", "exe"]}, "Invalid filter conditions: zip, exe types"),
    ]:
        assert_error(client.post(LIST, json={"kb_name": "manuals", **asked}), 102, message)


@pytest.mark.parametrize("key", ["page", "page_size"])
def test_a_page_that_is_no_number_is_refused_by_name(client, three, key):
    """Decisions C7."""
    for value in ("x", -1, "-1", "", 1.5, [], True, "9" * 30):
        code, message = said(client.post(LIST, json={"kb_name": "manuals", key: value}))
        assert code == 101 and message.startswith(f"{key} should be "), value


def test_a_dataset_that_is_not_there_is_told_before_anything_else(client, dataset):
    for asked in ({}, {"kb_name": ""}, {"kb_name": None}, {"kb_name": "nowhere"}, {"kb_name": "nowhere", "page": "x"}):
        assert_error(client.post(LIST, json=asked), 102, "Can't find this knowledgebase!")


def test_infos_tell_the_known_documents_oldest_first(client, three):
    found = assert_success(client.post(f"{BASE}/document/infos", json={"doc_ids": [three[2], UNKNOWN, three[0], three[0]]}))
    assert [row["id"] for row in found] == [three[0], three[2]]
    assert found[0]["meta_fields"] == {} and found[0]["kb_id"]


def test_infos_of_nothing_are_an_empty_list(client, three):
    for ids in (None, [], UNKNOWN, [UNKNOWN]):
        assert assert_success(client.post(f"{BASE}/document/infos", json={"doc_ids": ids})) == []


def test_infos_take_one_id_as_a_string_and_a_form(client, three):
    for given in ({"json": {"doc_ids": three[0]}}, {"data": {"doc_ids": three[0]}}, {"data": {"doc_ids": three[:1]}}):
        assert [row["id"] for row in assert_success(client.post(f"{BASE}/document/infos", **given))] == three[:1]


def test_infos_need_the_key(client):
    for given in ({}, {"json": {}}, {"json": {"ids": []}}):
        assert_error(client.post(f"{BASE}/document/infos", **given), 101, "required argument are missing: doc_ids; ", None)


def remove(client, **body):
    return client.delete(f"{BASE}/document", json=body)


def test_documents_are_deleted_by_name_and_by_id(client, three, dataset):
    assert assert_success(remove(client, doc_names=["a.txt"], doc_ids=[three[1], three[1]])) is True
    assert names(client) == ["c.png"]
    assert assert_success(remove(client, doc_names="c.png")) is True
    assert names(client) == []
    assert client.get(f"{V1}/datasets").json["data"][0]["document_count"] == 0


def test_a_name_is_deleted_wherever_one_has_it(client, three):
    client.post(f"{V1}/datasets", json={"name": "more"})
    upload(client, "more", name="a.txt")
    upload(client, "more", name="b.txt")
    assert assert_success(remove(client, doc_names=["a.txt"])) is True
    assert names(client) == ["c.png", "B.pdf"]
    assert assert_success(client.post(LIST, json={"kb_name": "more"}))["total"] == 1


def test_to_name_nothing_is_told_with_code_0(client, three):
    for body in ({}, {"doc_ids": []}, {"doc_names": [], "doc_ids": []}, {"doc_ids": None}, {"doc_names": None, "doc_ids": []}):
        assert_error(remove(client, **body), 0, NOT_NAMED, False)
    for data in (b"", b"{}", b"null"):
        assert_error(client.delete(f"{BASE}/document", data=data), 0, NOT_NAMED, False)
    assert len(names(client)) == 3


def test_one_that_is_unknown_and_none_is_deleted(client, three):
    """Decisions C7."""
    for unknown in ({"doc_names": ["z.txt"]}, {"doc_ids": [UNKNOWN]}, {"doc_names": ["A.TXT"]}, {"doc_ids": ["a.txt"]}):
        both = {"doc_names": ["a.txt", *unknown.get("doc_names", [])], "doc_ids": [three[1], *unknown.get("doc_ids", [])]}
        assert_error(remove(client, **both), 102, "Document not found!")
    assert len(names(client)) == 3


UNREADABLE = (
    *('{"doc_ids": [1]}', '{"doc_ids": {}}', '{"doc_names": 7}', '{"id": "x"}', '{"doc_ids": [], "ids": null}'),
    *("[1]", '"all"', "7", "{broken", "\xff"),
)


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "application/x-www-form-urlencoded", None])
def test_a_delete_that_is_not_understood_is_refused(client, three, kind):
    """Decisions A6."""
    for data in UNREADABLE:
        code, message = said(client.delete(f"{BASE}/document", data=data.encode("latin-1"), content_type=kind))
        assert code == 101 and message, data
    assert len(names(client)) == 3


def test_a_delete_may_come_as_a_form(client, three):
    for given in ({"doc_ids": three[0]}, {"doc_ids": three[1:]}):
        assert assert_success(client.delete(f"{BASE}/document", data=given)) is True
    assert names(client) == []


def test_thousands_of_ids_are_taken_at_once(client, three):
    many = [f"{number:032x}" for number in range(3000)]
    assert_error(remove(client, doc_ids=[*three, *many]), 102, "Document not found!")
    assert len(assert_success(client.post(f"{BASE}/document/infos", json={"doc_ids": [*three, *many]}))) == 3
    assert_success(remove(client, doc_ids=three * 1000))
    assert names(client) == []


def test_a_delete_that_names_nothing_is_known_by_its_value(client, document):
    """Contract 6.11, decisions A6: however it is spelt; and a form that cannot be read is no empty body."""
    for body in ("", "{ }", "{\n}", " null ", "[ ]"):
        assert_error(client.delete(f"{BASE}/document", data=body), 0, "Can't find doc_names or doc_ids", False)
    broken = {"data": b"--b\r\nnonsense", "content_type": "multipart/form-data; boundary=b"}
    assert said(client.delete(f"{BASE}/document", **broken))[0] == 101


def test_empty_filters_are_none_and_states_may_be_numbers(client, document):
    """Contract 6.9, decisions C7; null is the default, as in retrieval."""
    for asked in ({"status": "", "types": ""}, {"page": None, "page_size": None, "keywords": None, "desc": None}, {"status": [0]}, {"status": 0}):
        assert assert_success(client.post(LIST, json={"kb_name": "manuals", **asked}))["total"] == 1, asked
    assert assert_success(client.post(LIST, json={"kb_name": "manuals", "status": [3]}))["total"] == 0


def test_a_get_is_not_refused_for_its_body(client, document):
    """Contract 2.3."""
    for body in ("[1]", '"x"', "[" * 100 + "]" * 100, '{"page": 1e999}'):
        assert_success(client.get(f"{LIST}?kb_name=manuals", data=body, content_type="application/json"))


@pytest.mark.parametrize("name", [".", "..", " ", "\u3000"])
def test_a_name_that_is_a_folder_or_blank_stores_nothing(client, dataset, name):
    assert said(client.post(f"{BASE}/document/upload", data={"kb_name": "manuals", "file": (io.BytesIO(b"x"), name)}))[0] == 101
    assert assert_success(client.post(LIST, json={"kb_name": "manuals"}))["total"] == 0


def test_deleting_takes_chunks_counters_and_the_file_along(client, dataset, document, chunk):
    assert_success(remove(client, doc_ids=[document]))
    seen = client.get(f"{V1}/datasets").json["data"][0]
    assert (seen["document_count"], seen["chunk_count"], seen["token_num"]) == (0, 0, 0)
    assert client.get(f"{V1}/datasets/{dataset}/documents/{document}").json["code"] == 102
    assert "kettle" not in json.dumps(client.post(f"{V1}/retrieval", json={"dataset_ids": [dataset], "question": "kettle"}).json["data"]["chunks"])
