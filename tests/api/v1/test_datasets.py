"""Datasets: create, update, delete, list (RAGFlow v1 contract 3.1 to 3.4)."""

from __future__ import annotations

import json

import pytest

from tests.api.v1.wire import BASE, UNKNOWN, as_seed, as_v019, assert_error, assert_success, both_profiles, said, upload

PATH = f"{BASE}/datasets"
PICTURE = "data:image/png;base64,iVBORw0KGgo="


def problem(place: str, text: str, value: str) -> str:
    return f"Field: <{place}> - Message: <{text}> - Value: <{value}>"


def test_a_dataset_is_answered_in_full(client):
    data = assert_success(client.post(PATH, json={"name": "  manuals ", "description": "All of them", "avatar": PICTURE}))
    tenant = data["tenant_id"]
    expected = {
        "name": "manuals",
        "description": "All of them",
        "avatar": PICTURE,
        "tenant_id": tenant,
        "created_by": tenant,
        "language": "English",
        "permission": "me",
        "chunk_method": "naive",
        "document_count": 0,
        "chunk_count": 0,
        "token_num": 0,
        "similarity_threshold": 0.2,
        "vector_similarity_weight": 0.3,
        "pagerank": 0,
        "status": "1",
    }
    assert {key: data[key] for key in expected} == expected
    times = {"id", "embedding_model", "parser_config", "create_time", "create_date", "update_time", "update_date"}
    assert set(data) == set(expected) | times
    assert client.get(PATH).json["data"] == [data]


@both_profiles
def test_the_sdk_of_0_17_creates_with_empty_values(client, profile):
    sent = {"name": "a", "avatar": "", "description": "", "language": "English", "embedding_model": "BAAI/bge-large-zh-v1.5"}
    data = assert_success(client.post(PATH, json={**sent, "permission": "me", "chunk_method": "naive", "parser_config": None}))
    assert (data["avatar"], data["description"]) == (None, "")
    assert data["parser_config"]["chunk_token_num"] == 128


@both_profiles
def test_null_asks_for_the_default_embedding_model_but_of_ragflow_0_19(client, profile):
    """ragflow-sdk 0.20.5 sends null unasked; contract 3.1 has 0.19 refuse it."""
    reply = client.post(PATH, json={"name": "a", "embedding_model": None})
    if profile == "v0.19":
        assert_error(reply, 101, problem("embedding_model", "Input should be a valid string", "None"))
    else:
        assert assert_success(reply)["embedding_model"]


