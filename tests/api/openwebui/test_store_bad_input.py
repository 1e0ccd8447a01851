"""What is no request of files, knowledge and retrieval is told as clients of typed endpoints know it, and changes nothing (contract 1)."""

from __future__ import annotations

import json

import pytest

from tests.api.openwebui.store import FILES, KNOWLEDGE, RETRIEVAL, UNKNOWN, knowledge, ok, refused, sent

# route, body without a fault, and for each key values that are of a wrong type
ROUTES = {
    f"{KNOWLEDGE}/create": ({"name": "a", "description": ""}, {"name": [1, None, {}], "description": [[], True], "access_control": ["x", [], 1]}),
    f"{KNOWLEDGE}/{UNKNOWN}/update": ({"name": "a", "description": ""}, {"name": [1], "description": [None], "access_control": ["x"]}),
    f"{KNOWLEDGE}/{UNKNOWN}/file/add": ({"file_id": UNKNOWN}, {"file_id": [1, None, [], {}]}),
    f"{KNOWLEDGE}/{UNKNOWN}/file/update": ({"file_id": UNKNOWN}, {"file_id": [1]}),
    f"{KNOWLEDGE}/{UNKNOWN}/file/remove": ({"file_id": UNKNOWN}, {"file_id": [1]}),
    f"{RETRIEVAL}/query/collection": (
        {"collection_names": [], "query": "x"},
        {"collection_names": ["x", [1], {}], "query": [1, None], "k": ["x", [], 1.5], "hybrid": ["perhaps", 2, []], "r": ["x", []]},
    ),
    f"{RETRIEVAL}/query/doc": ({"collection_name": "x", "query": "x"}, {"collection_name": [1, ["x"]], "query": [{}]}),
    f"{RETRIEVAL}/process/file": ({"file_id": UNKNOWN}, {"file_id": [1], "content": [1], "collection_name": [1]}),
    f"{FILES}/{UNKNOWN}/data/content/update": ({"content": "x"}, {"content": [1, None, [], {}]}),
}


@pytest.mark.parametrize("route", ROUTES)
def test_every_value_of_a_wrong_type_is_named(client, route):
    right, wrong = ROUTES[route]
    for key, values in wrong.items():
        for value in values:
            reply = client.post(route, json={**right, key: value})
            assert reply.status_code == 422, (key, value, reply.text)
            for entry in reply.json["detail"]:
                assert set(entry) >= {"type", "loc", "msg", "input"} and entry["loc"][:2] == ["body", key], entry


@pytest.mark.parametrize("route", ROUTES)
def test_what_is_missing_is_named_and_what_is_unknown_is_ignored(client, route):
    right, _ = ROUTES[route]
    for key in right:
        reply = client.post(route, json={name: value for name, value in right.items() if name != key})
        assert (reply.status_code, [entry["type"] for entry in reply.json["detail"]]) == (422, ["missing"])
        assert reply.json["detail"][0]["loc"] == ["body", key]
    assert client.post(route, json={**right, "unknown": {"a": 1}}).status_code != 422
    for body in ("", "{", "[]", "null", '"x"', "1", '{"a": NaN}', b"\xff"):
        reply = client.post(route, data=body, content_type="application/json")
        assert reply.status_code == 422 and isinstance(reply.json["detail"], list), (body, reply.text)


def test_a_batch_is_a_list_of_objects(client):
    own = knowledge(client)
    for body in ({}, [1], [{}], [{"file_id": 1}], [None], "x", {"file_id": UNKNOWN}):
        reply = client.post(f"{KNOWLEDGE}/{own}/files/batch/add", json=body)
        assert reply.status_code == 422 and isinstance(reply.json["detail"], list), body
    assert ok(client.post(f"{KNOWLEDGE}/{own}/files/batch/add", json=[]))["files"] == []


def test_numbers_of_pages_are_numbers(client):
    own = knowledge(client)
    for path in (f"{FILES}/", f"{KNOWLEDGE}/", f"{KNOWLEDGE}/{own}/files"):
        for page in ("x", "0", "-1", "1.5", "9" * 30):
            reply = client.get(path, query_string={"page": page})
            assert reply.status_code == 422 and reply.json["detail"][0]["loc"] == ["query", "page"], (path, page)
    for query in ("process=perhaps", "process_in_background=perhaps"):
        assert sent(client, query=f"?{query}").status_code == 422
    assert ok(client.get(f"{FILES}/")) == []


def test_names_that_no_row_can_hold_are_refused(client):
    for name in ("x" * 256, "a\0b", "\ud800"):
        reply = client.post(f"{KNOWLEDGE}/create", data=json.dumps({"name": name, "description": ""}))
        assert reply.status_code in (400, 422) and ok(client.get(f"{KNOWLEDGE}/")) == [], name
    for name in ("x" * 256, "a\x01b.txt", ".."):
        refused(sent(client, name=name), 400, "[ERROR: a file needs a name of at most 255 printable characters]")
    assert ok(client.get(f"{FILES}/")) == []


def test_another_method_and_an_unknown_path_are_told_in_this_dialect(client):
    """Contract 1."""
    known = (("PUT", f"{FILES}/"), ("PATCH", f"{KNOWLEDGE}/{UNKNOWN}"), ("DELETE", f"{RETRIEVAL}/query/doc"), ("GET", f"{KNOWLEDGE}/{UNKNOWN}/reset"))
    for method, path in known:
        refused(client.open(path, method=method), 405, "Method Not Allowed")
    for path in (f"{KNOWLEDGE}/{UNKNOWN}/nothing/here", f"{FILES}/{UNKNOWN}/nothing", f"{RETRIEVAL}/nothing"):
        refused(client.get(path), 404, "Not Found")
