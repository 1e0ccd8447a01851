"""Documents of the interim API of v0.11 and v0.12 (legacy contract 8)."""

from __future__ import annotations

import io

import pytest
from werkzeug.http import parse_options_header

from services import tokens, users
from tests.factories import make_user
from tests.legacy.wire import MISSING, UNKNOWN, V1, assert_error, assert_success, upload

URL = "/api/v1/doc"
ABSENT = (102, "Document not found!")
NO_TOKEN = (109, "Token is not valid!", False)
NOT_LOGGED_IN = (401, "<Unauthorized '401: Unauthorized'>", None)
ROUTES = [
    ("post", "dataset/{dataset}/documents/upload", {}),
    ("get", "dataset/{dataset}/documents?knowledgebase_id={dataset}", None),
    ("get", "infos?id={document}", None),
    ("get", "infos?name=kettle.txt", None),
    ("post", "save", {"id": "{document}", "name": "pot.txt"}),
    ("post", "change_parser", {"doc_id": "{document}", "parser_id": "qa"}),
    ("post", "rename", {"doc_id": "{document}", "name": "pot.txt"}),
    ("get", "{document}", None),
    ("delete", "delete?document_id={document}", None),
    ("get", "{document}/status", None),
    ("post", "run", {"document_ids": ["{document}"], "run": 1}),
    ("post", "chunk/list", {"document_id": "{document}"}),
    ("post", "chunk/create", {"document_id": "{document}", "content": "mine"}),
    ("post", "chunk/rm", {"document_id": "{document}", "chunk_ids": ["{chunk}"]}),
    ("post", "chunk/set", {"document_id": "{document}", "chunk_id": "{chunk}", "content": "mine"}),
    ("post", "retrieval_test", {"knowledgebase_id": "{dataset}", "question": "kettle"}),
]
BAD_INPUT = [
    ("post", "dataset/{dataset}/documents/upload", {}, 101, "No file part!"),
    ("post", f"dataset/{UNKNOWN}/documents/upload", {}, 102, "Can't find this knowledgebase!"),
    ("get", f"dataset/{{dataset}}/documents?knowledgebase_id={UNKNOWN}", None, 102, "Can't find this knowledgebase!"),
    ("get", "dataset/{dataset}/documents?page=x", None, 101, "page should be an integer"),
    ("get", "infos", None, 101, "required argument are missing: id; "),
    ("get", f"infos?id={UNKNOWN}", None, *ABSENT),
    ("get", "infos?name=none.txt", None, *ABSENT),
    ("post", "save", {}, 101, "required argument are missing: id; "),
    ("post", "save", {"id": "{document}", "name": "a/b.txt"}, 101, "File name should not contain slashes or control characters."),
    ("post", "save", {"id": "{document}", "parser_method": "best"}, 101, "`parser_method` best doesn't exist"),
    ("post", "save", {"id": "{document}", "parser_config": {"delimiter": ""}}, 101, "parser_config.delimiter should have at least 1 characters"),
    ("post", "change_parser", {"doc_id": "{document}"}, 101, "required argument are missing: parser_id; "),
    ("post", "change_parser", {"doc_id": UNKNOWN, "parser_id": "qa"}, *ABSENT),
    ("post", "rename", {"doc_id": "{document}"}, 101, "required argument are missing: name; "),
    ("post", "rename", {"doc_id": "{document}", "name": "kettle.pdf"}, 101, "The extension of file can't be changed"),
    ("post", "rename", {"doc_id": "{document}", "name": 1}, 101, "name should be a string"),
    ("get", UNKNOWN, None, *ABSENT),
    ("get", f"{UNKNOWN}/status", None, *ABSENT),
    ("delete", "delete", None, 101, "required argument are missing: document_id; "),
    ("post", "run", {"run": 1}, 101, "required argument are missing: document_ids; "),
    ("post", "run", {"document_ids": ["{document}"], "run": "3"}, 101, "run should be one of 1, 2"),
    ("post", "run", {"document_ids": ["{document}"], "run": True}, 101, "run should be one of 1, 2"),
    ("post", "run", {"document_ids": [7], "run": 1}, 101, "document_ids should be a list of strings"),
    ("post", "chunk/list", {}, 101, "required argument are missing: document_id; "),
    ("post", "chunk/list", {"document_id": UNKNOWN}, *ABSENT),
    ("post", "chunk/list", {"document_id": "{document}", "size": -1}, 101, "size should be at least 0"),
    ("post", "chunk/create", {"document_id": "{document}"}, 101, "required argument are missing: content; "),
    ("post", "chunk/create", {"document_id": "{document}", "content": " "}, 101, "content is required"),
    ("post", "chunk/create", {"document_id": "{document}", "content": "a", "important_kwd": "b"}, 101, "important_kwd should be a list"),
    ("post", "chunk/rm", {"document_id": "{document}"}, 101, "required argument are missing: chunk_ids; "),
    ("post", "chunk/rm", {"document_id": "{document}", "chunk_ids": ["{chunk}", "none"]}, 102, "Chunk not found!"),
    ("post", "chunk/rm", {"document_id": "{document}", "chunk_ids": [""]}, 102, "Chunk not found!"),
    ("post", "chunk/set", {"document_id": "{document}"}, 101, "required argument are missing: chunk_id; "),
    ("post", "chunk/set", {"document_id": "{document}", "chunk_id": "none", "content": "a"}, 102, "Chunk not found!"),
    ("post", "chunk/set", {"document_id": "{document}", "chunk_id": "{chunk}", "available": "maybe"}, 101, "available should be a boolean"),
    ("post", "retrieval_test", {"question": "a"}, 101, "required argument are missing: knowledgebase_id; "),
    ("post", "retrieval_test", {"knowledgebase_id": UNKNOWN, "question": "a"}, 102, "Knowledgebase not found!"),
    ("post", "retrieval_test", {"knowledgebase_id": [], "question": "a"}, 102, "Knowledgebase not found!"),
    ("post", "retrieval_test", {"knowledgebase_id": "{dataset}", "question": "a", "size": "x"}, 101, "size should be an integer"),
]