CHOICES = "'naive', 'book', 'email', 'laws', 'manual', 'one', 'paper', 'picture', 'presentation', 'qa', 'table' or 'tag'"
WRONG = [
    ({}, problem("name", "Field required", "{}")),
    ({"name": ""}, problem("name", "String should have at least 1 character", "")),
    ({"name": "  "}, problem("name", "String should have at least 1 character", "  ")),
    ({"name": "x" * 129}, problem("name", "String should have at most 128 characters", "x" * 125 + "...")),
    ({"name": None}, problem("name", "Input should be a valid string", "None")),
    ({"name": 7}, problem("name", "Input should be a valid string", "7")),
    ({"description": "x" * 65_536}, problem("description", "String should have at most 65535 characters", "x" * 125 + "...")),
    (
        {"avatar": "data:image/gif;base64,x"},
        problem("avatar", "Unsupported MIME type. Allowed: ['image/jpeg', 'image/png']", "data:image/gif;base64,x"),
    ),
    ({"avatar": "text,x"}, problem("avatar", "Invalid MIME prefix format. Must start with 'data:'", "text,x")),
    ({"permission": "you"}, problem("permission", "Input should be 'me' or 'team'", "you")),
    ({"permission": None}, problem("permission", "Input should be 'me' or 'team'", "None")),
    ({"chunk_method": "Naive"}, problem("chunk_method", f"Input should be {CHOICES}", "Naive")),
    ({"language": "Latin"}, problem("language", "Input should be 'English' or 'Chinese'", "Latin")),
    ({"embedding_model": "a@"}, problem("embedding_model", "Both model_name and provider must be non-empty strings", "a@")),
    (
        {"embedding_model": ""},
        problem("embedding_model", "Embedding model identifier must follow <model_name>@<provider> format", ""),
    ),
    ({"pagerank": 101}, problem("pagerank", "Input should be less than or equal to 100", "101")),
    ({"pagerank": -1}, problem("pagerank", "Input should be greater than or equal to 0", "-1")),
    ({"pagerank": 3.14}, problem("pagerank", "Input should be a valid integer, got a number with a fractional part", "3.14")),
    ({"pagerank": "a"}, problem("pagerank", "Input should be a valid integer, unable to parse string as an integer", "a")),
    ({"pagerank": None}, problem("pagerank", "Input should be a valid integer", "None")),
    ({"parser_config": "x"}, problem("parser_config", "Input should be a valid dictionary or instance of ParserConfig", "x")),
]
WRONG_CONFIG = [
    ({"chunk_token_num": 0}, "chunk_token_num", "Input should be greater than or equal to 1", "0"),
    ({"chunk_token_num": 2049}, "chunk_token_num", "Input should be less than or equal to 2048", "2049"),
    ({"auto_keywords": 33}, "auto_keywords", "Input should be less than or equal to 32", "33"),
    ({"auto_questions": 11}, "auto_questions", "Input should be less than or equal to 10", "11"),
    ({"topn_tags": 0}, "topn_tags", "Input should be greater than or equal to 1", "0"),
    ({"delimiter": ""}, "delimiter", "String should have at least 1 character", ""),
    ({"html4excel": "perhaps"}, "html4excel", "Input should be a valid boolean, unable to interpret input", "perhaps"),
    ({"tag_kb_ids": "x"}, "tag_kb_ids", "Input should be a valid list", "x"),
    ({"tag_kb_ids": [1]}, "tag_kb_ids.0", "Input should be a valid string", "1"),
    ({"filename_embd_weight": 1.5}, "filename_embd_weight", "Input should be less than or equal to 1", "1.5"),
    ({"filename_embd_weight": "x"}, "filename_embd_weight", "Input should be a valid number, unable to parse string as a number", "x"),
    ({"task_page_size": 0}, "task_page_size", "Input should be greater than or equal to 1", "0"),
    ({"pages": [[1, "x"]]}, "pages.0.1", "Input should be a valid integer, unable to parse string as an integer", "x"),
    ({"raptor": {"max_token": 2049}}, "raptor.max_token", "Input should be less than or equal to 2048", "2049"),
    ({"raptor": {"threshold": -0.1}}, "raptor.threshold", "Input should be greater than or equal to 0", "-0.1"),
    ({"raptor": 7}, "raptor", "Input should be a valid dictionary or instance of RaptorConfig", "7"),
    ({"graphrag": {"method": "x"}}, "graphrag.method", "Input should be 'light' or 'general'", "x"),
]


@both_profiles
def test_wrong_values_are_told_with_field_rule_and_value(client, profile):
    for sent, expected in WRONG:
        body = {"name": "a", **sent} if sent and "name" not in sent else sent
        assert_error(client.post(PATH, json=body), 101, expected)
    assert client.get(PATH).json["data"] == []


@both_profiles
def test_wrong_parser_configs_are_told_with_their_place(client, dataset, profile):
    before = client.get(PATH).json["data"]
    for config, place, text, value in WRONG_CONFIG:
        expected = problem(f"parser_config.{place}", text, value)
        assert_error(client.post(PATH, json={"name": "a", "parser_config": config}), 101, expected)
        if "chunk_token_num" not in config or config["chunk_token_num"] < 2049:
            assert_error(client.put(f"{PATH}/{dataset}", json={"parser_config": config}), 101, expected)
    assert client.get(PATH).json["data"] == before


@as_v019
def test_all_problems_are_told_in_the_order_of_the_fields_unknown_keys_last(client):
    sent = {"zebra": 1, "pagerank": "a", "name": "", "parser_config": {"unknown": 1, "topn_tags": 99}, "apple": None}
    reply = client.post(PATH, data=json.dumps(sent), content_type="application/json")
    places = [line.split(">")[0] for line in said(reply)[1].split("\n")]
    names = ["name", "pagerank", "parser_config.topn_tags", "parser_config.unknown", "zebra", "apple"]
    assert places == [f"Field: <{name}" for name in names]


