"""Every row of RAGFlow v1 contract 10 that concerns datasets, documents, chunks or retrieval, in both profiles (decisions A1)."""

from __future__ import annotations

import pytest

from tests.api.v1.wire import BASE, UNKNOWN, as_seed, as_v019, assert_success, both_profiles, said, upload

LACKS = "User '{tenant}' lacks permission for dataset"

# id, method, path, what is sent, answer in seed, answer in v0.19
ERRORS = [
    (
        "E1 name taken",
        *("POST", "/datasets", {"json": {"name": "Manuals"}}),
        (102, "Duplicated knowledgebase name in creating dataset."),
        (103, "Dataset name 'Manuals' already exists"),
    ),
    (
        "E2 delete a dataset of nobody",
        *("DELETE", "/datasets", {"json": {"ids": [UNKNOWN]}}),
        (102, "You don't own the dataset."),
        (108, f"{LACKS}s: '{UNKNOWN}'"),
    ),
    (
        "E3 change the tenant",
        *("PUT", "/datasets/{dataset}", {"json": {"tenant_id": "x"}}),
        (102, "Can't change tenant_id."),
        (101, "Field: <tenant_id> - Message: <Extra inputs are not permitted> - Value: <x>"),
    ),
    (
        "E4 list an unknown id",
        *("GET", "/datasets", {"query_string": {"id": UNKNOWN}}),
        (102, "The dataset doesn't exist"),
        (108, f"{LACKS} '{UNKNOWN}'"),
    ),
    (
        "E4 list an unknown name",
        *("GET", "/datasets", {"query_string": {"name": "none"}}),
        (102, "The dataset doesn't exist"),
        (108, f"{LACKS} 'none'"),
    ),
    (
        "E5 update a document of nobody",
        *("PUT", f"/datasets/{{dataset}}/documents/{UNKNOWN}", {"json": {"name": "a.txt"}}),
        (102, "The dataset does not have the document."),
        (102, "The dataset doesn't own the document."),
    ),
    (
        "E6 delete documents of no dataset",
        *("DELETE", f"/datasets/{UNKNOWN}/documents", {"json": {"ids": ["x"]}}),
        (102, f"You do not own the dataset {UNKNOWN}."),
        (102, f"You don't own the dataset {UNKNOWN}. "),
    ),
    (
        "E7 retrieve from nowhere",
        *("POST", "/retrieval", {"json": {"question": "x"}}),
        (102, "`datasets` is required."),
        (102, "`dataset_ids` is required."),
    ),
    (
        "E14 delete chunks without a body",
        *("DELETE", "/datasets/{dataset}/documents/{document}/chunks", {}),
        (102, "`chunk_ids` is required"),
        (102, "`chunk_ids` is required"),
    ),
    (
        "S11 delete all datasets by an empty object",
        *("DELETE", "/datasets", {"json": {}}),
        (0, None),
        (101, "Field: <ids> - Message: <Field required> - Value: <{}>"),
    ),
    (
        "1.10 a JSON string as the body of a delete",
        *("DELETE", "/datasets/{dataset}/documents", {"json": "all"}),
        (101, "Invalid request payload: expected object, got str"),
        (100, """AttributeError("'str' object has no attribute 'get'")"""),
    ),
    (
        "1.10 rename a document to a number",
        *("PUT", "/datasets/{dataset}/documents/{document}", {"json": {"name": 7}}),
        (101, "name should be a string"),
        (100, """AttributeError("'int' object has no attribute 'encode'")"""),
    ),
    (
        "1.10 rename a document to null",
        *("PUT", "/datasets/{dataset}/documents/{document}", {"json": {"name": None}}),
        (101, "name should be a string"),
        (100, """AttributeError("'NoneType' object has no attribute 'encode'")"""),
    ),
    (
        "1.10 a chunk of null",
        *("POST", "/datasets/{dataset}/documents/{document}/chunks", {"json": {"content": None}}),
        (101, "content should be a string"),
        (100, """TypeError("unsupported operand type(s) for +: 'NoneType' and 'str'")"""),
    ),
    (
        "1.10 a chunk changed to null",
        *("PUT", "/datasets/{dataset}/documents/{document}/chunks/{chunk}", {"json": {"content": None}}),
        (101, "content should be a string"),
        (100, "TypeError('expected string or bytes-like object')"),
    ),
    (
        "1.10 a number among keywords",
        *("POST", "/datasets/{dataset}/documents/{document}/chunks", {"json": {"content": "x", "important_keywords": [1]}}),
        (101, "important_keywords should be a list of strings"),
        (100, "TypeError('sequence item 0: expected str instance, int found')"),
    ),
    (
        "1.10 a number among questions",
        *("PUT", "/datasets/{dataset}/documents/{document}/chunks/{chunk}", {"json": {"questions": ["x", 2]}}),
        (101, "questions should be a list of strings"),
        (100, "TypeError('sequence item 1: expected str instance, int found')"),
    ),
    (
        "1.10 available as a word",
        *("PUT", "/datasets/{dataset}/documents/{document}/chunks/{chunk}", {"json": {"available": "maybe"}}),
        (101, "available should be a boolean"),
        (100, """ValueError("invalid literal for int() with base 10: 'maybe'")"""),
    ),
    (
        "1.10 available as RAGFlow's own word",
        *("PUT", "/datasets/{dataset}/documents/{document}/chunks/{chunk}", {"json": {"available": "True"}}),
        (101, "available should be a boolean"),
        (100, """ValueError("invalid literal for int() with base 10: 'True'")"""),
    ),
    (
        "1.10 available as null",
        *("PUT", "/datasets/{dataset}/documents/{document}/chunks/{chunk}", {"json": {"available": None}}),
        (101, "available should be a boolean"),
        (100, """TypeError("int() argument must be a string, a bytes-like object or a real number, not 'NoneType'")"""),
    ),
    (
        "1.10 upload to no dataset",
        *("POST", f"/datasets/{UNKNOWN}/documents", {"file": "a.txt"}),
        (102, f"Can't find the dataset with ID {UNKNOWN}!"),
        (100, f"""LookupError("Can't find the dataset with ID {UNKNOWN}!")"""),
    ),
    (
        "1.10 delete chunks of no document",
        *("DELETE", f"/datasets/{{dataset}}/documents/{UNKNOWN}/chunks", {"json": {}}),
        (102, f"Can't find the document with ID {UNKNOWN}!"),
        (100, f"""LookupError("Can't find the document with ID {UNKNOWN}!")"""),
    ),
    (
        "1.7 a page that is no number",
        *("GET", "/datasets/{dataset}/documents", {"query_string": {"page": "a"}}),
        (101, "page should be an integer"),
        (100, """ValueError("invalid literal for int() with base 10: 'a'")"""),
    ),
    (
        "1.7 page 0 of chunks",
        *("GET", "/datasets/{dataset}/documents/{document}/chunks", {"query_string": {"page": "0"}}),
        (101, "page should be at least 1"),
        (100, "ValueError('Search does not support negative slicing.')"),
    ),
    (
        "1.7 an unknown column",
        *("GET", "/datasets/{dataset}/documents", {"query_string": {"orderby": "shoe_size"}}),
        (101, "orderby should be create_time or update_time"),
        (100, """AttributeError("type object 'Document' has no attribute 'shoe_size'")"""),
    ),
    (
        "1.7 a column of JSON",
        *("GET", "/datasets/{dataset}/documents", {"query_string": {"orderby": "meta_fields"}}),
        (101, "orderby should be create_time or update_time"),
        (100, """AttributeError("type object 'Document' has no attribute 'meta_fields'")"""),
    ),
    (
        "1.5 a chunk without a body",
        *("POST", "/datasets/{dataset}/documents/{document}/chunks", {}),
        (102, "`content` is required"),
        (100, """AttributeError("'NoneType' object has no attribute 'get'")"""),
    ),
    (
        "3.6 an object over a scalar",
        *("PUT", "/datasets/{dataset}/documents/{document}", {"json": {"parser_config": {"delimiter": {"a": 1}}}}),
        (101, "parser_config.delimiter is not an object."),
        (100, "AssertionError()"),
    ),
    (
        "3.16 a weight that is no number",
        *("POST", "/retrieval", {"json": {"question": "x", "dataset_ids": ["{dataset}"], "vector_similarity_weight": "a"}}),
        (101, "vector_similarity_weight should be a number"),
        (100, """ValueError("could not convert string to float: 'a'")"""),
    ),
    (
        "3.16 a null page",
        *("POST", "/retrieval", {"json": {"question": "x", "dataset_ids": ["{dataset}"], "page": None}}),
        (101, "page should be an integer"),
        (100, """TypeError("int() argument must be a string, a bytes-like object or a real number, not 'NoneType'")"""),
    ),
    (
        "3.16 top_k of 0",
        *("POST", "/retrieval", {"json": {"question": "x", "dataset_ids": ["{dataset}"], "top_k": 0}}),
        (101, "top_k must be greater than 0"),
        (100, "ValueError('[top_k] must be greater than 0')"),
    ),
    (
        "3.16 an unknown rerank model",
        *("POST", "/retrieval", {"json": {"question": "x", "dataset_ids": ["{dataset}"], "rerank_id": "none"}}),
        (101, "Model(none) not authorized"),
        (100, "LookupError('Model(none) not authorized')"),
    ),
    (
        "B7 a chunk id that is none",
        *("PUT", "/datasets/{dataset}/documents/{document}/chunks/not%20an%20id", {"json": {}}),
        (1001, "Invalid Chunk ID"),
        (102, "Can't find this chunk not an id"),
    ),
]


