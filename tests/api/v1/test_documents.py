"""Documents: upload, update, download, list, delete, parse, stop (RAGFlow v1 contract 3.5 to 3.11)."""

from __future__ import annotations

import io
from urllib.parse import unquote

import pytest

from models.tables import Document
from tests.api.v1.wire import BASE, UNKNOWN, assert_error, assert_success, both_profiles, said, upload
from tests.engines import both_engines

pytestmark = both_engines


@pytest.fixture
def path(dataset):
    return f"{BASE}/datasets/{dataset}/documents"


def send(client, path, *files):
    return client.post(path, data={"file": [(io.BytesIO(content), name) for name, content in files]})


@both_profiles
def test_an_upload_answers_one_object_for_each_file_in_order(client, dataset, path, profile):
    data = assert_success(send(client, path, ("b.txt", b"12345"), ("a.pdf", b"%PDF-"), ("c.png", b""), ("d.pptx", b"x"), ("e.eml", b"x")))
    assert [(d["name"], d["location"], d["type"], d["size"], d["chunk_method"]) for d in data] == [
        ("b.txt", "b.txt", "doc", 5, "naive"),
        ("a.pdf", "a.pdf", "pdf", 5, "naive"),
        ("c.png", "c.png", "visual", 0, "picture"),
        ("d.pptx", "d.pptx", "doc", 1, "presentation"),
        ("e.eml", "e.eml", "doc", 1, "email"),
    ]
    assert {d["run"] for d in data} == {"UNSTART"} and {d["dataset_id"] for d in data} == {dataset}
    assert all(d["parser_config"]["chunk_token_num"] == 128 for d in data)
    assert client.get(f"{BASE}/datasets").json["data"][0]["document_count"] == 5


def test_names_that_are_taken_get_a_number(client, path):
    names = [d["name"] for d in assert_success(send(client, path, *[("a.txt", b"x")] * 3, ("A.TXT", b"x"), ("a(3).txt", b"x")))]
    assert names[:3] == ["a.txt", "a(1).txt", "a(2).txt"]
    assert len({name.casefold() for name in names}) == 5


@pytest.mark.parametrize("name", ["a b.txt", "产品手册.txt", "!#$%&'()+,-.;=@[]^_`{}~.txt", "ünïcode.txt", "😀.txt"])
def test_names_are_kept_and_come_back_with_the_download(client, path, name):
    [document] = assert_success(send(client, path, (name, b"bytes \x00\xff")))
    assert document["name"] == name
    reply = client.get(f"{path}/{document['id']}")
    assert reply.data == b"bytes \x00\xff"
    assert (reply.mimetype, reply.content_length) == ("application/octet-stream", 8)
    assert reply.headers["X-Content-Type-Options"] == "nosniff"
    kind, _, encoded = reply.headers["Content-Disposition"].partition("filename*=UTF-8''")
    assert kind.startswith("attachment;") and unquote(encoded) == name


@both_profiles
def test_an_upload_is_refused_before_the_dataset_is_looked_for(client, path, profile):
    nowhere = f"{BASE}/datasets/{UNKNOWN}/documents"
    assert_error(client.post(nowhere, data={"other": "x"}), 101, "No file part!")
    assert_error(client.post(nowhere), 101, "No file part!")
    assert_error(client.post(nowhere, json={"file": "x"}), 101, "No file part!")
    assert_error(send(client, nowhere, ("a.txt", b"x"), ("", b"x")), 101, "No file selected!")
    assert_error(send(client, nowhere, ("ä" * 62 + ".txt", b"x")), 101, "File name should be less than 128 bytes.")
    assert client.get(path).json["data"]["total"] == 0


@both_profiles
@pytest.mark.parametrize("name", ["../../etc/passwd.txt", "/tmp/x.txt", "a\0b.txt", "a/b.txt", "a\x7fb.txt"])
def test_names_that_are_paths_are_refused(client, path, name, profile):
    code, message = said(send(client, path, ("good.txt", b"x"), (name, b"x")))
    assert (code, message) == (101, "File name should not contain slashes or control characters.")
    assert client.get(path).json["data"]["total"] == 0


