"""Bad input, each with a clear error in the envelope, nothing changed and nothing leaked."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.api.v1.wire import BASE, UNKNOWN, both_profiles, said, upload

LEAKS = ("Traceback", "sqlite", "peewee", "marshmallow", "SELECT", str(Path(__file__).parents[3]), "site-packages", "Error(")


def state(client, dataset, document):
    path, chats = f"{BASE}/datasets/{dataset}/documents", client.get(f"{BASE}/chats").json
    talks = [f"{BASE}/chats/{chat['id']}/sessions" for chat in chats["data"]]
    return [chats, *(client.get(address).json for address in (f"{BASE}/datasets", path, f"{path}/{document}/chunks", *talks))]


@pytest.fixture
def places(client, dataset, document, chunk, chat):
    """Every route that reads a JSON body, but for the one whose errors have a status (test_openai)."""
    documents, sessions = f"{BASE}/datasets/{dataset}/documents", f"{BASE}/chats/{chat}/sessions"
    session = client.post(sessions, json={}).json["data"]["id"]
    return [
        ("POST", f"{BASE}/datasets"),
        ("PUT", f"{BASE}/datasets/{dataset}"),
        ("DELETE", f"{BASE}/datasets"),
        ("PUT", f"{documents}/{document}"),
        ("DELETE", documents),
        ("POST", f"{BASE}/datasets/{dataset}/chunks"),
        ("DELETE", f"{BASE}/datasets/{dataset}/chunks"),
        ("POST", f"{documents}/{document}/chunks"),
        ("DELETE", f"{documents}/{document}/chunks"),
        ("PUT", f"{documents}/{document}/chunks/{chunk}"),
        ("POST", f"{BASE}/retrieval"),
        ("POST", f"{BASE}/chats"),
        ("PUT", f"{BASE}/chats/{chat}"),
        ("DELETE", f"{BASE}/chats"),
        ("POST", sessions),
        ("PUT", f"{sessions}/{session}"),
        ("DELETE", sessions),
        ("POST", f"{BASE}/chats/{chat}/completions"),
        ("POST", f"{BASE}/sessions/related_questions"),
    ]


BODIES = {
    "broken JSON": ("{", "Malformed JSON syntax"),
    "a NaN": ('{"name": NaN}', "Malformed JSON syntax"),
    "an infinity": ('{"name": -Infinity}', "Malformed JSON syntax"),
    "a number of 5,000 digits": ('{"name": ' + "9" * 5000 + "}", "Malformed JSON syntax"),
    "a number over 64 bits": ('{"name": 9223372036854775808}', "name should be a number of at most 64 bits"),
    "a float over any bound": ('{"name": 1e999}', "name should be a finite number"),
    "a NUL": ('{"name": "a\\u0000b"}', "name must not contain NUL characters"),
    "a NUL deep inside": ('{"parser_config": {"a": ["\\u0000"]}}', "parser_config.a.0 must not contain NUL characters"),
    "a NUL in a key": ('{"parser_config": {"a\\u0000": 1}}', "A key of parser_config must not contain NUL characters"),
    "half a surrogate pair": ('{"name": "\\ud800"}', "name must not contain lone surrogates"),
    "lists 500 deep": ('{"name": ' + "[" * 500 + "]" * 500 + "}", "The body is nested deeper than 64 levels."),
    "lists 200,000 deep": ('{"name": ' + "[" * 200_000 + "]" * 200_000 + "}", "The body is nested deeper than 64 levels."),
    "objects 200,000 deep": ('{"a":' * 200_000 + "1" + "}" * 200_000, "The body is nested deeper than 64 levels."),
    "a list of 100,001": (json.dumps({"name": [0] * 100_001}), "name should have at most 100000 items"),
    "a list": ("[1]", "expected object, got list"),
    "a string": ('"all"', "expected object, got str"),
    "a number": ("7", "expected object, got int"),
    "not UTF-8": (b'{"name": "\xff"}', "Malformed JSON syntax"),
}


@both_profiles
@pytest.mark.parametrize("body", BODIES)
def test_a_body_that_cannot_be_kept_is_refused_by_every_route(client, places, dataset, document, profile, body):
    data, message = BODIES[body]
    before = state(client, dataset, document)
    for method, path in places:
        reply = client.open(path, method=method, data=data, content_type="application/json")
        code, answer = said(reply)
        assert reply.status_code == 200 and code in (100, 101), (method, path)
        if code == 101:
            assert message in answer, (method, path)
        else:  # contract 1.5 and 1.10: what RAGFlow 0.19 says of a body without keys
            assert profile == "v0.19" and answer.startswith("AttributeError(")
    assert state(client, dataset, document) == before


@both_profiles
def test_wrong_types_are_refused_by_name_and_change_nothing(client, places, dataset, document, profile):
    before = state(client, dataset, document)
    wrong = {
        "name": 7,
        "ids": 7,
        "document_ids": 7,
        "chunk_ids": 7,
        "content": 7,
        "question": 7,
        "dataset_ids": 7,
        "important_keywords": 7,
        "available": [],
    }
    for method, path in places:
        code, message = said(client.open(path, method=method, json=wrong))
        assert code != 0 and message, (method, path)
        if profile == "seed":
            assert not [leak for leak in LEAKS if leak in message]
    assert state(client, dataset, document) == before


@both_profiles
@pytest.mark.parametrize("id", ["x", "%00", "a%00b", "%F0%9F%98%80", "x" * 2000, "..", "%27%20OR%201=1", "%ff"])
def test_ids_of_any_shape_are_unknown_ids(client, dataset, document, chunk, chat, id, profile):
    before = state(client, dataset, document)
    documents = f"{BASE}/datasets/{dataset}/documents"
    for method, path in [
        ("GET", f"{BASE}/datasets/{id}/documents"),
        ("PUT", f"{BASE}/datasets/{id}"),
        ("GET", f"{documents}/{id}"),
        ("PUT", f"{documents}/{id}"),
        ("GET", f"{documents}/{id}/chunks"),
        ("PUT", f"{documents}/{document}/chunks/{id}"),
        ("DELETE", f"{documents}/{id}/chunks"),
        ("POST", f"{BASE}/datasets/{id}/chunks"),
        ("PUT", f"{BASE}/chats/{id}"),
        ("GET", f"{BASE}/chats/{id}/sessions"),
        ("PUT", f"{BASE}/chats/{chat}/sessions/{id}"),
        ("DELETE", f"{BASE}/chats/{id}/sessions"),
        ("POST", f"{BASE}/chats/{id}/completions"),
        ("GET", f"{BASE}/chats_openai/{id}/models"),
    ]:
        reply = client.open(path, method=method, **({} if method == "GET" else {"json": {"name": "x", "document_ids": ["x"]}}))
        assert reply.status_code in (200, 404, 405) and reply.json["code"] not in (0, 500), (method, path, reply.text)
        assert "\0" not in reply.json["message"]
    assert state(client, dataset, document) == before


@both_profiles
@pytest.mark.parametrize("key", ["id", "name", "keywords"])
def test_filters_that_no_row_can_hold_are_refused(client, dataset, document, chat, key, profile):
    documents = f"{BASE}/datasets/{dataset}/documents"
    for path in (f"{BASE}/datasets", documents, f"{documents}/{document}/chunks", f"{BASE}/chats", f"{BASE}/chats/{chat}/sessions"):
        reply = client.get(path, query_string={key: "a\0b"})
        assert reply.status_code == 200 and reply.json["code"] not in (100, 500)
        assert "\0" not in reply.text


@both_profiles
@pytest.mark.parametrize("keywords", ["the", "%", "_", "*", '"', "\\", "(", "水壶" * 500, "'; DROP TABLE document; --"])
def test_keywords_are_words_and_no_syntax(client, dataset, document, chunk, keywords, profile):
    documents = f"{BASE}/datasets/{dataset}/documents"
    assert client.get(documents, query_string={"keywords": keywords}).json["data"]["total"] == ("kettle.txt".count(keywords) > 0)
    assert client.get(f"{documents}/{document}/chunks", query_string={"keywords": keywords}).json["code"] == 0


@both_profiles
def test_keywords_may_be_long_only_where_they_are_words(client, dataset, document, chunk, profile):
    documents = f"{BASE}/datasets/{dataset}/documents"
    reply = client.get(documents, query_string={"keywords": "x" * 100_000})
    assert said(reply) == (101, "keywords should have at most 1000 characters")
    assert client.get(f"{documents}/{document}/chunks", query_string={"keywords": "kettle " * 14_000}).json["data"]["total"] == 1


@both_profiles
def test_long_texts_meet_a_limit_that_is_named(client, dataset, document, profile):
    path = f"{BASE}/datasets/{dataset}/documents/{document}/chunks"
    assert said(client.post(path, json={"content": "x" * 1_000_001})) == (101, "content should have at most 1000000 characters")
    words = said(client.post(path, json={"content": "x", "important_keywords": ["x"] * 1001}))
    assert words == (101, "important_keywords should have at most 1000 items")
    body = {"question": "x" * 1_000_001, "dataset_ids": [dataset]}
    assert said(client.post(f"{BASE}/retrieval", json=body)) == (101, "question should have at most 1000000 characters")


@both_profiles
def test_a_form_that_is_broken_uploads_nothing(client, dataset, profile):
    path = f"{BASE}/datasets/{dataset}/documents"
    for data, kind in [
        (b"--x\r\nbroken", "multipart/form-data; boundary=x"),
        (b"", "multipart/form-data"),
        (b"\xff" * 100, "multipart/form-data; boundary=x"),
        (b"{}", "application/json"),
    ]:
        reply = client.post(path, data=data, content_type=kind)
        assert said(reply) == (101, "No file part!")
    assert client.get(path).json["data"]["total"] == 0


@both_profiles
def test_many_ids_at_once_are_taken(client, dataset, document, chunk, profile):
    """Contract 9: list-deletes of thousands in one call."""
    ids = [f"{number:032x}" for number in range(5000)]
    documents = f"{BASE}/datasets/{dataset}/documents"
    assert said(client.delete(documents, json={"ids": ids}))[1].startswith("Documents not found: ['")
    assert said(client.delete(f"{documents}/{document}/chunks", json={"chunk_ids": ids}))[1] == "rm_chunk deleted chunks 0, expect 5000"
    body = {"question": "x", "dataset_ids": [dataset], "document_ids": [document, *ids]}
    assert said(client.post(f"{BASE}/retrieval", json=body))[1] == f"The datasets don't own the document {ids[0]}"
    assert client.get(documents).json["data"]["total"] == 1


def test_a_query_string_given_twice_counts_once(client, dataset):
    upload(client, dataset, "a.txt", "b.txt")
    path = f"{BASE}/datasets/{dataset}/documents?page_size=1&page_size=2"
    assert len(client.get(path).json["data"]["docs"]) == 1


def test_unknown_ids_are_told_as_they_were_sent(client, dataset):
    assert UNKNOWN in client.get(f"{BASE}/datasets/{dataset}/documents/{UNKNOWN}").json["message"]


@both_profiles
def test_a_key_that_nobody_knows_is_repeated_in_part_and_never_logged(client, dataset, chat, profile, caplog):
    """Decisions A6: what a client made up is neither a condition nor an answer of its own size."""
    long = "secret" * 20_000
    for reply in (
        client.delete(f"{BASE}/datasets", json={long: 1}),
        client.put(f"{BASE}/chats/{chat}", json={long: 1}),
        client.post(f"{BASE}/datasets", json={"name": "x", "embedding_model": {long: "\0"}}),
    ):
        code, message = said(reply)
        assert code in (100, 101, 102) and len(message) < 500
    assert "secret" not in caplog.text