@both_profiles
@pytest.mark.parametrize(("method", "path", "sent", "seed", "v019"), [row[1:] for row in ERRORS], ids=[row[0] for row in ERRORS])
def test_an_error_is_worded_as_the_profile_says(client, dataset, document, chunk, profile, method, path, sent, seed, v019):
    ids = {"dataset": dataset, "document": document, "chunk": chunk}
    code, message = v019 if profile == "v0.19" else seed
    tenant = client.get(f"{BASE}/datasets").json["data"][0]["tenant_id"]
    reply = client.open(BASE + path.format(**ids), method=method, **_filled(sent, dataset))
    assert reply.status_code == 200
    assert said(reply) == (code, message and message.format(tenant=tenant) if "{tenant}" in (message or "") else message)


def _filled(sent, dataset):
    if "file" in sent:
        import io

        return {"data": {"file": (io.BytesIO(b"x"), sent["file"])}}
    if isinstance(sent.get("json"), dict) and sent["json"].get("dataset_ids"):
        return {"json": {**sent["json"], "dataset_ids": [dataset]}}
    return sent


@both_profiles
def test_e2_deletes_nothing(client, dataset, profile):
    client.delete(f"{BASE}/datasets", json={"ids": [dataset, UNKNOWN]})
    assert len(client.get(f"{BASE}/datasets").json["data"]) == 1