@pytest.mark.parametrize("name", ["..\\..\\x.txt", "C:\\x.txt"])
def test_what_the_form_parser_takes_out_of_a_name_is_no_path_either(client, path, name):
    [document] = assert_success(send(client, path, (name, b"x")))
    assert not set(document["name"]) & set("/\\")


@both_profiles
def test_unsupported_files_are_named_and_the_others_stay(client, path, profile):
    reply = send(client, path, ("a.exe", b"x"), ("good.txt", b"x"), ("noext", b"x"))
    expected = "a.exe: This type of file has not been supported yet!\nnoext: This type of file has not been supported yet!"
    assert_error(reply, 500, expected)
    assert [d["name"] for d in client.get(path).json["data"]["docs"]] == ["good.txt"]


def test_an_upload_over_the_limit_is_refused(app, client, path):
    app.config["MAX_CONTENT_LENGTH"] = 1000
    reply = send(client, path, ("a.txt", b"x" * 2000))
    assert (reply.status_code, reply.json["code"]) == (413, 101)
    assert client.get(path).json["data"]["total"] == 0


@both_profiles
def test_a_document_is_changed_key_by_key(client, path, document, profile):
    sent = {"name": "pot.TXT", "meta_fields": {"year": 2024}, "parser_config": {"delimiter": ""}, "chunk_count": 0, "progress": 0}
    assert client.put(f"{path}/{document}", json=sent).json == {"code": 0}
    changed = client.get(path).json["data"]["docs"][0]
    assert (changed["name"], changed["meta_fields"], changed["parser_config"]["delimiter"]) == ("pot.TXT", {"year": 2024}, "")
    assert "raptor" not in changed["parser_config"]  # contract 3.6: removed unless a truthy one is sent
    assert client.put(f"{path}/{document}", json={"chunk_method": "qa"}).json == {"code": 0}
    assert client.put(f"{path}/{document}", json={"enabled": 0}).json == {"code": 0, "data": True}
    changed = client.get(path).json["data"]["docs"][0]
    assert (changed["chunk_method"], changed["status"], changed["run"]) == ("qa", "0", "UNSTART")


@both_profiles
@pytest.mark.parametrize("enabled", [0, 1, "x"])
def test_a_method_that_is_the_current_one_ends_the_work_before_the_switch(client, path, document, enabled, profile):
    """Contract 3.6: success immediately, `enabled` in the same request is ignored."""
    before = client.get(path).json["data"]["docs"][0]
    reply = client.put(f"{path}/{document}", json={"chunk_method": before["chunk_method"], "enabled": enabled, "meta_fields": {"a": 1}})
    assert reply.json == {"code": 0}
    after = client.get(path).json["data"]["docs"][0]
    assert (after["status"], after["meta_fields"]) == (before["status"], {"a": 1})
    assert client.put(f"{path}/{document}", json={"chunk_method": "qa", "enabled": 0}).json == {"code": 0, "data": True}
    assert client.get(path).json["data"]["docs"][0]["status"] == "0"


REFUSED = [
    ({"chunk_count": 5}, 102, "Can't change `chunk_count`."),
    ({"token_count": 5}, 102, "Can't change `token_count`."),
    ({"progress": 1.0}, 102, "Can't change `progress`."),
    ({"meta_fields": []}, 102, "meta_fields must be a dictionary"),
    ({"name": "ä" * 62 + ".txt"}, 101, "The name should be less than 128 bytes."),
    ({"name": "kettle.md"}, 101, "The extension of file can't be changed"),
    ({"name": ""}, 101, "The extension of file can't be changed"),
    ({"name": "../x.txt"}, 101, "File name should not contain slashes or control characters."),
    ({"name": "other.txt"}, 102, "Duplicated document name in the same dataset."),
    ({"chunk_method": "novel"}, 102, "`chunk_method` novel doesn't exist"),
    ({"chunk_method": ""}, 102, "`chunk_method`  doesn't exist"),
]


