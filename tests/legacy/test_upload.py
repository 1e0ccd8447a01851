"""Upload of a file to a dataset that is named (legacy contract 6.5; decisions C4, C7, C9)."""

from __future__ import annotations

import io

import pytest

from tests.legacy.wire import BASE, TOKEN_REFUSED, V1, assert_error, assert_success, said, upload

PATH = f"{BASE}/document/upload"
ROW = {
    "id", "kb_id", "name", "location", "size", "type", "suffix", "thumbnail", "parser_id", "parser_config", "source_type", "created_by",
    "token_num", "chunk_num", "progress", "progress_msg", "process_begin_at", "process_duation", "process_duration", "run", "status",
    "meta_fields", "create_time", "create_date", "update_time", "update_date",
}  # fmt: skip


def file(name="a.txt", content=b"x"):
    return io.BytesIO(content), name


@pytest.fixture
def names(client, dataset):
    """The names of the dataset's documents, oldest first."""

    def listed():
        found = assert_success(client.post(f"{BASE}/list_kb_docs", json={"kb_name": "manuals", "desc": False, "page_size": 1000}))
        return [document["doc_name"] for document in found["docs"]]

    return listed


def test_an_upload_answers_the_row_as_it_was_inserted(client, dataset):
    row = upload(client, name="Kettle.PDF", content=b"%PDF-", run="1")
    assert set(row) == ROW
    assert (row["name"], row["location"], row["type"], row["suffix"], row["size"]) == ("Kettle.PDF", "Kettle.PDF", "pdf", "PDF", 5)
    assert (row["run"], row["progress"], row["progress_msg"], row["process_begin_at"]) == ("0", 0.0, "", None)
    assert (row["chunk_num"], row["token_num"], row["process_duation"], row["status"]) == (0, 0, 0.0, "1")
    assert (row["kb_id"], row["source_type"], row["meta_fields"]) == (dataset, "local", {})
    assert row["create_date"].endswith(" GMT")


def test_parsing_starts_when_run_is_one_and_only_then(client, dataset):
    for run, state in [("1", "RUNNING"), (" 1 ", "RUNNING"), ("0", "UNSTART"), ("true", "UNSTART"), ("", "UNSTART"), ("11", "UNSTART")]:
        upload(client, run=run)
        assert client.get(f"{V1}/datasets/{dataset}/documents").json["data"]["docs"][0]["run"] == state, run


def test_a_file_that_is_uploaded_to_run_is_parsed_and_found(client, dataset, parse):
    id = upload(client, content="The kettle is sold in red.\n".encode(), run="1")["id"]
    parse()
    [row] = assert_success(client.post(f"{BASE}/document/infos", json={"doc_ids": [id]}))
    assert (row["run"], row["progress"], row["chunk_num"]) == ("3", 1.0, 1)
    assert assert_success(client.post(f"{BASE}/retrieval", json={"kb_id": dataset, "question": "kettle"}))["total"] == 1


def test_a_method_of_the_list_is_taken(client, dataset):
    for sent in "naive qa manual table paper laws presentation picture one book resume audio".split():
        assert upload(client, parser_id=f" {sent} ")["parser_id"] == sent


def test_any_other_method_is_the_datasets_own(client):
    client.post(f"{V1}/datasets", json={"name": "manuals", "chunk_method": "book"})
    assert upload(client)["parser_id"] == "book"  # decisions C4
    for sent in ("general", "email", "knowledge_graph", "tag", "QA", "", "nonsense"):
        assert upload(client, parser_id=sent)["parser_id"] == "book", sent


def test_type_and_forced_method_follow_the_suffix(client, dataset):
    for name, kind, method in [
        ("a.pptx", "doc", "presentation"),
        ("a.ppt", "doc", "presentation"),
        ("a.pages", "doc", "presentation"),
        ("a.eml", "doc", "email"),
        ("a.PNG", "visual", "picture"),
        ("a.mp4", "visual", "picture"),
        ("a.mp3", "aural", "audio"),
        ("a.docx", "doc", "qa"),
        ("a.Pdf", "pdf", "qa"),
        ("a.sql", "doc", "qa"),
        ("a.xyz", "other", "qa"),
        ("noext", "other", "qa"),
        ("产品.txt", "doc", "qa"),
    ]:
        row = upload(client, name=name, parser_id="qa")
        assert (row["name"], row["type"], row["parser_id"]) == (name, kind, method)


def test_what_cannot_be_parsed_is_taken_and_fails_clearly(client, dataset, parse):
    """Decisions C9; unknown types are accepted since v0.6."""
    files = [("a.xyz", b"x", ""), ("noext", b"\x00\x01", ""), ("a.txt", b"x", "resume"), ("a.mp3", b"ID3", "")]
    ids = [upload(client, name=name, content=content, parser_id=method, run="1")["id"] for name, content, method in files]
    parse()
    for row in assert_success(client.post(f"{BASE}/document/infos", json={"doc_ids": ids})):
        assert (row["run"], row["progress"]) == ("4", -1.0)
        assert "not supported yet" in row["progress_msg"] or "is not available yet" in row["progress_msg"], row["name"]
        assert "Traceback" not in row["progress_msg"]


