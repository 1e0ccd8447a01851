"""Bad input, each with a clear error in this dialect's envelope, nothing changed and nothing leaked."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from tests.legacy.wire import BASE, UNKNOWN, V1, assert_envelope, assert_success, said, upload

METHODS = {"GET", "POST", "PUT", "DELETE"}
LEAKS = (
    *("Traceback", "sqlite", "peewee", "marshmallow", "werkzeug", "SELECT", "object at 0x", "site-packages", "Error("),
    str(Path(__file__).parents[2]),
)
CONSTANTS = ("<NotFound '404: Not Found'>", "<MethodNotAllowed '405: Method Not Allowed'>")

BODIES = {
    "nothing": b"",
    "broken JSON": b"{",
    "a NaN": b'{"kb_name": NaN}',
    "a number of 5,000 digits": b'{"page": ' + b"9" * 5000 + b"}",
    "a number over 64 bits": b'{"kb_name": "manuals", "page": 9223372036854775808}',
    "a NUL": b'{"kb_name": "a\\u0000b", "doc_name": "a\\u0000b", "doc_ids": ["\\u0000"], "conversation_id": "\\u0000"}',
    "half a surrogate pair": b'{"kb_name": "\\ud800", "doc_ids": ["\\ud800"]}',
    "a NUL in a key": b'{"a\\u0000": 1}',
    "lists 200,000 deep": b'{"doc_ids": ' + b"[" * 200_000 + b"]" * 200_000 + b"}",
    "a list of 100,001": json.dumps({"doc_ids": ["x"] * 100_001}).encode(),
    "a list": b"[1]",
    "a string": b'"all"',
    "a number": b"7",
    "not UTF-8": b'{"kb_name": "\xff"}',
    "not UTF-8 in a form": b"kb_name=\xff\xfe&doc_ids=%ff&doc_name=%ff%00",
    "GBK in a form": "kb_name=产品&doc_name=产品.txt".encode("gbk"),
    "half an escape": b"kb_name=%&doc_ids=%z",
    "a broken multipart form": b"--x\r\nbroken",
    "numbers for everything": json.dumps(dict.fromkeys(["kb_name", "kb_id", "doc_name", "doc_id", "doc_ids", "doc_names", "question"], 7)).encode(),
    "objects for everything": json.dumps(dict.fromkeys(["kb_name", "kb_id", "doc_name", "doc_id", "doc_ids", "doc_names", "question"], {})).encode(),
    "SQL": json.dumps(dict.fromkeys(["kb_name", "kb_id", "doc_name", "doc_id", "doc_ids", "doc_names", "question"], "' OR 1=1 --")).encode(),
}
TYPES = ["application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain; charset=gbk", None]


@pytest.fixture
def places(app, document, chunk):
    """Every method and path of the dialect, whoever wrote it; what a path names is there, or is not."""
    rules = [rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("legacy.")]
    ids = (document, UNKNOWN)
    return [
        (method, rule.build(dict.fromkeys(rule.arguments, id))[1])
        for rule in rules
        for method in sorted(rule.methods & METHODS)
        for id in (ids if rule.arguments else ids[:1])
    ]


def state(client, dataset, document):
    path = f"{V1}/datasets/{dataset}/documents"
    return [client.get(address).json for address in (f"{V1}/datasets", path, f"{path}/{document}/chunks")]


def assert_clean(reply, *where):
    """The reply speaks this dialect and says nothing of what is behind it; a file is no reply of that kind."""
    if reply.status_code == 200 and not reply.is_json:
        return
    body = assert_envelope(reply) if reply.status_code != 413 else reply.json
    text = json.dumps(body["data"] if "data" in body else None) + body["retmsg"]
    assert body["retmsg"] in CONSTANTS or not [leak for leak in LEAKS if leak in text], (*where, text)


@pytest.mark.parametrize("body", BODIES)
def test_no_body_breaks_a_route(client, places, dataset, document, body):
    before = state(client, dataset, document)
    for method, path in places:
        for kind in TYPES:
            reply = client.open(path, method=method, data=BODIES[body], content_type=kind)
            assert_clean(reply, method, path, kind)
            if reply.is_json:
                assert reply.json["retcode"] != 100 or "bot" in path, (method, path, kind, reply.text)
    assert state(client, dataset, document) == before


@pytest.mark.parametrize("id", ["x", "%00", "a%00b", "%F0%9F%98%80", "x" * 2000, "..", "%27%20OR%201=1", "%ff", "a-b", "a-b-c", "-"])
def test_ids_of_any_shape_are_unknown_ids(app, client, dataset, document, chunk, id):
    before = state(client, dataset, document)
    for rule in [rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("legacy.") and rule.arguments]:
        path = str(rule).replace(f"<{min(rule.arguments)}>", id)
        for method in sorted(rule.methods & METHODS):
            reply = client.open(path, method=method)
            assert_clean(reply, method, path)
            assert reply.json["retcode"] != 0 and "\0" not in reply.text, (method, path)
    assert state(client, dataset, document) == before


@pytest.mark.parametrize("keywords", ["%", "_", "*", '"', "\\", "(", "水壶" * 500, "'; DROP TABLE document; --"])
def test_keywords_are_words_and_no_syntax(client, dataset, document, keywords):
    found = assert_success(client.post(f"{BASE}/list_kb_docs", json={"kb_name": "manuals", "keywords": keywords}))
    assert found["total"] == 0


def test_long_texts_meet_a_limit_that_is_named(client, dataset, document, chunk):
    reply = client.post(f"{BASE}/list_kb_docs", json={"kb_name": "manuals", "keywords": "x" * 1001})
    assert said(reply) == (101, "keywords should have at most 1000 characters")
    reply = client.post(f"{BASE}/retrieval", json={"kb_id": dataset, "question": "x" * 1_000_001})
    assert said(reply) == (101, "question should have at most 1000000 characters")


def test_a_form_and_a_json_body_are_read_alike(client, dataset, document, chunk):
    """Contract 2.3: whatever the content type says."""
    asked = [
        ("list_kb_docs", {"kb_name": "manuals", "page_size": "1"}),
        ("list_chunks", {"doc_id": document}),
        ("document/infos", {"doc_ids": document}),
        ("retrieval", {"kb_id": dataset, "question": "kettle"}),
    ]
    for path, fields in asked:
        bodies = [
            {"json": fields},
            {"data": fields},
            {"data": fields, "content_type": "multipart/form-data"},
            *({"data": json.dumps(fields), "content_type": kind} for kind in TYPES if kind is None or "multipart" not in kind),
        ]
        replies = [assert_success(client.post(f"{BASE}/{path}", **body)) for body in bodies]
        assert replies[0] and all(reply == replies[0] for reply in replies), path


def test_a_form_that_is_not_utf_8_names_no_dataset_and_stores_nothing(client, dataset, document):
    before = state(client, dataset, document)
    head = b'--x\r\nContent-Disposition: form-data; name="kb_name"\r\n\r\n\xb2\xfa\xc6\xb7\r\n'
    part = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\ntext\r\n--x--\r\n'
    reply = client.post(f"{BASE}/document/upload", data=head + part, content_type="multipart/form-data; boundary=x")
    assert said(reply) == (102, "Can't find this knowledgebase!")
    assert state(client, dataset, document) == before


def test_a_file_name_that_is_not_utf_8_makes_a_broken_form_and_stores_nothing(client, dataset, document):
    before = state(client, dataset, document)
    head = b'--x\r\nContent-Disposition: form-data; name="kb_name"\r\n\r\nmanuals\r\n'
    part = b'--x\r\nContent-Disposition: form-data; name="file"; filename="\xb2\xfa.txt"\r\n\r\ntext\r\n--x--\r\n'
    reply = client.post(f"{BASE}/document/upload", data=head + part, content_type="multipart/form-data; boundary=x")
    assert said(reply) == (101, "required argument are missing: kb_name; ")
    assert state(client, dataset, document) == before


def test_wrong_words_for_run_and_method_are_ignored(client, dataset):
    row = upload(client, run="yes", parser_id="nonsense")
    assert (row["run"], row["parser_id"]) == ("0", "naive")
    assert client.get(f"{V1}/datasets/{dataset}/documents").json["data"]["docs"][0]["run"] == "UNSTART"


def test_fields_given_twice_are_refused_where_one_is_due(client, dataset, document):
    data = {"kb_name": ["manuals", "manuals"], "file": (io.BytesIO(b"x"), "a.txt")}
    assert said(client.post(f"{BASE}/document/upload", data=data)) == (101, "kb_name should be a string")
    assert said(client.get(f"{BASE}/list_kb_docs?kb_name=manuals&page=1&page=2")) == (101, "page should be an integer")
