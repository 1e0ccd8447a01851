"""Chats: create, update, delete, list (RAGFlow v1 contract 2.9, 3.17 to 3.20)."""

from __future__ import annotations

import pytest

from services.answers import EMPTY_RESPONSE, OPENER, PROMPT
from tests.api.v1.wire import BASE, UNKNOWN, as_seed, as_v019, assert_error, assert_success, both_profiles, said

CHATS = f"{BASE}/chats"
GENERATION = {"temperature": 0.1, "top_p": 0.3, "frequency_penalty": 0.7, "presence_penalty": 0.4, "max_tokens": 512}


def create(client, name="helper", **fields):
    return assert_success(client.post(CHATS, json={"name": name, **fields}))


def listed(client, chat):
    [found] = assert_success(client.get(CHATS, query_string={"id": chat}))
    return found


@both_profiles
def test_a_chat_shows_every_field_with_its_default(client, dataset, chunk, profile):
    chat = create(client, dataset_ids=[dataset])
    assert chat["name"] == "helper" and chat["avatar"] == "" and chat["description"] == "A helpful Assistant"
    assert chat["dataset_ids"] == [dataset]
    assert chat["language"] == "English" and chat["status"] == "1" and chat["do_refer"] == "1" and chat["prompt_type"] == "simple"
    assert chat["top_k"] == 1024
    assert chat["llm"] == {**GENERATION, "model_name": "extractive@Dovetail"}
    assert chat["prompt"] == {
        "variables": [{"key": "knowledge", "optional": False}],
        "opener": OPENER,
        "show_quote": True,
        "prompt": PROMPT,
        "empty_response": EMPTY_RESPONSE,
        "tts": False,
        "refine_multiturn": True,
        "similarity_threshold": 0.2,
        "keywords_similarity_weight": 0.7,
        "top_n": 6,
        "rerank_model": "",
    }
    assert chat["create_time"] == chat["update_time"] and chat["create_date"].endswith(" GMT")
    assert listed(client, chat["id"]) == chat


def test_the_built_in_prompt_is_the_wires_own():
    """Contract 3.17."""
    assert PROMPT.endswith(
        "Answers need to consider chat history.\n      Here is the knowledge base:\n      {knowledge}\n      The above is the knowledge base."
    )


def test_a_list_embeds_datasets_under_their_stored_names(client, dataset, chunk):
    """Contract 3.20."""
    chat = create(client, dataset_ids=[dataset])
    [shown] = listed(client, chat["id"])["datasets"]
    assert shown["id"] == dataset and shown["name"] == "manuals"
    assert {"parser_id", "embd_id", "chunk_num", "doc_num", "token_num", "tenant_id", "parser_config"} <= set(shown)
    assert shown["chunk_num"] == 1


def test_a_dataset_that_is_gone_is_skipped_and_its_id_kept(client, dataset, chunk):
    """Contract 2.7."""
    chat = create(client, dataset_ids=[dataset])
    client.delete(f"{BASE}/datasets", json={"ids": [dataset]})
    found = listed(client, chat["id"])
    assert found["datasets"] == [] and found["dataset_ids"] == [dataset]


@pytest.mark.parametrize("llm", [None, {}], ids=["null", "an empty object"])
def test_no_model_settings_mean_the_defaults(client, llm):
    assert create(client, llm=llm)["llm"] == {**GENERATION, "model_name": "extractive@Dovetail"}


def test_model_settings_are_kept_as_sent(client):
    """Contract 3.17: a non-empty object replaces the whole default; keys nobody knows survive."""
    llm = {"temperature": 0, "max_token": 100, "frequency penalty": 0.5, "unknown": {"a": [1]}}
    chat = create(client, llm={**llm, "model_name": None})
    assert chat["llm"] == {**llm, "model_name": "extractive@Dovetail"}
    assert create(client, "other", llm={"model_name": "extractive@Dovetail"})["llm"] == {"model_name": "extractive@Dovetail"}