@as_v019
@pytest.mark.parametrize("key", ["id", "tenant_id", "created_by", "create_time", "document_count", "chunk_count", "token_num", "status"])
def test_ragflow_0_19_refuses_what_is_not_the_clients_to_set(client, dataset, key):
    expected = problem(key, "Extra inputs are not permitted", "1")
    assert_error(client.post(PATH, json={"name": "a", key: 1}), 101, expected)
    assert_error(client.put(f"{PATH}/{dataset}", json={key: 1}), 101, expected)


@both_profiles
@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"chunk_token_num": "5"}, {"chunk_token_num": 5}),
        ({"chunk_token_num": "7.0"}, {"chunk_token_num": 7}),
        ({"filename_embd_weight": 1}, {"filename_embd_weight": 1.0}),
        *[({"html4excel": word}, {"html4excel": True}) for word in ("true", "TRUE", 1, "yes", "Y", "on", "t", True)],
        *[({"html4excel": word}, {"html4excel": False}) for word in ("false", 0, "no", "n", "off", "F", False)],
        ({"delimiter": " "}, {"delimiter": " "}),
    ],
)
def test_values_that_spell_the_right_type_are_taken(client, config, expected, profile):
    data = assert_success(client.post(PATH, json={"name": "a", "parser_config": config}))
    assert {key: data["parser_config"][key] for key in expected} == expected


@both_profiles
def test_one_key_of_parser_config_materialises_all_on_create(client, profile):
    config = assert_success(client.post(PATH, json={"name": "a", "parser_config": {"topn_tags": 3, "raptor": {"use_raptor": True}}}))["parser_config"]
    assert config["raptor"]["max_token"] == 256 and "{cluster_content}" in config["raptor"]["prompt"]
    nothing = {key: config[key] for key in ("filename_embd_weight", "graphrag", "pages", "task_page_size")}
    assert set(nothing.values()) == {None}
    assert (config["auto_keywords"], config["chunk_token_num"], config["tag_kb_ids"], config["topn_tags"]) == (0, 128, [], 3)


@both_profiles
@pytest.mark.parametrize("config", [None, {}])
def test_an_empty_parser_config_is_the_methods_default(client, config, profile):
    data = assert_success(client.post(PATH, json={"name": "a", "chunk_method": "qa", "parser_config": config}))
    assert data["parser_config"] == {"raptor": {"use_raptor": False}}
    data = assert_success(client.post(PATH, json={"name": "b", "chunk_method": "table", "parser_config": config}))
    assert data["parser_config"] == {}


@both_profiles
def test_a_parser_config_over_the_size_limit_is_refused(client, profile):
    sent = {"name": "a", "parser_config": {"tag_kb_ids": ["x" * 1000] * 70}}
    code, message = said(client.post(PATH, json=sent))
    assert code == 101
    assert "Parser config exceeds size limit (max 65,535 characters). Current size: " in message


@both_profiles
@pytest.mark.parametrize(("method", "most"), [("naive", 2048), ("knowledge_graph", 8192)])
def test_chunks_of_a_knowledge_graph_may_be_larger(client, method, most, profile):
    """Decisions B17."""
    create = {"name": "a", "chunk_method": method, "parser_config": {"chunk_token_num": most}}
    data = assert_success(client.post(PATH, json=create))
    path = f"{PATH}/{data['id']}"
    assert assert_success(client.put(path, json={"parser_config": {"chunk_token_num": most}})) is None
    expected = problem("parser_config.chunk_token_num", f"Input should be less than or equal to {most}", str(most + 1))
    assert_error(client.put(path, json={"parser_config": {"chunk_token_num": most + 1}}), 101, expected)


def test_a_name_that_grows_when_it_is_folded_is_a_name_like_any_other(client):
    """Contract 3.1, 3.4: unique in any case of letters; its key fits the column, which PostgreSQL insists on."""
    from models.tables import Dataset

    id = assert_success(client.post(PATH, json={"name": "ΐ" * 128}))["id"]
    assert len(Dataset.get_by_id(id).name_key) <= Dataset.name_key.max_length
    assert said(client.post(PATH, json={"name": "ΐ" * 128}))[0] == 102
    assert [found["id"] for found in assert_success(client.get(PATH, query_string={"name": "ΐ" * 128}))] == [id]
    other = assert_success(client.post(PATH, json={"name": "ΐ" * 127 + "a"}))["id"]
    assert said(client.put(f"{PATH}/{other}", json={"name": "ΐ" * 127 + "A"}))[0] == 0


