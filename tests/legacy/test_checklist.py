"""The conformance checklist of the legacy contract, section 12, by its numbers: the lines that need no chat."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import pytest

from legacy.options import EXTENSION
from tests.legacy.wire import BASE, SECRET, TOKEN_REFUSED, UNKNOWN, V1, assert_envelope, assert_error, assert_success, upload

UNEQUAL = 'Knowledge bases use different embedding models or does not exist."'
NOT_FOUND = "<NotFound '404: Not Found'>"
NOT_ALLOWED = "<MethodNotAllowed '405: Method Not Allowed'>"


def test_line_3_a_key_that_is_missing_or_wrong_is_refused_and_a_raw_one_works(client, anonymous, dataset):
    for header in ({}, {"Authorization": "Bearer"}, {"Authorization": "Bearer "}, {"Authorization": "Bearer ragflow-wrong"}):
        assert_error(anonymous.post(f"{BASE}/list_kb_docs", json={"kb_name": "manuals"}, headers=header), 109, TOKEN_REFUSED, False)
    key = client.environ_base["HTTP_AUTHORIZATION"].split()[1]
    for header in (key, f"Bearer {key}", f"bearer {key}", f"Token {key}", f"  Bearer   {key} "):
        assert_success(anonymous.post(f"{BASE}/list_kb_docs", json={"kb_name": "manuals"}, headers={"Authorization": header}))


def test_line_13_upload(client, dataset, parse):
    path = f"{BASE}/document/upload"
    assert [upload(client, name="a.txt")["name"] for _ in range(3)] == ["a.txt", "a(1).txt", "a(2).txt"]
    queued = upload(client, name="b.txt", run="1")
    assert queued["run"] == "0"
    parse()
    assert assert_success(client.post(f"{BASE}/document/infos", json={"doc_ids": [queued["id"]]}))[0]["run"] == "3"
    assert upload(client, name="c.txt", parser_id="general")["parser_id"] == "naive"
    assert upload(client, name="d.pptx", parser_id="naive")["parser_id"] == "presentation"
    assert_error(client.post(path, data={"kb_name": "nowhere", "file": (io.BytesIO(b"x"), "a.txt")}), 102, "Can't find this knowledgebase!")
    assert_error(client.post(path, data={"kb_name": "manuals", "file": (io.BytesIO(b"x"), "")}), 101, "No file selected!", False)
    assert_error(client.post(path, json={"kb_name": "manuals"}), 101, "No file part!", False)


def test_line_14_list_kb_docs(client, dataset):
    for name in ("Kettle.txt", "teapot.txt", "KETTLE notes.txt"):
        upload(client, name=name)
    asked = {"kb_name": "manuals", "page": "2", "page_size": "2"}
    replies = [client.post(f"{BASE}/list_kb_docs", **given) for given in ({"json": asked}, {"data": asked}, {"query_string": asked})]
    replies.append(client.get(f"{BASE}/list_kb_docs", query_string=asked))
    for reply in replies:
        found = assert_success(reply)
        assert (found["total"], [one["doc_name"] for one in found["docs"]]) == (3, ["Kettle.txt"])
        assert set(found["docs"][0]) == {"doc_id", "doc_name"}
    past = assert_success(client.post(f"{BASE}/list_kb_docs", json={**asked, "page": 9}))
    assert past == {"total": 3, "docs": []}
    assert assert_success(client.post(f"{BASE}/list_kb_docs", json={"kb_name": "manuals", "keywords": "kettle"}))["total"] == 2


def test_line_15_list_chunks(client, dataset, document, chunk):
    path = f"{BASE}/list_chunks"
    for asked in ({"doc_name": "kettle.txt"}, {"doc_id": document}):
        for reply in (client.get(path, query_string=asked), client.post(path, json=asked), client.post(path, data=asked)):
            assert [one["content"] for one in assert_success(reply)] == [SECRET]
    for reply in (client.get(path), client.post(path), client.post(path, json={}), client.post(path, data={"other": "x"})):
        assert_error(reply, 0, "Can't find doc_name or doc_id", False)


def test_line_16_delete(client, stranger, dataset):
    ids = {name: upload(client, name=name)["id"] for name in ("a.txt", "b.txt", "c.txt", "d.txt", "e.txt")}
    path = f"{BASE}/document"
    assert assert_success(client.delete(path, json={"doc_names": ["a.txt"]})) is True
    assert assert_success(client.delete(path, json={"doc_ids": [ids["b.txt"]]})) is True
    assert assert_success(client.delete(path, json={"doc_names": ["c.txt"], "doc_ids": [ids["d.txt"]]})) is True
    assert_error(client.delete(path, json={}), 0, "Can't find doc_names or doc_ids", False)
    assert_error(client.delete(path), 0, "Can't find doc_names or doc_ids", False)
    for body in ({"doc_ids": [UNKNOWN]}, {"doc_names": ["a.txt"]}, {"doc_ids": [ids["e.txt"], UNKNOWN]}):
        assert_error(client.delete(path, json=body), 102, "Document not found!")
    for body in ({"doc_ids": [ids["e.txt"]]}, {"doc_names": ["e.txt"]}):
        assert_error(stranger.delete(path, json=body), 102, "Document not found!")
    assert client.get(f"{V1}/datasets/{dataset}/documents").json["data"]["total"] == 1


def test_line_17_retrieval(client, stranger, dataset, document, chunk):
    for asked in ({"kb_id": dataset}, {"kb_id": [dataset]}, {"kb_id": dataset, "size": 1}, {"kb_id": dataset, "page_size": 1}):
        found = assert_success(client.post(f"{BASE}/retrieval", json={"question": "kettle", **asked}))
        assert (found["total"], found["chunks"][0]["content_with_weight"]) == (1, SECRET)
    assert_error(stranger.post(f"{BASE}/retrieval", json={"question": "kettle", "kb_id": dataset}), 109, UNEQUAL, False)


def test_line_19_downloads(client, dataset, document):
    """What a `kb-chunk` id shows, and what an operator may open, is in test_files."""
    for name, kind in (("a.pdf", "application/pdf"), ("a.docx", "application/docx"), ("a.png", "image/png")):
        reply = client.get(f"/v1/document/get/{upload(client, name=name, content=b'bytes')['id']}")
        assert (reply.status_code, reply.headers["Content-Type"], reply.data) == (200, kind, b"bytes")
    for base in ("/v1/document/get", "/v1/api/document/get", "/api/v1/document/get", "/document/get"):
        assert client.get(f"{base}/{document}").data == b"Kettles boil water."
        assert_error(client.get(f"{base}/{UNKNOWN}"), 102, "Document not found!")


def test_line_20_every_json_body_carries_all_four_keys(app, client, anonymous, dataset, document):
    """Whoever wrote the route: unasked, asked wrongly, and without a key. The 2024 bot's own reply is the exception (10.2)."""
    rules = [rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("legacy.")]
    for rule in rules:
        path = rule.build(dict.fromkeys(rule.arguments, document))[1]
        for method in sorted(rule.methods & {"GET", "POST", "PUT", "DELETE", "PATCH"}):
            for sender in (client, anonymous):
                reply = sender.open(path, method=method, json={"kb_name": "manuals", "doc_ids": [document]} if method != "GET" else None)
                if reply.is_json:
                    assert_envelope(reply)