@as_seed
def test_e3_an_equal_tenant_id_is_accepted(client, dataset):
    tenant = client.get(f"{BASE}/datasets").json["data"][0]["tenant_id"]
    assert client.put(f"{BASE}/datasets/{dataset}", json={"tenant_id": tenant}).json == {"code": 0}


@both_profiles
def test_v1_v4_v5_seed_spellings_of_parser_config_are_accepted_and_answered_correctly(client, profile):
    sent = {"chunk_token_count": 256, "layout_recognize": False, "raptor": {"user_raptor": True}, "entity_types": ["person"]}
    data = assert_success(client.post(f"{BASE}/datasets", json={"name": "a", "parser_config": sent}))
    config = data["parser_config"]
    assert (config["chunk_token_num"], config["layout_recognize"], config["raptor"]["use_raptor"]) == (256, "Plain Text", True)
    assert config["entity_types"] == ["person"]
    assert "chunk_token_count" not in config and "user_raptor" not in config["raptor"]
    data = assert_success(client.post(f"{BASE}/datasets", json={"name": "b", "parser_config": {"layout_recognize": True}}))
    assert data["parser_config"]["layout_recognize"] == "DeepDOC"


@both_profiles
def test_v1_documents_keep_unknown_keys_of_parser_config(client, dataset, document, profile):
    path = f"{BASE}/datasets/{dataset}/documents/{document}"
    assert client.put(path, json={"parser_config": {"chunk_token_count": 128, "own": [1]}}).json == {"code": 0}
    listed = client.get(f"{BASE}/datasets/{dataset}/documents").json["data"]["docs"][0]
    assert listed["parser_config"]["chunk_token_count"] == 128 and listed["parser_config"]["own"] == [1]


@both_profiles
def test_v2_v3_defaults_of_parser_config_follow_the_profile(client, profile):
    delimiter = "\\n" if profile == "v0.19" else "\\n!?;。；！？"
    naive = client.post(f"{BASE}/datasets", json={"name": "a"}).json["data"]["parser_config"]
    assert naive == {
        "chunk_token_num": 128,
        "delimiter": delimiter,
        "html4excel": False,
        "layout_recognize": "DeepDOC",
        "raptor": {"use_raptor": False},
    }
    graph = client.post(f"{BASE}/datasets", json={"name": "b", "chunk_method": "knowledge_graph"}).json["data"]["parser_config"]
    assert (graph["chunk_token_num"], graph["delimiter"]) == (8192, delimiter)
    given = client.post(f"{BASE}/datasets", json={"name": "c", "parser_config": {"chunk_token_num": 64}}).json["data"]["parser_config"]
    assert given["delimiter"] == delimiter


