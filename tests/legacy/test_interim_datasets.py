"""Datasets of the interim API of v0.11 and v0.12 (legacy contract 8)."""

from __future__ import annotations

from services.parser_config import CHUNK_METHODS
from tests.legacy.wire import UNKNOWN, V1, assert_error, assert_success

URL = "/api/v1/dataset"
ABSENT = (102, "Can't find this dataset!")
# What the SDK of v0.12 sends for create_dataset("kettles").
BY_SDK = {
    "name": "kettles", "avatar": "", "description": "", "language": "English", "permission": "me", "doc_num": 0, "chunk_num": 0, "parser_id": "naive",
    "parser_config": {"chunk_token_count": 100, "layout_recognize": True, "delimiter": "\n!?", "task_page_size": 12},
}  # fmt: skip
BAD_INPUT = [
    ("post", "save", {}, 101, "required argument are missing: name; "),
    ("post", "save", {"name": " "}, 101, "name should have at least 1 characters"),
    ("post", "save", {"name": 7}, 101, "name should be a string"),
    ("post", "save", {"name": "a", "parse_method": "best"}, 101, f"parse_method should be one of {', '.join(CHUNK_METHODS)}"),
    ("post", "save", {"name": "a", "parser_config": {"chunk_token_num": "many"}}, 101, "parser_config.chunk_token_num should be an integer"),
    ("post", "save", {"name": "a", "parser_config": []}, 101, "parser_config should be an object"),
    ("post", "save", {"name": "a", "permission": "all"}, 101, "permission should be one of me, team"),
    ("post", "save", {"id": UNKNOWN, "name": "a"}, *ABSENT),
    ("delete", "delete", None, 101, "required argument are missing: id; "),
    ("delete", "delete?id=", None, 101, "required argument are missing: id; "),
    ("delete", "delete?id=a&id=b", None, 101, "id should be a string"),
    ("get", "list?page=x", None, 101, "page should be an integer"),
    ("get", "list?page_size=-1", None, 101, "page_size should be at least 0"),
    ("get", "detail", None, 101, "required argument are missing: id; "),
    ("get", f"detail?id={UNKNOWN}", None, *ABSENT),
    ("get", "none", None, 100, "<NotFound '404: Not Found'>"),
    ("post", "list", {}, 100, "<MethodNotAllowed '405: Method Not Allowed'>"),
]


def made(client, **body):
    return assert_success(client.post(f"{URL}/save", json={"name": "kettles", **body}))


def detail(client, **query):
    return assert_success(client.get(f"{URL}/detail", query_string=query))


def test_a_dataset_is_made_as_the_sdk_of_v012_makes_it(client):
    row = assert_success(client.post(f"{URL}/save", json=BY_SDK))
    assert {"chunk_num", "doc_num", "parser_id", "embd_id"}.isdisjoint(row)
    assert (row["name"], row["chunk_count"], row["document_count"], row["parse_method"]) == ("kettles", 0, 0, "naive")
    assert row["parser_config"]["chunk_token_num"] == 100
    assert row["parser_config"]["layout_recognize"] == "DeepDOC"
    assert row["embedding_model"]
    modern = client.get(f"{V1}/datasets?id={row['id']}").json["data"][0]
    assert modern["chunk_method"] == "naive" and modern["parser_config"] == row["parser_config"]


def test_what_was_read_can_be_sent_back_with_a_change(client):
    row = made(client)
    assert assert_success(client.post(f"{URL}/save", json={**row, "name": "pots", "parse_method": "qa"})) is True
    changed = detail(client, id=row["id"])
    assert (changed["name"], changed["parse_method"]) == ("pots", "qa")


def test_a_new_dataset_names_neither_tenant_nor_model(client):
    for body in ({"tenant_id": UNKNOWN}, {"embedding_model": "x"}, {"embd_id": "x"}):
        reply = client.post(f"{URL}/save", json={"name": "kettles", **body})
        assert_error(reply, 102, "Tenant_id or embedding_model must not be provided")
    assert assert_success(client.get(f"{URL}/list")) == []


def test_what_a_client_may_not_change_is_told(client):
    row = made(client)
    for name, value in (("tenant_id", UNKNOWN), ("chunk_count", 3), ("document_count", 3)):
        reply = client.post(f"{URL}/save", json={"id": row["id"], "name": "pots", name: value})
        assert_error(reply, 102, f"Can't change {name}.")
    assert detail(client, id=row["id"]) == row


def test_the_method_stays_while_there_are_chunks(client, dataset, chunk):
    reply = client.post(f"{URL}/save", json={"id": dataset, "parse_method": "qa"})
    assert_error(reply, 102, "If chunk count is not 0, parse method is not changable.")


def test_a_name_that_is_taken_is_refused(client):
    made(client)
    assert_error(client.post(f"{URL}/save", json={"name": "Kettles"}), 102, "Dataset name 'Kettles' already exists")


def test_datasets_are_listed_by_page_and_order(client):
    ids = [made(client, name=name)["id"] for name in "abc"]
    queries = ("", "desc=false", "page=2&page_size=2", "orderby=name&desc=False", "orderby=no")
    listed = [[row["name"] for row in assert_success(client.get(f"{URL}/list?{query}"))] for query in queries]
    assert listed == [["c", "b", "a"], ["a", "b", "c"], ["a"], ["a", "b", "c"], ["c", "b", "a"]]
    assert len(ids) == 3


def test_a_dataset_is_shown_by_id_by_name_or_by_both(client):
    row, other = made(client), made(client, name="pots")
    assert detail(client, id=row["id"]) == detail(client, name="kettles") == detail(client, id=row["id"], name="kettles") == row
    assert_error(client.get(f"{URL}/detail?id={row['id']}&name=pots"), *ABSENT)
    assert detail(client, name="pots") == other


def test_a_deleted_dataset_is_gone_on_every_side(client):
    row = made(client)
    assert assert_success(client.delete(f"{URL}/delete?id={row['id']}")) is True
    assert_error(client.get(f"{URL}/detail?id={row['id']}"), *ABSENT)
    assert client.get(f"{V1}/datasets").json["data"] == []
    assert_error(client.delete(f"{URL}/delete?id={row['id']}"), *ABSENT)


def test_bad_input_is_told_in_the_envelope(client):
    for method, path, body, code, message in BAD_INPUT:
        reply = getattr(client, method)(f"{URL}/{path}", **({} if body is None else {"json": body}))
        assert (reply.status_code, reply.json["retcode"], reply.json["code"], reply.json["retmsg"]) == (200, code, code, message)
    assert assert_success(client.get(f"{URL}/list")) == []


def test_a_bad_token_is_told_without_the_stray_quote(anonymous):
    for header in ({}, {"Authorization": "Bearer wrong"}):
        for method, path in (("post", "save"), ("delete", "delete"), ("get", "list"), ("get", "detail")):
            assert_error(getattr(anonymous, method)(f"{URL}/{path}", headers=header), 109, "Token is not valid!", False)


def test_another_tenants_dataset_is_none(client, stranger):
    row = made(client)
    assert assert_success(stranger.get(f"{URL}/list")) == []
    for reply in (
        stranger.get(f"{URL}/detail?id={row['id']}"),
        stranger.get(f"{URL}/detail?name=kettles"),
        stranger.post(f"{URL}/save", json={"id": row["id"], "name": "mine"}),
        stranger.delete(f"{URL}/delete?id={row['id']}"),
    ):
        assert_error(reply, *ABSENT)
    assert detail(client, id=row["id"]) == row