@pytest.mark.parametrize("envelope", ["retcode", "code"])
def test_line_20_an_operator_may_have_one_generation_alone(app, client, envelope):
    """Contract 10.2."""
    app.extensions[EXTENSION] = replace(app.extensions[EXTENSION], envelope=envelope)
    expected = {"retcode", "retmsg", "data"} if envelope == "retcode" else {"code", "message", "data"}
    assert set(client.get(f"{BASE}/list_chunks").json) == expected


def test_line_21_a_modern_key_works_on_every_route_that_needs_no_chat(client, dataset, document, chunk):
    """The fixture's key is one that v1 made, bound to nothing."""
    assert_success(client.get(f"{BASE}/list_kb_docs?kb_name=manuals"))
    assert_success(client.get(f"{BASE}/list_chunks?doc_id={document}"))
    assert_success(client.get(f"{BASE}/get_chunk/{chunk}"))
    assert_success(client.post(f"{BASE}/document/infos", json={"doc_ids": [document]}))
    assert_success(client.post(f"{BASE}/retrieval", json={"kb_id": dataset, "question": "kettle"}))
    assert_success(client.delete(f"{BASE}/document", json={"doc_ids": [document]}))
    assert upload(client)["name"] == "kettle.txt"


def test_line_22_an_unknown_path_or_method_is_told_in_the_envelope(client, anonymous):
    for sender in (client, anonymous):
        for path in ("/v1/api/nowhere", "/api/nowhere", "/v1/nowhere", "/document/nowhere", "/v1/api/", "/v1/api/document/upload/x", "/v1//api//x/"):
            assert_error(sender.get(path), 100, NOT_FOUND, None)
        for method, path in (("GET", "retrieval"), ("PUT", "list_chunks"), ("POST", "document"), ("DELETE", "list_kb_docs"), ("PATCH", "document")):
            assert_error(sender.open(f"{BASE}/{path}", method=method), 100, NOT_ALLOWED, None)


def test_no_spelling_of_a_path_is_redirected(client, dataset):
    """Contract 2.1, 10.1: a redirect loses the key or the body."""
    for base in ("/v1/api/", "/v1//api/", "/v1/api//", "/api/", "/api/v1/api/", "/v1/v1/api/"):
        for path in (f"{base}list_kb_docs", f"{base}list_kb_docs/"):
            reply = client.post(path, data=json.dumps({"kb_name": "manuals"}))
            assert assert_success(reply) == {"total": 0, "docs": []}