@both_profiles
def test_v6_manual_is_spelt_so(client, profile):
    assert_success(client.post(f"{BASE}/datasets", json={"name": "a", "chunk_method": "manual"}))
    assert client.post(f"{BASE}/datasets", json={"name": "b", "chunk_method": "manuel"}).json["code"] == 101


@both_profiles
def test_v7_the_page_of_a_chunk_list_is_1024_or_30(client, dataset, document, profile):
    path = f"{BASE}/datasets/{dataset}/documents/{document}/chunks"
    for number in range(31):
        client.post(path, json={"content": f"chunk {number}"})
    data = client.get(path).json["data"]
    assert (data["total"], len(data["chunks"])) == (31, 30 if profile == "v0.19" else 31)


@both_profiles
@pytest.mark.parametrize(
    ("sent", "on"),
    [({}, False), *(({"highlight": off}, False) for off in (False, "False", "false", None)), *(({"highlight": on}, True) for on in (True, "True"))],
)
def test_v8_highlighting_is_off_unless_asked_for(client, dataset, chunk, sent, on, profile):
    body = {"question": "kettle", "dataset_ids": [dataset], **sent}
    assert ("highlight" in client.post(f"{BASE}/retrieval", json=body).json["data"]["chunks"][0]) is on


@both_profiles
def test_v9_rerank_id_may_be_null_or_empty(client, dataset, chunk, profile):
    for rerank in (None, "", 0):
        body = {"question": "kettle", "dataset_ids": [dataset], "rerank_id": rerank}
        assert assert_success(client.post(f"{BASE}/retrieval", json=body))["total"] == 1


@both_profiles
@pytest.mark.parametrize("name", ["9 starts with a digit", "a/b@c.d e", "手册", "x" * 128])
def test_v16_any_characters_make_a_dataset_name(client, name, profile):
    assert assert_success(client.post(f"{BASE}/datasets", json={"name": name}))["name"] == name


@both_profiles
def test_v17_embedding_names_are_echoed_as_sent_bare_ones_only_from_the_catalogue(client, profile):
    for number, model in enumerate(["BAAI/bge-large-zh-v1.5", "BAAI/bge-large-zh-v1.5@BAAI", "BAAI/bge-zh-v1.5"]):
        reply = client.post(f"{BASE}/datasets", json={"name": f"{number}", "embedding_model": model})
        assert assert_success(reply)["embedding_model"] == model
    reply = client.post(f"{BASE}/datasets", json={"name": "x", "embedding_model": "unheard-of"})
    expected = "Embedding model identifier must follow <model_name>@<provider> format"
    assert said(reply) == (101, f"Field: <embedding_model> - Message: <{expected}> - Value: <unheard-of>")


@both_profiles
def test_v17_an_omitted_embedding_model_is_the_default_by_its_own_name(client, profile, settings):
    data = client.post(f"{BASE}/datasets", json={"name": "a"}).json["data"]
    assert data["embedding_model"] == ("BAAI/bge-large-zh-v1.5@BAAI" if profile == "v0.19" else settings.embedding.default)


@both_profiles
def test_v18_v21_language_and_pagerank_are_taken_and_answered(client, profile):
    data = assert_success(client.post(f"{BASE}/datasets", json={"name": "a", "language": "Chinese", "pagerank": 50}))
    assert (data["language"], data["pagerank"]) == ("Chinese", 50)


@both_profiles
def test_s1_s2_s3_s4_both_spellings_of_old_and_new_clients(client, dataset, document, chunk, profile):
    listed = client.get(f"{BASE}/datasets/{dataset}/documents").json["data"]["docs"][0]
    assert (listed["run"], listed["dataset_id"], listed["knowledgebase_id"]) == ("UNSTART", dataset, dataset)
    assert listed["process_duation"] == listed["process_duration"] == 0.0
    page = client.get(f"{BASE}/datasets/{dataset}/documents/{document}/chunks").json["data"]
    item = page["chunks"][0]
    assert (item["available"], item["available_int"]) == (True, 1)
    assert (item["important_keywords"], item["questions"], item["positions"]) == ([], [], [])
    assert page["doc"]["run"] == "UNSTART"