@both_profiles
@pytest.mark.parametrize(("sent", "v019"), [(0.7, 0.3), (1, 0), (0, 1), (0.25, 0.75), (0.1, 0.9)])
def test_the_weight_of_keywords_is_echoed_as_the_profile_has_it(client, profile, sent, v019):
    """Decisions B5; V14: RAGFlow 0.19 takes it for the weight of vectors and shows what is left."""
    shown = create(client, prompt={"keywords_similarity_weight": sent})["prompt"]["keywords_similarity_weight"]
    assert shown == (v019 if profile == "v0.19" else sent)


def test_stored_names_of_prompt_keys_are_accepted(client):
    stored = {"system": "Use {knowledge}.", "prologue": "Hello", "quote": False, "parameters": [{"key": "knowledge", "optional": True}]}
    prompt = create(client, prompt={**stored, "vector_similarity_weight": 0.4})["prompt"]
    assert (prompt["prompt"], prompt["opener"], prompt["show_quote"]) == ("Use {knowledge}.", "Hello", False)
    assert prompt["variables"] == [{"key": "knowledge", "optional": True}]
    assert prompt["keywords_similarity_weight"] == 0.6


def test_prompt_values_survive(client):
    sent = {
        "opener": "",
        "empty_response": "",
        "show_quote": False,
        "tts": True,
        "refine_multiturn": False,
        "keyword": True,
        "reasoning": True,
        "use_kg": False,
        "tavily_api_key": "x",
        "similarity_threshold": 0,
        "top_n": 0,
        "rerank_model": "BAAI/bge-reranker-v2-m3",
    }
    prompt = create(client, prompt={**sent, "top_k": 7})["prompt"]
    assert {name: prompt[name] for name in sent} == sent
    assert "top_k" not in prompt and assert_success(client.get(CHATS))[0]["top_k"] == 7


@pytest.mark.parametrize("text", ["", None])
def test_an_empty_prompt_is_the_built_in_one(client, text):
    assert create(client, prompt={"prompt": text})["prompt"]["prompt"] == PROMPT


@both_profiles
def test_every_variable_that_is_due_is_used(client, profile):
    assert_error(client.post(CHATS, json={"name": "a", "prompt": {"prompt": "Hello"}}), 102, "Parameter 'knowledge' is not used")
    create(client, "b", prompt={"prompt": "Hello", "variables": []})
    create(client, "c", prompt={"prompt": "Hello", "variables": [{"key": "knowledge", "optional": True}]})
    city = {"prompt": "In {city}: {knowledge}", "variables": [{"key": "city", "optional": False}, {"key": "day", "optional": False}]}
    assert_error(client.post(CHATS, json={"name": "d", "prompt": city}), 102, "Parameter 'day' is not used")


@both_profiles
@pytest.mark.parametrize("missing", ["key", "optional"])
def test_a_variable_says_its_key_and_whether_it_is_optional(client, profile, missing):
    variable = {"key": "knowledge", "optional": False}
    del variable[missing]
    reply = client.post(CHATS, json={"name": "a", "prompt": {"variables": [variable]}})
    if profile == "seed":
        assert_error(reply, 101, "Each of prompt.variables should have key and optional")
    else:
        assert_error(reply, 100, f"KeyError('{missing}')")


@both_profiles
def test_a_chat_answers_from_datasets_within_reach_that_have_chunks(client, stranger, dataset, document, profile):
    foreign = assert_success(stranger.post(f"{BASE}/datasets", json={"name": "theirs"}))["id"]
    for id in (UNKNOWN, foreign, "x"):
        assert_error(client.post(CHATS, json={"name": "a", "dataset_ids": [id]}), 102, f"You don't own the dataset {id}")
    assert_error(client.post(CHATS, json={"name": "a", "dataset_ids": [dataset]}), 102, f"The dataset {dataset} doesn't own parsed file")
    assert assert_success(client.get(CHATS)) == []