def test_names_that_are_taken_get_a_number(client, dataset, names):
    for name in ("a.txt", "a.txt", "A.TXT", "a(1).txt"):
        upload(client, name=name)
    assert names() == ["a.txt", "a(1).txt", "A(2).TXT", "a(3).txt"]


def test_a_dataset_is_named_in_any_case_and_with_blanks_around(client, dataset):
    assert upload(client, " MANUALS ")["kb_id"] == dataset


def test_of_several_datasets_the_oldest_is_meant(client, stranger, dataset):
    """Decisions A5; and only one's own."""
    foreign = stranger.post(f"{V1}/datasets", json={"name": "elsewhere"}).json["data"]["id"]
    assert foreign
    assert_error(client.post(PATH, data={"kb_name": "elsewhere", "file": file()}), 102, "Can't find this knowledgebase!")


def test_the_checks_come_in_the_order_old_clients_saw(client, anonymous, dataset):
    missing = "required argument are missing: kb_name; "
    assert_error(anonymous.post(PATH, data={"file": file()}), 101, missing, None)
    assert_error(client.post(PATH), 101, missing, None)
    assert_error(anonymous.post(PATH, data={"kb_name": "nowhere"}), 109, TOKEN_REFUSED, False)
    assert_error(client.post(PATH, data={"kb_name": "nowhere"}), 102, "Can't find this knowledgebase!")
    assert_error(client.post(PATH, data={"kb_name": ""}), 102, "Can't find this knowledgebase!")
    assert_error(client.post(PATH, data={"kb_name": "manuals"}), 101, "No file part!", False)
    assert_error(client.post(PATH, data={"kb_name": "manuals", "file": "text"}), 101, "No file part!", False)
    assert_error(client.post(PATH, data={"kb_name": "manuals", "other": file()}), 101, "No file part!", False)
    assert_error(client.post(PATH, data={"kb_name": "manuals", "file": file("")}), 101, "No file selected!", False)


def test_a_json_body_holds_no_file(client, dataset):
    for body in ({"kb_name": "manuals"}, {"kb_name": "nowhere", "file": "x"}, {"kb_name": None}, {"kb_name": ["manuals"]}):
        assert_error(client.post(PATH, json=body), 101, "No file part!", False)


@pytest.mark.parametrize("count", [2, 200])
def test_more_than_one_file_is_refused_and_nothing_is_stored(client, names, count):
    """Decisions C7."""
    reply = client.post(PATH, data={"kb_name": "manuals", "file": [file(f"{number}.txt") for number in range(count)], "run": "1"})
    assert said(reply) == (101, "Only one file can be uploaded at a time, nothing was stored.")
    assert names() == []


def test_a_name_that_no_file_may_have_is_refused(client, names):
    for name in ("../../etc/passwd.txt", "a/b.txt", "a\x7fb.txt", "ä" * 120 + ".txt", "x" * 300):
        code, message = said(client.post(PATH, data={"kb_name": "manuals", "file": file(name)}))
        assert code == 101 and message.startswith("File name should "), name
    assert names() == []


def test_a_long_chinese_name_is_kept(client, names):
    name = "产" * 75 + ".txt"
    for _ in range(2):
        upload(client, name=name)
    assert names() == [name, "产" * 75 + "(1).txt"]


def test_a_file_over_the_limit_is_refused_in_the_envelope(app, client, dataset, names):
    app.config["MAX_CONTENT_LENGTH"] = 1000
    reply = client.post(PATH, data={"kb_name": "manuals", "file": file(content=b"x" * 2000)})
    assert (reply.status_code, reply.json["retcode"], reply.json["code"], reply.json["data"]) == (413, 101, 101, None)
    assert names() == []


def test_a_large_body_is_read_for_a_known_caller_alone(client, anonymous, dataset, names):
    """Decisions C11: its sender is looked at before its arguments are."""
    large = {"data": {"file": (io.BytesIO(b"x" * (1 << 20)), "large.txt")}}
    assert_error(anonymous.post(PATH, **large), 109, TOKEN_REFUSED, False)
    large = {"data": {"file": (io.BytesIO(b"x" * (1 << 20)), "large.txt")}}
    assert_error(client.post(PATH, **large), 101, "required argument are missing: kb_name; ", None)
    assert anonymous.post("/v1/user/login", json={"email": "x" * (1 << 20), "password": "x"}).status_code == 413


def test_a_document_counts_in_its_dataset(client, dataset):
    upload(client, name="a.xyz")
    assert client.get(f"{V1}/datasets").json["data"][0]["document_count"] == 1
    [seen] = client.get(f"{V1}/datasets/{dataset}/documents").json["data"]["docs"]
    assert (seen["type"], seen["chunk_method"], seen["run"]) == ("other", "naive", "UNSTART")