@both_profiles
def test_names_are_unique_whatever_their_case(client, dataset, profile):
    assert client.post(PATH, json={"name": "MANUALS"}).json["code"] == (103 if profile == "v0.19" else 102)
    other = assert_success(client.post(PATH, json={"name": "other"}))["id"]
    assert_error(client.put(f"{PATH}/{other}", json={"name": "Manuals"}), 102, "Dataset name 'Manuals' already exists")
    assert client.put(f"{PATH}/{dataset}", json={"name": "MANUALS"}).json == {"code": 0}


@both_profiles
def test_a_taken_name_is_told_before_an_unknown_model(client, dataset, profile):
    sent = {"name": "manuals", "embedding_model": "no-such@Factory"}
    assert client.post(PATH, json=sent).json["code"] == (103 if profile == "v0.19" else 102)
    assert_error(client.post(PATH, json={**sent, "name": "new"}), 101, "Unsupported model: <no-such@Factory>")


@both_profiles
@pytest.mark.parametrize(
    ("content_type", "body", "message"),
    [
        ("text/xml", b"{}", "Unsupported content type: Expected application/json, got text/xml"),
        ("application/json", b"", "Malformed JSON syntax: Missing commas/brackets or invalid encoding"),
        ("application/json", b"{", "Malformed JSON syntax: Missing commas/brackets or invalid encoding"),
        ("application/json", b'{"name": "\xff"}', "Malformed JSON syntax: Missing commas/brackets or invalid encoding"),
        ("application/json", b'"text"', "Invalid request payload: expected object, got str"),
        ("application/json", b"[1]", "Invalid request payload: expected object, got list"),
    ],
)
def test_bodies_that_are_no_json_objects_are_refused(client, dataset, content_type, body, message, profile):
    for method, path in (("POST", PATH), ("PUT", f"{PATH}/{dataset}"), ("DELETE", PATH)):
        assert_error(client.open(path, method=method, data=body, content_type=content_type), 101, message)
    assert len(client.get(PATH).json["data"]) == 1


@both_profiles
@pytest.mark.parametrize("body", [b"null", b'""', b"[]", b"0", b"false"])
def test_an_empty_value_is_an_empty_object_but_never_a_reason_to_delete(client, dataset, body, profile):
    """Contract 1.5, decisions A6."""
    assert_error(client.post(PATH, data=body, content_type="application/json"), 101, problem("name", "Field required", "{}"))
    assert_error(client.put(f"{PATH}/{dataset}", data=body, content_type="application/json"), 101, "No properties were modified")
    assert client.delete(PATH, data=body, content_type="application/json").json["code"] == 101
    assert len(client.get(PATH).json["data"]) == 1


@both_profiles
def test_only_what_is_sent_changes(client, profile):
    created = assert_success(client.post(PATH, json={"name": "a", "description": "old", "avatar": PICTURE, "chunk_method": "qa"}))
    path = f"{PATH}/{created['id']}"
    assert client.put(path, json={"description": "new"}).json == {"code": 0}
    changed = client.get(PATH).json["data"][0]
    assert changed["update_time"] >= created["update_time"]
    times = ("update_time", "update_date", "description")
    assert {key: value for key, value in changed.items() if key not in times} == {k: v for k, v in created.items() if k not in times}
    client.put(path, json={"avatar": None, "description": None, "permission": "TEAM", "pagerank": 5, "language": "Chinese"})
    changed = client.get(PATH).json["data"][0]
    assert (changed["avatar"], changed["description"]) == (None, None)
    assert (changed["permission"], changed["pagerank"], changed["language"]) == ("team", 5, "Chinese")
    assert_error(client.put(path, json={}), 101, "No properties were modified")