def test_a_plain_string_of_datasets_is_taken_letter_by_letter(client):
    """Contract 3.17."""
    assert_error(client.post(CHATS, json={"name": "a", "dataset_ids": "invalid"}), 102, "You don't own the dataset i")


@pytest.mark.parametrize("ids", [None, [], "", [""], ["", None]])
def test_no_datasets_are_none(client, ids):
    assert create(client, dataset_ids=ids)["dataset_ids"] == []


@both_profiles
def test_datasets_of_two_embedding_models_do_not_mix(client, dataset, chunk, profile):
    from models.tables import Dataset

    other = assert_success(client.post(f"{BASE}/datasets", json={"name": "other"}))["id"]
    Dataset.update(model="another", chunk_count=1).where(Dataset.id == other).execute()
    reply = client.post(CHATS, json={"name": "a", "dataset_ids": [dataset, other]})
    assert_error(reply, 109, 'Datasets use different embedding models."')


@both_profiles
def test_models_must_be_known(client, profile):
    assert_error(client.post(CHATS, json={"name": "a", "llm": {"model_name": "unknown"}}), 102, "`model_name` unknown doesn't exist")
    reply = client.post(CHATS, json={"name": "a", "prompt": {"rerank_model": "unknown"}})
    assert_error(reply, 102, "`rerank_model` unknown doesn't exist")
    create(client, prompt={"rerank_model": "maidalun1020/bce-reranker-base_v1"})


@both_profiles
@pytest.mark.parametrize("body", [{}, {"name": ""}, {"name": None}])
def test_a_chat_needs_a_name(client, profile, body):
    assert_error(client.post(CHATS, json=body), 102, "`name` is required.")


@both_profiles
def test_names_are_taken_whatever_their_case(client, stranger, profile):
    """E8."""
    create(client, "Helper")
    noun = "dataset" if profile == "seed" else "chat"
    assert_error(client.post(CHATS, json={"name": "hELPER"}), 102, f"Duplicated chat name in creating {noun}.")
    create(stranger, "Helper")


def test_a_tenant_cannot_be_named(client):
    assert_error(client.post(CHATS, json={"name": "a", "tenant_id": "x"}), 102, "`tenant_id` must not be provided.")


@both_profiles
def test_what_is_wrong_is_told_in_the_order_of_checks(client, dataset, chunk, profile):
    """Appendix B: datasets, models, rerank, name, duplicate, tenant_id, variables."""
    create(client, "taken")
    body = {
        "dataset_ids": [UNKNOWN],
        "llm": {"model_name": "unknown"},
        "prompt": {"rerank_model": "unknown", "prompt": "Hello"},
        "tenant_id": "x",
    }
    told = []
    repairs = [{"dataset_ids": [dataset]}, {"llm": {}}, {"prompt": {"prompt": "Hello"}}, {"name": "taken"}, {"name": "a"}, {"tenant_id": ""}, {}]
    for repaired in repairs:
        told.append(said(client.post(CHATS, json=body))[1])
        body |= repaired
    assert [message.split()[0] for message in told] == ["You", "`model_name`", "`rerank_model`", "`name`", "Duplicated", "`tenant_id`", "Parameter"]


def test_language_and_top_k_are_a_chats_own(client):
    """Decisions B21; null and an empty text leave them as they are."""
    chat = create(client, language="Chinese", top_k=5)
    assert (chat["language"], chat["top_k"]) == ("Chinese", 5)
    for body, shown in [({"language": "French"}, ("French", 5)), ({"top_k": 6}, ("French", 6)), ({"language": "", "top_k": None}, ("French", 6))]:
        assert client.put(f"{CHATS}/{chat['id']}", json=body).json == {"code": 0}
        assert (listed(client, chat["id"])["language"], listed(client, chat["id"])["top_k"]) == shown
    assert client.put(f"{CHATS}/{chat['id']}", json={"top_k": 7, "prompt": {"top_k": 8}}).json == {"code": 0}
    assert listed(client, chat["id"])["top_k"] == 8
    assert_error(client.put(f"{CHATS}/{chat['id']}", json={"language": "x" * 33}), 101, "language should have at most 32 characters")