@pytest.fixture
def things(dataset, document, chunk):
    """Ids by what they are."""
    return {"dataset": dataset, "document": document, "chunk": chunk}


def call(client, method, path, body, things, **options):
    """Send a route of ROUTES with the ids filled in."""

    def filled(value):
        return [filled(one) for one in value] if isinstance(value, list) else value.format(**things) if isinstance(value, str) else value

    given = {} if body is None else {"json": {name: filled(value) for name, value in body.items()}}
    return getattr(client, method)(f"{URL}/{filled(path)}", **given, **options)


def info(client, **query):
    return assert_success(client.get(f"{URL}/infos", query_string=query))


def test_files_are_uploaded_and_listed_with_the_names_of_v012(client, dataset):
    files = {"file": [(io.BytesIO(b"one"), "a.txt"), (io.BytesIO(b"two"), "b.pdf"), (io.BytesIO(b"three"), "c.odd")]}
    assert assert_success(client.post(f"{URL}/dataset/{dataset}/documents/upload", data=files)) is True
    page = assert_success(client.get(f"{URL}/dataset/any/documents?knowledgebase_id={dataset}&orderby=name&desc=false"))
    assert [(row["name"], row["type"]) for row in page["docs"]] == [("a.txt", "doc"), ("b.pdf", "pdf"), ("c.odd", "other")]
    assert page["total"] == 3
    row = page["docs"][0]
    assert {"kb_id", "token_num", "chunk_num", "parser_id"}.isdisjoint(row)
    assert (row["knowledgebase_id"], row["token_count"], row["chunk_count"], row["parser_method"], row["run"]) == (dataset, 0, 0, "naive", "0")


def test_two_hundred_files_fit_one_request(client, dataset):
    files = {"file": [(io.BytesIO(b"x"), f"{number}.txt") for number in range(200)]}
    assert assert_success(client.post(f"{URL}/dataset/{dataset}/documents/upload", data=files)) is True
    assert assert_success(client.get(f"{URL}/dataset/{dataset}/documents?page_size=1"))["total"] == 200


def test_a_list_is_paged_and_searched_and_the_id_in_the_path_stands_in(client, dataset):
    for name in ("kettle.txt", "KETTLE two.txt", "pot.txt"):
        upload(client, name=name)
    pages = [
        assert_success(client.get(f"{URL}/dataset/{dataset}/documents?{query}"))
        for query in ("page_size=2", "page=2&page_size=2", "page=9", "keywords=kettle&desc=false", "keywords=none")
    ]
    assert [page["total"] for page in pages] == [3, 3, 3, 2, 0]
    assert [[row["name"] for row in page["docs"]] for page in pages] == [
        ["pot.txt", "KETTLE two.txt"], ["kettle.txt"], [], ["kettle.txt", "KETTLE two.txt"], [],
    ]  # fmt: skip


def test_a_document_is_shown_by_name_before_by_id(client, document):
    other = upload(client, name="pot.txt")
    assert info(client, id=document)["id"] == info(client, name="kettle.txt")["id"] == document
    assert info(client, id=document, name="pot.txt")["id"] == other["id"]


def test_what_was_read_can_be_sent_back_with_a_change(client, document):
    row = {**info(client, id=document), "name": "pot.txt", "parser_config": {"chunk_token_count": 64}}
    assert assert_success(client.post(f"{URL}/save", json=row)) is True
    changed = info(client, id=document)
    assert (changed["name"], changed["parser_config"]["chunk_token_num"]) == ("pot.txt", 64)
    assert assert_success(client.post(f"{URL}/save", json={"name": "pot.txt", "parser_method": "qa"})) is True
    assert info(client, id=document)["parser_method"] == "qa"


def test_another_parser_takes_the_chunks_away(client, document, chunk):
    assert assert_success(client.post(f"{URL}/change_parser", json={"doc_id": document, "parser_id": "qa", "parser_config": {}})) is True
    row = info(client, id=document)
    assert (row["parser_method"], row["chunk_count"], row["run"]) == ("qa", 0, "0")