@both_profiles
def test_a_refused_change_changes_nothing(client, dataset, path, document, profile):
    """Decisions B10: all or nothing."""
    upload(client, dataset, "other.txt")
    before = client.get(path).json["data"]
    for sent, code, message in REFUSED:
        body = {"meta_fields": {"a": 1}, "parser_config": {"a": 1}, **sent}
        assert_error(client.put(f"{path}/{document}", json=body), code, message)
    size = "meta_fields should have at most 65535 characters, it has 70009"
    assert_error(client.put(f"{path}/{document}", json={"meta_fields": {"a": "x" * 70_000}}), 101, size)
    assert client.get(path).json["data"] == before


@both_profiles
def test_images_and_slides_keep_their_method(client, dataset, path, profile):
    for name in ("a.png", "b.pptx"):
        document = upload(client, dataset, name)
        assert_error(client.put(f"{path}/{document['id']}", json={"chunk_method": "qa"}), 102, "Not supported yet!")


@both_profiles
def test_a_name_may_change_its_case_only(client, path, document, profile):
    assert client.put(f"{path}/{document}", json={"name": "Kettle.TXT"}).json == {"code": 0}


@both_profiles
def test_documents_that_are_not_there_are_told_as_the_route_does(client, dataset, path, document, profile):
    nowhere = f"{BASE}/datasets/{UNKNOWN}/documents"
    assert_error(client.put(f"{nowhere}/{document}", data=b"{broken"), 102, "You don't own the dataset.")
    assert_error(client.get(f"{nowhere}/{document}"), 102, f"You do not own the dataset {UNKNOWN}.")
    assert_error(client.get(f"{path}/{UNKNOWN}"), 102, f"The dataset not own the document {UNKNOWN}.")
    assert_error(client.get(f"{nowhere}?page=a"), 102, f"You don't own the dataset {UNKNOWN}. ")
    assert_error(client.get(path, query_string={"id": UNKNOWN, "name": "none", "page": "a"}), 102, f"You don't own the document {UNKNOWN}.")
    assert_error(client.get(path, query_string={"name": "none", "page": "a"}), 102, "You don't own the document none.")
    empty = upload(client, dataset, "empty.txt", content=b"")
    assert_error(client.get(f"{path}/{empty['id']}"), 102, "This file is empty.")


@both_profiles
@pytest.mark.parametrize(
    "wrong",
    [{"create_time_from": "abc"}, {"keywords": "x" * 2000}, {"page": "a"}, {"page_size": -1}, {"orderby": "none"}, {"orderby": "meta_fields"}],
    ids=["time", "keywords", "page", "page size", "column", "JSON"],
)
def test_a_list_is_checked_in_the_order_of_the_contract(client, stranger, path, document, wrong, profile):
    """Contract 3.8, appendix B: dataset, then id, then name, then the rest."""
    dataset = path.split("/")[-2]
    assert_error(stranger.get(path, query_string=wrong), 102, f"You don't own the dataset {dataset}. ")
    for unknown in (UNKNOWN, "x" * 2000):
        assert_error(stranger.get(path, query_string={"id": unknown, **wrong}), 102, f"You don't own the dataset {dataset}. ")
        for filters in ({"id": unknown, "name": "none"}, {"id": document, "name": unknown}, {"name": unknown}):
            assert_error(client.get(path, query_string={**filters, **wrong}), 102, f"You don't own the document {unknown}.")
    assert said(client.get(path, query_string={"id": document, "name": "kettle.txt", **wrong}))[0] in (100, 101)


def test_a_list_asks_nothing_of_its_documents_twice(client, path, document, caplog):
    with caplog.at_level("DEBUG", logger="peewee"):
        query = {"id": document, "name": "kettle.txt", "keywords": "kettle"}
        assert assert_success(client.get(path, query_string=query))["total"] == 1
    asked = [str(record.msg) for record in caplog.records if 'FROM "document"' in str(record.msg)]
    assert len(asked) == len(set(asked)) == 4  # that the id and the name are there, how many, and which