@pytest.mark.parametrize("text", ["", None])
def test_a_prompt_that_is_emptied_is_the_built_in_one_again(client, text):
    """Decisions B21."""
    chat = create(client, prompt={"prompt": "Use {knowledge}."})
    assert client.put(f"{CHATS}/{chat['id']}", json={"prompt": {"prompt": text}}).json == {"code": 0}
    assert listed(client, chat["id"])["prompt"]["prompt"] == PROMPT


@pytest.mark.parametrize("field", ["llm", "prompt"])
def test_many_small_updates_do_not_make_a_chat_large(client, field):
    """Decisions B21: the limit is that of what is stored, not of what is sent; the refused update changes nothing."""
    chat = create(client, prompt={"opener": "x" * 70_000})  # which has a limit of its own
    assert client.put(f"{CHATS}/{chat['id']}", json={field: {"one": "x" * 40_000}}).json == {"code": 0}
    code, message = said(client.put(f"{CHATS}/{chat['id']}", json={"name": "renamed", field: {"two": "x" * 40_000}}))
    assert code == 101 and message.startswith(f"{field} should have at most 65535 characters, it has 80")
    found = listed(client, chat["id"])
    assert "one" in found[field] and "two" not in found[field] and found["name"] == "helper"


def test_a_name_that_grows_when_it_is_folded_is_a_name_like_any_other(client):
    """Contract 3.17: taken in any case of letters; its key fits the column, which PostgreSQL insists on."""
    from models.tables import Chat

    chat = create(client, "ß" * 255)
    assert len(Chat.get_by_id(chat["id"]).name_key) <= Chat.name_key.max_length
    assert_error(client.post(CHATS, json={"name": "ẞ" * 255}), 102, "Duplicated chat name in creating dataset.")
    assert [found["id"] for found in assert_success(client.get(CHATS, query_string={"name": "ẞ" * 255}))] == [chat["id"]]
    other = create(client, "ß" * 254 + "a")
    assert client.put(f"{CHATS}/{other['id']}", json={"name": "ß" * 254 + "A"}).json == {"code": 0}


def test_an_update_changes_only_what_is_sent(client, dataset, chunk):
    chat = create(client, dataset_ids=[dataset], llm={"temperature": 0.5, "top_p": 0.1}, prompt={"opener": "Hello", "top_n": 3})
    assert client.put(f"{CHATS}/{chat['id']}", json={"llm": {"temperature": 0}, "prompt": {"empty_response": "Nothing."}}).json == {"code": 0}
    found = listed(client, chat["id"])
    assert found["llm"] == {"temperature": 0, "top_p": 0.1, "model_name": "extractive@Dovetail"}
    assert found["prompt"] == {**chat["prompt"], "empty_response": "Nothing."}
    assert found["dataset_ids"] == [dataset]
    changes = {"name": "renamed", "avatar": "x", "description": "d", "dataset_ids": [], "show_quotation": False, "prompt": {"top_k": 3}}
    assert client.put(f"{CHATS}/{chat['id']}", json=changes).json == {"code": 0}
    found = listed(client, chat["id"])
    assert (found["name"], found["avatar"], found["description"], found["dataset_ids"]) == ("renamed", "x", "d", [])
    assert (found["do_refer"], found["top_k"]) == ("0", 3)


def test_null_leaves_datasets_and_model_as_they_are(client, dataset, chunk):
    chat = create(client, dataset_ids=[dataset])
    body = {"dataset_ids": None, "llm": {"model_name": None, "temperature": 0.2}, "prompt": None}
    assert client.put(f"{CHATS}/{chat['id']}", json=body).json == {"code": 0}
    assert listed(client, chat["id"])["dataset_ids"] == [dataset]