def test_a_document_is_renamed_by_a_session_or_a_key(client, anonymous, dataset, document):
    assert assert_success(client.post(f"{URL}/rename", json={"doc_id": document, "name": "pot.txt"})) is True
    tenant = client.get(f"{V1}/datasets").json["data"][0]["tenant_id"]
    [person] = [user for user in users.list_() if user.id == tenant]
    users.set_password(email=person.email, password="x")
    session = anonymous.post("/v1/user/login", json={"email": person.email, "password": "x"}).headers["Authorization"]
    renamed = anonymous.post(f"{URL}/rename", json={"doc_id": document, "name": "pan.txt"}, headers={"Authorization": session})
    assert assert_success(renamed) is True
    assert info(client, id=document)["name"] == "pan.txt"
    refused = anonymous.post(f"{URL}/rename", json={"doc_id": document, "name": "x.txt"})
    assert_error(refused, *NOT_LOGGED_IN)


def test_a_download_gives_the_bytes_as_an_attachment(client, dataset):
    for name in ("kettle.txt", "Wasserkocher für Tee.txt", "水壶.txt", "a; b.txt"):
        document = upload(client, name=name, content=b"\0\xffbytes")["id"]
        reply = client.get(f"{URL}/{document}")
        assert (reply.status_code, reply.data, reply.content_type) == (200, b"\0\xffbytes", "application/octet-stream")
        kind, options = parse_options_header(reply.headers["Content-Disposition"])
        assert (kind, options["filename"]) == ("attachment", name)
        assert reply.headers["X-Content-Type-Options"] == "nosniff"


def test_a_deleted_document_is_gone_on_every_side(client, things):
    assert assert_success(client.delete(f"{URL}/delete?document_id={things['document']}")) is True
    assert_error(client.get(f"{URL}/infos?id={things['document']}"), *ABSENT)
    modern = client.get(f"{V1}/datasets?id={things['dataset']}").json["data"][0]
    assert (modern["document_count"], modern["chunk_count"]) == (0, 0)
    assert_error(client.delete(f"{URL}/delete?document_id={things['document']}"), *ABSENT)


def test_parsing_starts_and_stops(client, document):
    assert assert_success(client.get(f"{URL}/{document}/status")) == {"progress": 0.0, "status": "1"}
    assert assert_success(client.post(f"{URL}/run", json={"document_ids": [document], "run": 1})) is True
    assert info(client, id=document)["run"] == "1"
    assert client.post(f"{URL}/run", json={"document_ids": [document], "run": "1"}).json["retcode"] == 102
    assert 0 <= assert_success(client.get(f"{URL}/{document}/status"))["progress"] < 1
    assert assert_success(client.post(f"{URL}/run", json={"document_ids": document, "run": "2"})) is True
    assert info(client, id=document)["run"] == "2"


def test_one_unknown_document_and_none_is_parsed(client, document):
    assert_error(client.post(f"{URL}/run", json={"document_ids": [document, UNKNOWN], "run": 1}), *ABSENT)
    assert info(client, id=document)["run"] == "0"


def test_bad_input_is_told_in_the_envelope_and_changes_nothing(client, things):
    before = info(client, id=things["document"])
    for method, path, body, code, message in BAD_INPUT:
        data = MISSING if code == 102 else False if message == "No file part!" else None
        assert_error(call(client, method, path, body, things), code, message, data)
    assert info(client, id=things["document"]) == before


def test_another_tenants_things_are_none(client, stranger, things):
    before = info(client, id=things["document"])
    told = {path: call(stranger, method, path, body, things).json for method, path, body in ROUTES}
    assert {path: (body["retcode"], "data" in body) for path, body in told.items()} == dict.fromkeys(told, (102, False))
    assert info(client, id=things["document"]) == before
    assert client.get(f"{V1}/datasets/{things['dataset']}/documents/{things['document']}/chunks").json["data"]["total"] == 1


def test_a_bad_token_is_told_without_the_stray_quote(anonymous):
    things = dict.fromkeys(("dataset", "document", "chunk"), UNKNOWN)
    for header in ({}, {"Authorization": "Bearer wrong"}):
        for method, path, body in ROUTES:
            told = NOT_LOGGED_IN if path == "rename" else NO_TOKEN
            assert_error(call(anonymous, method, path, body, things, headers=header), *told)


def test_a_team_reads_and_writes_what_is_shared_with_it(client, app, things):
    """Decisions B12."""
    owner = next(user for user in users.list_() if user.id == info(client, id=things["document"])["created_by"])
    member = make_user()
    users.add_member(team=owner.email, member=member.email)
    headers = {"Authorization": tokens.create(user_id=member.id)}
    other = app.test_client()
    assert_error(other.get(f"{URL}/infos?id={things['document']}", headers=headers), *ABSENT)
    client.put(f"{V1}/datasets/{things['dataset']}", json={"permission": "team"})
    assert assert_success(other.get(f"{URL}/infos?id={things['document']}", headers=headers))["id"] == things["document"]