@both_profiles
def test_parser_config_is_merged_on_update(client, profile):
    created = assert_success(client.post(PATH, json={"name": "a", "parser_config": {"raptor": {"use_raptor": True, "max_token": 100}}}))
    path = f"{PATH}/{created['id']}"
    client.put(path, json={"parser_config": {"raptor": {"max_token": 99}, "chunk_token_count": 64}})
    config = client.get(PATH).json["data"][0]["parser_config"]
    assert config == {**created["parser_config"], "chunk_token_num": 64, "raptor": {**created["parser_config"]["raptor"], "max_token": 99}}
    for nothing in ({}, None):
        client.put(path, json={"parser_config": nothing, "description": "x"})
        assert client.get(PATH).json["data"][0]["parser_config"] == config
        client.put(path, json={"parser_config": nothing, "chunk_method": "naive"})
        assert client.get(PATH).json["data"][0]["parser_config"] == config
    client.put(path, json={"parser_config": {}, "chunk_method": "book"})
    assert client.get(PATH).json["data"][0]["parser_config"] == {"raptor": {"use_raptor": False}}


@both_profiles
def test_the_embedding_model_is_fixed_while_there_are_chunks(client, dataset, document, chunk, profile):
    current = client.get(PATH).json["data"][0]["embedding_model"]
    other = "BAAI/bge-zh-v1.5"
    expected = f"When chunk_num (1) > 0, embedding_model must remain {current}"
    assert_error(client.put(f"{PATH}/{dataset}", json={"embedding_model": "no-such@Factory"}), 102, expected)
    client.delete(f"{PATH}/{dataset}/documents/{document}/chunks", json={"chunk_ids": [chunk]})
    assert_success(client.put(f"{PATH}/{dataset}", json={"embedding_model": other}))
    assert client.get(PATH).json["data"][0]["embedding_model"] == other


@both_profiles
def test_updating_nobodys_dataset_is_refused(client, profile):
    code, message = said(client.put(f"{PATH}/{UNKNOWN}", json={"name": "x"}))
    assert code == 108 and message.endswith(f"lacks permission for dataset '{UNKNOWN}'")


@both_profiles
@pytest.mark.parametrize("sent", [{"json": {"name": "x"}}, {"json": {"name": ""}}, {"json": {}}, {"data": b"{broken"}, {"json": {"dataset_id": "x"}}])
def test_the_id_in_the_path_is_checked_before_the_body(client, sent, profile):
    """Contract 3.3, appendix B."""
    assert_error(client.put(f"{PATH}/x", **sent), 101, problem("dataset_id", "Invalid UUID1 format", "x"))


@both_profiles
@pytest.mark.parametrize("key", ["dataset_id", "id"])
def test_an_id_in_the_body_is_an_unknown_key_even_if_it_is_the_dataset_s_own(client, dataset, key, profile):
    """Contract 1.5, 3.3; decisions A7."""
    for id in (dataset, UNKNOWN, 7):
        reply = client.put(f"{PATH}/{dataset}", json={key: id, "name": "renamed"})
        if profile == "v0.19":
            assert_error(reply, 101, problem(key, "Extra inputs are not permitted", str(id)))
        else:
            assert reply.json == {"code": 0}
    assert client.get(PATH).json["data"][0]["name"] == ("manuals" if profile == "v0.19" else "renamed")
    alone = client.put(f"{PATH}/{dataset}", json={key: dataset})
    assert said(alone) == (101, problem(key, "Extra inputs are not permitted", dataset) if profile == "v0.19" else "No properties were modified")


@both_profiles
def test_ids_are_taken_in_any_spelling_of_a_version_1_uuid(client, dataset, profile):
    dashed = f"{dataset[:8]}-{dataset[8:12]}-{dataset[12:16]}-{dataset[16:20]}-{dataset[20:]}".upper()
    assert client.put(f"{PATH}/{dashed}", json={"name": "renamed"}).json == {"code": 0}
    assert client.get(PATH, query_string={"id": dashed}).json["data"][0]["name"] == "renamed"
    assert client.delete(PATH, json={"ids": [dashed]}).json == {"code": 0}