@both_profiles
def test_an_update_refuses_what_a_chat_does_not_have(client, profile):
    """Contract 3.18; nothing of the same body is changed."""
    chat = create(client)
    for body, field in [({"llm": {}}, "llm"), ({"prompt": {}}, "prompt"), ({"unknown": 1}, "unknown")]:
        reply = client.put(f"{CHATS}/{chat['id']}", json={"name": "renamed", **body})
        if profile == "seed":
            assert_error(reply, 101, f"{field} cannot be set, nothing was changed")
        else:
            assert_error(reply, 100, f"ValueError('Unrecognized field name: {field}')")
    assert listed(client, chat["id"])["name"] == "helper"


def test_a_chats_own_object_can_be_sent_back_whole(client, dataset, chunk):
    chat = create(client, dataset_ids=[dataset])
    assert client.put(f"{CHATS}/{chat['id']}", json=listed(client, chat["id"])).json == {"code": 0}
    found = listed(client, chat["id"])
    assert {**found, "update_time": 0, "update_date": "", "llm": 0} == {**chat, "update_time": 0, "update_date": "", "llm": 0}


@both_profiles
def test_an_update_is_checked_as_a_create_is(client, stranger, dataset, document, profile):
    create(client, "taken")
    chat = create(client)["id"]
    path = f"{CHATS}/{chat}"
    assert_error(client.put(f"{CHATS}/{UNKNOWN}", json={}), 102, "You do not own the chat")
    assert_error(stranger.put(path, json={"name": "stolen"}), 102, "You do not own the chat")
    assert_error(client.put(path, json={"dataset_ids": [UNKNOWN]}), 102, f"You don't own the dataset {UNKNOWN}")
    assert_error(client.put(path, json={"dataset_ids": [dataset]}), 102, f"The dataset {dataset} doesn't own parsed file")
    assert_error(client.put(path, json={"llm": {"model_name": "unknown"}}), 102, "`model_name` unknown doesn't exist")
    assert_error(client.put(path, json={"prompt": {"rerank_model": "unknown"}}), 102, "`rerank_model` unknown doesn't exist")
    assert_error(client.put(path, json={"prompt": {"prompt": "Hello"}}), 102, "Parameter 'knowledge' is not used")
    for name in ("", None):
        assert_error(client.put(path, json={"name": name}), 102, "`name` cannot be empty.")
    noun = "dataset" if profile == "seed" else "chat"
    assert_error(client.put(path, json={"name": "TAKEN"}), 102, f"Duplicated chat name in updating {noun}.")  # E9
    assert client.put(path, json={"name": "HELPER"}).json == {"code": 0}
    assert client.put(path, json={}).json == {"code": 0}


@both_profiles
def test_chats_are_deleted_by_their_ids(client, profile):
    """Contract 3.19: what is unknown is told, the rest is done."""
    chats = [create(client, f"chat {number}")["id"] for number in range(5)]
    assert client.delete(CHATS, json={"ids": chats[:1]}).json == {"code": 0}
    reply = client.delete(CHATS, json={"ids": [chats[1], UNKNOWN, chats[1]]})
    assert assert_success(reply) == {"success_count": 1, "errors": [f"Assistant({UNKNOWN}) not found."]}
    assert_error(client.delete(CHATS, json={"ids": [UNKNOWN, chats[0]]}), 102, f"Assistant({UNKNOWN}) not found.; Assistant({chats[0]}) not found.")
    reply = client.delete(CHATS, json={"ids": [chats[2], chats[2]]})
    assert assert_success(reply) == {"success_count": 1, "errors": [f"Duplicate assistant ids: {chats[2]}"]}
    assert {chat["id"] for chat in assert_success(client.get(CHATS))} == set(chats[3:])
    create(client, "chat 0")  # a name is free again