@both_profiles
def test_s5_retrieval_names_the_dataset_in_both_ways(client, dataset, chunk, profile):
    [found] = client.post(f"{BASE}/retrieval", json={"question": "kettle", "dataset_ids": [dataset]}).json["data"]["chunks"]
    assert found["dataset_id"] == found["kb_id"] == dataset


@as_seed
def test_s10_documents_alone_name_their_datasets(client, dataset, document, chunk):
    found = assert_success(client.post(f"{BASE}/retrieval", json={"question": "kettle", "document_ids": [document]}))
    assert [item["id"] for item in found["chunks"]] == [chunk]


@as_v019
def test_s10_ragflow_0_19_wants_datasets_even_with_documents(client, document):
    reply = client.post(f"{BASE}/retrieval", json={"question": "kettle", "document_ids": [document]})
    assert said(reply) == (102, "`dataset_ids` is required.")


@both_profiles
def test_s13_the_misprinted_path_updates_a_document_too(client, dataset, document, profile):
    assert client.put(f"{BASE}/datasets/{dataset}/info/{document}", json={"name": "pot.txt"}).json == {"code": 0}
    assert client.get(f"{BASE}/datasets/{dataset}/documents").json["data"]["docs"][0]["name"] == "pot.txt"


@both_profiles
def test_s19_ids_are_version_1_uuids_and_chunk_ids_are_xxh64(client, dataset, document, profile):
    import uuid

    import xxhash

    assert {uuid.UUID(id).version for id in (dataset, document)} == {1}
    body = {"content": "who are you"}
    added = client.post(f"{BASE}/datasets/{dataset}/documents/{document}/chunks", json=body).json["data"]["chunk"]
    assert added["id"] == xxhash.xxh64(f"who are you{document}".encode()).hexdigest()


@both_profiles
def test_s20_s21_dates_are_utc(client, dataset, document, chunk, profile):
    from datetime import UTC, datetime
    from email.utils import parsedate_to_datetime

    listed = client.get(f"{BASE}/datasets").json["data"][0]
    assert parsedate_to_datetime(listed["create_date"]).timestamp() == listed["create_time"] // 1000
    body = {"content": "another"}
    added = client.post(f"{BASE}/datasets/{dataset}/documents/{document}/chunks", json=body).json["data"]["chunk"]
    spelled = datetime.strptime(added["create_time"], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    assert spelled.timestamp() == int(added["create_timestamp"])


@both_profiles
def test_s22_knowledge_graph_is_accepted_and_not_advertised(client, profile):
    assert_success(client.post(f"{BASE}/datasets", json={"name": "a", "chunk_method": "knowledge_graph"}))
    message = said(client.post(f"{BASE}/datasets", json={"name": "b", "chunk_method": "x"}))[1]
    assert "knowledge_graph" not in message and "'table' or 'tag'" in message


@both_profiles
def test_b18_an_avatar_may_be_plain_base64_to_the_seeds(client, profile):
    reply = client.post(f"{BASE}/datasets", json={"name": "a", "avatar": "iVBORw0KGgo="})
    assert reply.json["code"] == (101 if profile == "v0.19" else 0)


@both_profiles
def test_b7_text_that_cannot_be_embedded_changes_nothing(client, dataset, document, chunk, profile, monkeypatch, model_folder, tmp_path):
    from search import embedding

    embedding.open_models(folder=tmp_path / "empty", threads=1)
    path = f"{BASE}/datasets/{dataset}/documents/{document}/chunks"
    reply = client.put(f"{path}/{chunk}", json={"content": "new"})
    assert said(reply)[0] == (100 if profile == "v0.19" else 1002)
    assert client.get(path).json["data"]["chunks"][0]["content"].startswith("The kettle")


@both_profiles
def test_a7_unknown_keys_are_ignored_but_by_strict_datasets(client, dataset, document, profile):
    code = 101 if profile == "v0.19" else 0
    assert client.post(f"{BASE}/datasets", json={"name": "a", "colour": "red"}).json["code"] == code
    assert client.put(f"{BASE}/datasets/{dataset}", json={"name": "b", "colour": "red"}).json["code"] == code
    assert client.get(f"{BASE}/datasets", query_string={"colour": "red"}).json["code"] == code
    assert client.put(f"{BASE}/datasets/{dataset}/documents/{document}", json={"colour": "red"}).json == {"code": 0}
    upload(client, dataset, "more.txt")