@both_profiles
def test_deleting_takes_exactly_what_was_named(client, profile):
    ids = [assert_success(client.post(PATH, json={"name": str(number)}))["id"] for number in range(4)]
    remaining = lambda: {listed["id"] for listed in client.get(PATH).json["data"]}  # noqa: E731
    assert client.delete(PATH, json={"ids": []}).json == {"code": 0}
    assert len(remaining()) == 4
    v4 = "0123456789ab4cde8f0123456789abcd"
    for wrong, message in [
        ({"ids": [ids[0], v4]}, problem("ids.1", "Invalid UUID1 format", v4)),
        ({"ids": [ids[0], 7]}, problem("ids.1", "Invalid UUID1 format", "7")),
        ({"ids": ids[0]}, problem("ids", "Input should be a valid list", ids[0])),
        ({"id": [ids[0]], "ids": [ids[0]]}, problem("id", "Extra inputs are not permitted", f"['{ids[0]}']")),
    ]:
        assert_error(client.delete(PATH, json=wrong), 101, message)
    assert f"Duplicate ids: '{ids[0]}'" in said(client.delete(PATH, json={"ids": [ids[0], ids[0]]}))[1]
    assert client.delete(PATH, json={"id": [ids[0]]}).json["code"] == 101
    assert len(remaining()) == 4
    assert client.delete(PATH, json={"ids": ids[:2]}).json == {"code": 0}
    assert remaining() == set(ids[2:])
    assert client.delete(PATH, json={"ids": None}).json == {"code": 0}
    assert remaining() == set()


@as_seed
@pytest.mark.parametrize("environment", [{"DOVETAIL_DELETES__ALLOW_ALL": "false"}])
def test_deleting_all_can_be_switched_off(client, dataset, document):
    assert client.delete(PATH, json={"ids": None}).json["code"] == 101
    assert client.delete(f"{PATH}/{dataset}/documents", json={}).json["code"] == 101
    assert client.delete(f"{PATH}/{dataset}/documents/{document}/chunks", json={"chunk_ids": []}).json["code"] == 101
    assert client.get(f"{PATH}/{dataset}/documents").json["data"]["total"] == 1


@both_profiles
def test_listing_pages_sorts_and_filters(client, profile):
    for number in range(5):
        client.post(PATH, json={"name": f"set {number}"})
    names = lambda **query: [listed["name"] for listed in client.get(PATH, query_string=query).json["data"]]  # noqa: E731
    newest_first = [f"set {number}" for number in (4, 3, 2, 1, 0)]
    assert names() == newest_first
    for ascending in ("false", "False", "0", "no", "OFF"):
        assert names(desc=ascending) == newest_first[::-1]
    assert names(page=2, page_size=2) == newest_first[2:4]
    assert names(page=9) == []
    assert names(orderby=" Create_Time ") == newest_first
    assert names(name="SET 3") == ["set 3"]
    id = client.get(PATH, query_string={"name": "set 3"}).json["data"][0]["id"]
    assert names(id=id) == ["set 3"]
    assert names(id=id, name="set 4") == []
    assert names(name="") == newest_first


@both_profiles
@pytest.mark.parametrize(
    ("query", "place", "text"),
    [
        ({"page": "0"}, "page", "Input should be greater than or equal to 1"),
        ({"page": "a"}, "page", "Input should be a valid integer, unable to parse string as an integer"),
        ({"page_size": "-1"}, "page_size", "Input should be greater than or equal to 1"),
        ({"page": "9" * 5000}, "page", "Input should be a valid integer, unable to parse string as an integer"),
        ({"page": "9" * 30}, "page", "Input should be less than or equal to 2147483647"),
        ({"orderby": "name"}, "orderby", "Input should be 'create_time' or 'update_time'"),
        ({"desc": "perhaps"}, "desc", "Input should be a valid boolean, unable to interpret input"),
        ({"id": ""}, "id", "Invalid UUID1 format"),
        ({"id": "x"}, "id", "Invalid UUID1 format"),
    ],
)
def test_wrong_queries_are_told_in_the_same_grammar(client, query, place, text, profile):
    code, message = said(client.get(PATH, query_string=query))
    assert code == 101
    assert message.startswith(f"Field: <{place}> - Message: <{text}>")


def test_deleting_a_dataset_takes_its_documents_with_it(client, dataset, document, chunk):
    upload(client, dataset, "more.txt")
    assert client.delete(PATH, json={"ids": [dataset]}).json == {"code": 0}
    assert client.get(f"{PATH}/{dataset}/documents").json["code"] == 102
    assert client.post(f"{BASE}/retrieval", json={"question": "kettle", "dataset_ids": [dataset]}).json["code"] == 102