@both_profiles
@pytest.mark.parametrize("options", [{}, {"json": {}}, {"json": {"ids": None}}, {"json": {"ids": []}}], ids=["no body", "{}", "null", "[]"])
def test_no_ids_delete_all_of_ones_own(client, stranger, profile, options):
    create(client)
    create(stranger)
    assert client.delete(CHATS, **options).json == {"code": 0}
    assert assert_success(client.get(CHATS)) == []
    assert len(assert_success(stranger.get(CHATS))) == 1


@both_profiles
@pytest.mark.parametrize("body", [{"id": ["x"]}, {"ids": "x"}, {"ids": [1]}, ["x"], "all", {"ids": [], "all": True}])
def test_a_body_that_is_not_understood_deletes_nothing(client, profile, body):
    """Decisions A6."""
    create(client)
    code, _ = said(client.delete(CHATS, json=body))
    assert code in (100, 101)
    assert len(assert_success(client.get(CHATS))) == 1


def test_ten_thousand_chats_are_deleted_at_once(client):
    """Contract 9."""
    from models.tables import Chat

    chat = create(client)
    rows = [{"tenant": chat["tenant_id"], "name": f"{n}", "name_key": f"{n}", "id": f"{n:032x}"} for n in range(10_000)]
    for start in range(0, len(rows), 500):
        Chat.insert_many(rows[start : start + 500]).execute()
    assert len(assert_success(client.get(CHATS, query_string={"page_size": 20_000}))) == 10_001
    assert client.delete(CHATS, json={}).json == {"code": 0}
    assert assert_success(client.get(CHATS)) == []


@both_profiles
def test_a_list_is_filtered_by_both_filters_at_once(client, profile):
    one, two = create(client, "one"), create(client, "two")
    assert [chat["id"] for chat in assert_success(client.get(CHATS, query_string={"name": "one"}))] == [one["id"]]
    assert [chat["id"] for chat in assert_success(client.get(CHATS, query_string={"id": two["id"], "name": "two"}))] == [two["id"]]
    for query in ({"id": UNKNOWN}, {"name": "three"}, {"name": "on"}, {"id": one["id"], "name": "two"}):
        assert_error(client.get(CHATS, query_string=query), 102, "The chat doesn't exist")
    assert len(assert_success(client.get(CHATS, query_string={"id": "", "name": ""}))) == 2


def test_a_list_is_filtered_by_the_whole_name_in_any_case(client):
    """Decisions B21: as names are unique, one that differs by case alone is the same."""
    chat = create(client, "Helper")
    assert [found["id"] for found in assert_success(client.get(CHATS, query_string={"name": "hELPER"}))] == [chat["id"]]


def test_a_long_list_asks_no_more_of_the_database_than_a_short_one(client, caplog):
    caplog.set_level("DEBUG", logger="peewee")

    def queries(call):
        caplog.clear()
        assert call().json["code"] == 0
        return [record for record in caplog.records if record.name == "peewee"]

    chat = create(client)
    short = len(queries(lambda: client.get(CHATS)))
    for number in range(20):
        create(client, f"chat {number}")
    assert len(queries(lambda: client.get(CHATS))) == short
    assert len(queries(lambda: client.put(f"{CHATS}/{chat['id']}", json={"name": "renamed"}))) <= 8


def test_a_list_is_ordered_and_cut(client):
    """Contract 1.7."""
    for name in "bca":
        create(client, name)

    def names(**query):
        return "".join(chat["name"] for chat in assert_success(client.get(CHATS, query_string=query)))

    assert names() == "acb" and names(desc="False") == "bca" and names(desc="false") == "bca" and names(desc="0") == "acb"
    assert names(orderby="name", desc="False") == "abc" and names(orderby="update_time") == "acb"
    assert names(page=1, page_size=2) == "ac" and names(page=2, page_size=2) == "b" and names(page=3, page_size=2) == ""
    assert names(page=0) == "acb" and names(page_size=0) == ""
    client.put(f"{CHATS}/{assert_success(client.get(CHATS))[2]['id']}", json={"description": "changed"})
    assert names(orderby="update_time") == "bac"