@both_profiles
@pytest.mark.parametrize("column", ["parser_config", "meta_fields"])
def test_a_column_that_not_every_database_can_order_by_is_no_column(client, path, document, column, profile):
    """Contract 1.7: any column works. JSON is none that does on all databases, so it is answered as an unknown one."""
    unknown = (100, f"""AttributeError("type object 'Document' has no attribute '{column}'")""")
    seed = (101, "orderby should be create_time or update_time")
    assert said(client.get(path, query_string={"orderby": column})) == (unknown if profile == "v0.19" else seed)


@both_profiles
@pytest.mark.parametrize("column", ["name", "size", "progress_msg", "status", "run", "chunk_num", "type", "kb_id"])
def test_plain_columns_order_a_list(client, path, document, column, profile):
    assert client.get(path, query_string={"orderby": column}).json["code"] == 0


@both_profiles
def test_lists_are_paged_sorted_and_filtered(client, dataset, path, profile):
    upload(client, dataset, *[f"file {number}.txt" for number in range(4)], "Manual.md")
    names = lambda **query: [d["name"] for d in client.get(path, query_string=query).json["data"]["docs"]]  # noqa: E731
    ascending = names(desc="False")
    assert names() == names(desc="1") == ascending[::-1]
    assert names(desc="false") == ascending
    assert names(orderby="name", desc="False") == sorted(ascending)
    assert names(page=0, page_size=2) == names(page=1, page_size=2) == names()[:2]
    assert names(page=9) == []
    assert names(keywords="MANUAL") == ["Manual.md"]
    assert names(keywords="nothing") == []
    assert names(name="Manual.md") == ["Manual.md"]
    data = client.get(path, query_string={"page_size": 0}).json["data"]
    assert data == {"docs": [], "total": 5}
    ids = [d["id"] for d in client.get(path).json["data"]["docs"]]
    assert client.get(path, query_string={"id": ids[0], "name": "file 0.txt"}).json["data"] == {"docs": [], "total": 0}
    assert client.get(path, query_string={"id": "", "name": "", "keywords": ""}).json["data"]["total"] == 5
    assert client.get(path, query_string={"anything": "else"}).json["code"] == 0


@both_profiles
@pytest.mark.parametrize("query", [{"page": "-1"}, {"page_size": "-5"}, {"page": "9" * 30}, {"page_size": "9" * 5000}, {"orderby": "_meta"}])
def test_pages_out_of_range_are_refused_by_name(client, path, query, profile):
    code, message = said(client.get(path, query_string=query))
    assert code in (100, 101)
    if profile == "seed":
        assert message.startswith(next(iter(query)))


@both_profiles
def test_deleting_takes_what_is_known_and_tells_the_rest(client, dataset, path, profile):
    ids = [upload(client, dataset, f"{number}.txt")["id"] for number in range(6)]
    remaining = lambda: {d["id"] for d in client.get(path).json["data"]["docs"]}  # noqa: E731
    assert_error(client.delete(path, json={"ids": [ids[0], "none"]}), 102, "Documents not found: ['none']")
    assert remaining() == set(ids[1:])
    assert client.delete(path, json={"ids": [ids[1]]}).json == {"code": 0}
    partly = {"success_count": 1, "errors": [f"Duplicate document ids: {ids[2]}"]}
    assert client.delete(path, json={"ids": [ids[2], ids[2]]}).json == {"code": 0, "data": partly}
    for wrong in ({"id": [ids[3]]}, {"ids": ids[3]}, {"ids": [3]}, {"ids": {"a": 1}}, ["x"], {"ids": None, "all": True}):
        code, message = said(client.delete(path, json=wrong))
        assert code == (100 if wrong == ["x"] and profile == "v0.19" else 101), wrong
    assert client.delete(path, data=b"{broken", content_type="application/json").json["code"] == 101
    assert remaining() == set(ids[3:])
    assert client.delete(path, json={"ids": []}).json == {"code": 0}
    assert remaining() == set()
    assert client.get(f"{BASE}/datasets").json["data"][0]["document_count"] == 0


@both_profiles
@pytest.mark.parametrize("sent", [{}, {"json": {}}, {"json": {"ids": None}}])
def test_naming_no_documents_deletes_all_of_the_dataset(client, dataset, path, document, sent, profile):
    other = client.post(f"{BASE}/datasets", json={"name": "other"}).json["data"]["id"]
    upload(client, other, "kept.txt")
    assert client.delete(path, **sent).json == {"code": 0}
    assert client.get(path).json["data"]["total"] == 0
    assert client.get(f"{BASE}/datasets/{other}/documents").json["data"]["total"] == 1