@as_seed
@pytest.mark.parametrize("query", [{"page": "a"}, {"page": -1}, {"page_size": "a"}, {"orderby": "unknown"}, {"orderby": "prompt"}])
def test_a_page_that_is_none_is_refused(client, query):
    code, message = said(client.get(CHATS, query_string=query))
    assert code == 101 and next(iter(query)) in message
    assert "orderby" not in query or message == "orderby should be a column, such as create_time or update_time"


@as_v019
def test_ragflow_0_19_names_its_own_table(client):
    message = "AttributeError(\"type object 'Dialog' has no attribute 'unknown'\")"
    assert_error(client.get(CHATS, query_string={"orderby": "unknown"}), 100, message)


WRONG = [
    {"name": 7},
    {"avatar": 7},
    {"description": []},
    {"dataset_ids": 7},
    {"dataset_ids": [7]},
    {"dataset_ids": {"a": 1}},
    {"llm": 7},
    {"llm": []},
    {"llm": {"model_name": 7}},
    {"llm": {"temperature": "warm"}},
    {"llm": {"temperature": True}},
    {"llm": {"max_tokens": "many"}},
    {"llm": {"top_p": []}},
    {"llm": {"note": "x" * 70_000}},
    {"prompt": 7},
    {"prompt": "text"},
    {"prompt": {"prompt": 7}},
    {"prompt": {"opener": 7}},
    {"prompt": {"empty_response": []}},
    {"prompt": {"show_quote": "perhaps"}},
    {"prompt": {"top_n": "a"}},
    {"prompt": {"top_k": 1.5}},
    {"prompt": {"similarity_threshold": "a"}},
    {"prompt": {"keywords_similarity_weight": []}},
    {"prompt": {"rerank_model": 7}},
    {"prompt": {"variables": "knowledge"}},
    {"prompt": {"variables": ["knowledge"]}},
    {"prompt": {"variables": [{"key": 7, "optional": True}]}},
    {"prompt": {"note": "x" * 70_000}},
    {"prompt": {"cross_languages": [7]}},
]


@both_profiles
@pytest.mark.parametrize("body", WRONG, ids=[str(body)[:60] for body in WRONG])
def test_wrong_types_are_refused_by_name_and_change_nothing(client, profile, body):
    chat = create(client)
    for reply in (client.post(CHATS, json={"name": "a", **body}), client.put(f"{CHATS}/{chat['id']}", json=body)):
        code, message = said(reply)
        assert code in ((101, 102) if profile == "seed" else (100, 101, 102)), message
        if profile == "seed":
            assert next(iter(body)) in message and "Error(" not in message
    assert assert_success(client.get(CHATS)) == [chat]


OUT_OF_RANGE = [
    {"llm": {"temperature": -0.1}},
    {"llm": {"temperature": 2.1}},
    {"llm": {"top_p": 1.1}},
    {"llm": {"presence_penalty": 3}},
    {"llm": {"frequency_penalty": -3}},
    {"llm": {"max_tokens": -1}},
    {"prompt": {"top_n": -1}},
    {"prompt": {"top_n": 1025}},
    {"prompt": {"top_k": -1}},
    {"prompt": {"similarity_threshold": 1.5}},
    {"prompt": {"keywords_similarity_weight": -1}},
]


@both_profiles
@pytest.mark.parametrize("body", OUT_OF_RANGE, ids=str)
def test_numbers_out_of_range_are_refused_by_the_seeds_profile_alone(client, profile, body):
    """RAGFlow 0.19 checks no range (contract 3.17); what it keeps is brought into range when it is used."""
    reply = client.post(CHATS, json={"name": "a", **body})
    if profile == "seed":
        [(part, values)] = body.items()
        code, message = said(reply)
        assert code == 101 and message.startswith(f"{part}.{next(iter(values))} should be between ")
    else:
        assert_success(reply)