@both_profiles
def test_parsing_starts_what_is_known(client, dataset, path, profile):
    parse = f"{BASE}/datasets/{dataset}/chunks"
    ids = [upload(client, dataset, f"{number}.txt")["id"] for number in range(3)]
    runs = lambda: {d["id"]: d["run"] for d in client.get(path).json["data"]["docs"]}  # noqa: E731
    for nothing in ({"json": {}}, {"json": {"document_ids": []}}, {"json": {"document_ids": None}}, {}):
        assert_error(client.post(parse, **nothing), 102, "`document_ids` is required")
        assert_error(client.delete(parse, **nothing), 102, "`document_ids` is required")
    assert_error(client.post(parse, json={"document_ids": [ids[0], "none"]}), 102, "Documents not found: ['none']")
    assert runs() == {ids[0]: "RUNNING", ids[1]: "UNSTART", ids[2]: "UNSTART"}
    listed = client.get(path, query_string={"id": ids[0]}).json["data"]["docs"][0]
    assert 0 < listed["progress"] < 0.01 and listed["process_begin_at"].endswith("GMT")
    expected = "Can't parse document that is currently being processed"
    assert_error(client.post(parse, json={"document_ids": [ids[0]]}), 102, expected)
    twice = {"success_count": 1, "errors": [f"Duplicate document ids: {ids[1]}"]}
    assert client.post(parse, json={"document_ids": [ids[1], ids[1]], "unknown": 1}).json == {"code": 0, "data": twice}
    assert runs()[ids[1]] == "RUNNING"


@both_profiles
def test_stopping_ends_at_the_first_that_cannot_be(client, dataset, path, profile):
    stop = f"{BASE}/datasets/{dataset}/chunks"
    ids = [upload(client, dataset, f"{number}.txt")["id"] for number in range(3)]
    client.post(stop, json={"document_ids": ids[:2]})
    assert_error(client.delete(stop, json={"document_ids": [ids[0], UNKNOWN, ids[1]]}), 102, f"You don't own the document {UNKNOWN}.")
    never = "Can't stop parsing document with progress at 0 or 1"
    assert_error(client.delete(stop, json={"document_ids": [ids[0]]}), 102, never)
    assert_error(client.delete(stop, json={"document_ids": [ids[2]]}), 102, never)
    runs = {d["id"]: d["run"] for d in client.get(path).json["data"]["docs"]}
    assert [runs[id] for id in ids] == ["CANCEL", "RUNNING", "UNSTART"]
    assert client.delete(stop, json={"document_ids": [ids[1]], "ids": ids}).json["code"] == 101  # A6
    twice = {"success_count": 1, "errors": [f"Duplicate document ids: {ids[1]}"]}
    assert client.delete(stop, json={"document_ids": [ids[1]] * 2}).json["data"] == twice


@both_profiles
def test_parsing_in_no_dataset_is_told_without_a_space(client, document, profile):
    for method in ("POST", "DELETE"):
        reply = client.open(f"{BASE}/datasets/{UNKNOWN}/chunks", method=method, data=b"{broken")
        assert_error(reply, 102, f"You don't own the dataset {UNKNOWN}.")


def test_a_document_is_answered_in_full(client, dataset, path, document):
    Document.update(process_begin_at=1729763804000, process_duration=0.54213).execute()
    [listed] = client.get(path).json["data"]["docs"]
    assert listed["process_begin_at"] == "Thu, 24 Oct 2024 09:56:44 GMT"
    assert listed["process_duation"] == listed["process_duration"] == 0.54213
    keys = (
        "id dataset_id knowledgebase_id created_by name location type size source_type thumbnail chunk_method parser_config run progress"
        " progress_msg process_begin_at process_duation process_duration chunk_count token_count meta_fields status"
        " create_time create_date update_time update_date"
    )
    assert set(listed) == set(keys.split())
