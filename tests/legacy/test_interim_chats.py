"""Assistants and sessions of v0.11 and v0.12, as their Python SDK calls them (legacy contract 8)."""

from __future__ import annotations

import json

import pytest

from services.answers import EMPTY_RESPONSE, OPENER
from tests.legacy.talk import QUESTION, chat, contents, frames, model  # noqa: F401  (fixtures)
from tests.legacy.wire import UNKNOWN, V1, assert_error, assert_success
from tests.scripted_model import fails, says

ASSISTANT, SESSION = f"{V1}/assistant", f"{V1}/session"
TOKEN_REFUSED = "Token is not valid!"  # here without the stray quote
LLM = {"model_name": None, "temperature": 0.1, "top_p": 0.3, "presence_penalty": 0.4, "frequency_penalty": 0.7, "max_tokens": 512}
PROMPT = {
    "similarity_threshold": 0.2,
    "keywords_similarity_weight": 0.7,
    "top_n": 8,
    "variables": [{"key": "knowledge", "optional": True}],
    "rerank_model": "",
    "empty_response": None,
    "opener": "Hello.",
    "show_quote": True,
    "prompt": "Answer from this: {knowledge}",
}


def save(client, dataset, **fields):
    """Make an assistant as the SDK does, which sends datasets as whole objects."""
    body = {"name": "sdk", "avatar": "path", "knowledgebases": [{"id": dataset, "name": "manuals"}], "llm": LLM, "prompt": PROMPT, **fields}
    return client.post(f"{ASSISTANT}/save", json=body)


@pytest.fixture
def assistant(client, dataset, chat):  # noqa: F811
    """The id of an assistant."""
    return assert_success(save(client, dataset))["id"]


@pytest.fixture
def session(client, assistant):
    """The id of a session."""
    return assert_success(client.post(f"{SESSION}/save", json={"name": "talk", "assistant_id": assistant}))["id"]


def test_the_sdk_makes_reads_changes_lists_and_deletes_an_assistant(client, dataset, chat):  # noqa: F811
    made = assert_success(save(client, dataset))
    assert (made["name"], made["avatar"], made["prompt_type"], made["status"]) == ("sdk", "path", "simple", "1")
    assert made["llm"] == {**LLM, "model_name": "extractive@Dovetail"}
    assert made["prompt"] == {**PROMPT, "empty_response": EMPTY_RESPONSE, "tts": False, "refine_multiturn": True}
    [shown] = made["knowledgebases"]
    assert shown["id"] == dataset and {"chunk_count", "document_count", "parse_method", "embedding_model"} <= set(shown)
    id = made["id"]
    for query in ({"id": id}, {"name": "sdk"}, {"id": id, "name": "sdk"}):
        assert assert_success(client.get(f"{ASSISTANT}/get", query_string=query)) == made
    changed = {"id": id, "name": "renamed", "knowledgebases": [dataset], "llm": {"temperature": 0.5}, "prompt": {"opener": "Welcome."}}
    assert assert_success(client.post(f"{ASSISTANT}/save", json=changed)) is True
    now = assert_success(client.get(f"{ASSISTANT}/get", query_string={"id": id}))
    assert now["name"] == "renamed" and now["llm"] == {**made["llm"], "temperature": 0.5}
    assert now["prompt"] == {**made["prompt"], "opener": "Welcome."} and now["knowledgebases"] == made["knowledgebases"]
    assert [one["id"] for one in assert_success(client.get(f"{ASSISTANT}/list"))] == [id, chat]
    assert client.get(f"{V1}/chats", query_string={"id": id}).json["data"][0]["prompt"]["opener"] == "Welcome."
    assert assert_success(client.delete(f"{ASSISTANT}/delete", query_string={"id": id})) is True
    assert_error(client.delete(f"{ASSISTANT}/delete", query_string={"id": id}), 103, "You do not own the assistant.", False)


def test_an_assistant_may_be_named_by_the_words_of_the_table(client, dataset, chat):  # noqa: F811
    """Section 8, the renamed fields; what is left out has the chat's defaults."""
    prompt = {"system": "Say {knowledge}", "parameters": [{"key": "knowledge", "optional": False}], "quote": False, "vector_similarity_weight": 0.9}
    made = assert_success(save(client, dataset, prompt=prompt, llm=None))
    assert made["prompt"]["prompt"] == "Say {knowledge}" and made["prompt"]["show_quote"] is False
    assert made["prompt"]["keywords_similarity_weight"] == 0.9 and made["prompt"]["opener"] == OPENER


def test_what_no_assistant_can_be_is_refused(client, stranger, dataset, assistant):
    empty = client.post(f"{V1}/datasets", json={"name": "empty"}).json["data"]["id"]
    theirs = stranger.post(f"{V1}/datasets", json={"name": "theirs"}).json["data"]["id"]
    for fields, code, text in [
        ({"knowledgebases": []}, 102, "knowledgebases can not be empty list"),
        ({"knowledgebases": None}, 102, "knowledgebases are required!"),
        ({"knowledgebases": [{"name": "x"}]}, 102, "knowledgebase needs id"),
        ({"knowledgebases": [None]}, 102, "knowledgebase needs id"),
        ({"knowledgebases": [UNKNOWN]}, 102, "you do not own the knowledgebase"),
        ({"knowledgebases": [{"id": theirs}]}, 102, "you do not own the knowledgebase"),
        ({"knowledgebases": [empty]}, 102, "There is a invalid knowledgebase"),
        ({"name": ""}, 102, "name is required."),
        ({"name": "SDK"}, 102, "Duplicated assistant name."),
        ({"name": "x", "tenant_id": "x"}, 102, "tenant_id must not be provided."),
        ({"name": "x", "llm": {"model_name": "nobody"}}, 102, "`model_name` nobody doesn't exist"),
        ({"name": "x", "prompt": {"prompt": "x", "variables": [{"key": "a", "optional": False}]}}, 102, "Parameter 'a' is not used"),
        ({"name": "x", "prompt": {"variables": [None]}}, 101, "prompt.variables.0 should be an object"),
        ({"name": "x", "prompt": {"variables": [{}]}}, 101, "prompt.variables.0.key is required"),
        ({"name": "x", "prompt": {"top_n": 1025}}, 101, "prompt.top_n should be at most 1024"),
        ({"name": "x", "prompt": {"similarity_threshold": 2}}, 101, "prompt.similarity_threshold should be between 0 and 1"),
        ({"name": "x", "prompt": "x"}, 101, "prompt should be an object"),
        ({"name": "x", "llm": []}, 101, "llm should be an object"),
        ({"name": 7}, 101, "name should be a string"),
    ]:
        body = save(client, dataset, **fields).json
        assert (body["retcode"], body["retmsg"]) == (code, text), fields
    assert len(assert_success(client.get(f"{ASSISTANT}/list"))) == 2


def test_the_sdk_opens_reads_renames_lists_and_deletes_a_session(client, assistant):
    made = assert_success(client.post(f"{SESSION}/save", json={"assistant_id": assistant}))
    assert (made["name"], made["assistant_id"], made["messages"]) == ("New session", assistant, [{"role": "assistant", "content": "Hello."}])
    id = made["id"]
    assert assert_success(client.post(f"{SESSION}/save", json={"id": id, "assistant_id": assistant, "name": "renamed"})) is True
    shown = assert_success(client.get(f"{SESSION}/get", query_string={"id": id, "assistant_id": assistant}))
    assert shown["name"] == "renamed" and assert_success(client.get(f"{SESSION}/get", query_string={"id": id})) == shown
    assert assert_success(client.get(f"{SESSION}/list", query_string={"assistant_id": assistant})) == [shown]
    assert [one["id"] for one in client.get(f"{V1}/chats/{assistant}/sessions").json["data"]] == [id]
    assert assert_success(client.delete(f"{SESSION}/delete", query_string={"id": id})) is True
    assert_error(client.delete(f"{SESSION}/delete", query_string={"id": id}), 102, "Session does not exist")


def test_lists_are_ordered_by_time_where_they_have_no_such_column(client, assistant, session):
    """Contract 8, 11: a column of another noun is an unknown one."""
    for path in (f"assistant/list?orderby=chunk_count&assistant_id={assistant}", f"session/list?orderby=permission&assistant_id={assistant}"):
        assert len(assert_success(client.get(f"{V1}/{path}"))) >= 1


def test_an_object_that_is_too_large_is_named_as_the_client_names_it(client, dataset, chat):  # noqa: F811
    """Contract 8."""
    for key in ("prompt", "llm"):
        assert save(client, dataset, name="large", **{key: {"x": "y" * 70_000}}).json["retmsg"].startswith(f"{key} should have at most 65535")


@pytest.mark.parametrize("name", ["session_id", "id"], ids=["as v0.12 sends it", "as v0.11 sends it"])
def test_the_sdk_asks_in_a_session(client, session, name):
    """The SDK takes the frames by their first five characters, and reads the table's names of a chunk."""
    reply = client.post(f"{SESSION}/completion", json={name: session, "question": QUESTION, "stream": True})
    told = []
    for line in reply.data.splitlines():
        assert not line.startswith(b"{")
        if line.startswith(b"data:") and (data := json.loads(line[5:])["data"]) is not True:
            told.append(data)
    chunks = told[-1]["reference"]["chunks"]
    assert "three years" in told[-1]["answer"] and "##0$$" in told[-1]["answer"]
    names = {"chunk_id", "content_with_weight", "doc_id", "docnm_kwd", "kb_id", "img_id", "positions"}
    assert all(names | {"similarity", "vector_similarity", "term_similarity"} <= set(chunk) for chunk in chunks)
    _, question, answer = assert_success(client.get(f"{SESSION}/get", query_string={"id": session}))["messages"]
    assert question["content"] == QUESTION and answer["content"] == told[-1]["answer"]
    assert [(one["id"], one["document_name"]) for one in answer["reference"]] == [(one["chunk_id"], one["docnm_kwd"]) for one in chunks]
    assert {"content", "document_id", "knowledgebase_id", "image_id", "similarity", "positions"} <= set(answer["reference"][0])


def test_the_history_of_a_session_is_what_was_said_in_it(client, model, session):  # noqa: F811
    """Section 8: unlike conversations, whose history is the client's."""
    model.plays(says("Three years ##0$$."))
    for question in (QUESTION, "And in the kettle's manual?"):
        whole = assert_success(client.post(f"{SESSION}/completion", json={"session_id": session, "question": question, "stream": False}))
        assert whole["answer"].startswith("Three years")
    said = [one["content"] for one in model.requests[-1]["messages"] if one["role"] != "system"]
    assert said == [QUESTION, "Three years.", "And in the kettle's manual?"]


def test_a_failure_is_told_in_the_stream_and_the_session_goes_on(client, model, session):  # noqa: F811
    model.plays(fails(400))
    error, last = frames(client.post(f"{SESSION}/completion", json={"session_id": session, "question": QUESTION}))
    assert error["retcode"] == 500 and error["data"]["answer"].startswith("**ERROR**: ") and last["data"] is True
    model.plays(says("Three years."))
    assert contents(client.post(f"{SESSION}/completion", json={"session_id": session, "question": QUESTION}))[-1]["answer"] == "Three years. ##0$$"


def test_what_no_session_can_be_is_refused(client, assistant, session):
    for path, body, code, text in [
        ("save", {}, 102, "assistant_id is required."),
        ("save", {"assistant_id": UNKNOWN}, 102, "You do not own the assistant"),
        ("save", {"assistant_id": assistant, "name": ""}, 102, "name can not be empty."),
        ("save", {"id": session, "name": None}, 102, "name can not be empty."),
        ("save", {"id": session, "message": []}, 102, "message can not be change"),
        ("save", {"id": UNKNOWN, "name": "x"}, 102, "Session does not exist"),
        ("save", {"assistant_id": assistant, "name": "x" * 256}, 101, "name should have at most 255 characters"),
        ("completion", {"question": QUESTION}, 101, "required argument are missing: session_id; "),
        ("completion", {"session_id": UNKNOWN, "question": QUESTION}, 102, "Session does not exist"),
        ("completion", {"session_id": session}, 101, "Please input your question."),
        ("completion", {"session_id": session, "question": ["x"]}, 101, "question should be a string"),
    ]:
        body = client.post(f"{SESSION}/{path}", json=body).json
        assert (body["retcode"], body["retmsg"]) == (code, text), (path, body)
    listing = client.get(f"{SESSION}/list", query_string={"assistant_id": UNKNOWN})
    assert_error(listing, 103, "Only owner of the assistant is authorized for this operation.", False)
    for method, path in (("GET", "get"), ("DELETE", "delete")):
        assert_error(client.open(f"{SESSION}/{path}", method=method), 101, "required argument are missing: id; ", None)
    assert_error(client.get(f"{SESSION}/list"), 101, "required argument are missing: assistant_id; ", None)


def test_a_stranger_finds_neither_assistant_nor_session(client, stranger, anonymous, dataset, assistant, session):
    """Two tenants; and the message of a bad key has no stray quote here."""
    own = {"name": "own", "knowledgebases": [dataset]}
    for method, path, sent, code in [
        ("POST", "assistant/save", {"json": {"id": assistant, "name": "x"}}, 103),
        ("POST", "assistant/save", {"json": own}, 102),
        ("GET", "assistant/get", {"query_string": {"id": assistant}}, 103),
        ("GET", "assistant/get", {"query_string": {"name": "sdk"}}, 103),
        ("DELETE", "assistant/delete", {"query_string": {"id": assistant}}, 103),
        ("POST", "session/save", {"json": {"assistant_id": assistant}}, 102),
        ("POST", "session/save", {"json": {"id": session, "name": "x"}}, 102),
        ("GET", "session/get", {"query_string": {"id": session}}, 102),
        ("GET", "session/list", {"query_string": {"assistant_id": assistant}}, 103),
        ("POST", "session/completion", {"json": {"session_id": session, "question": QUESTION}}, 102),
        ("DELETE", "session/delete", {"query_string": {"id": session}}, 102),
    ]:
        assert stranger.open(f"{V1}/{path}", method=method, **sent).json["retcode"] == code, (method, path)
        assert_error(anonymous.open(f"{V1}/{path}", method=method, **sent), 109, TOKEN_REFUSED, False)
    assert assert_success(stranger.get(f"{ASSISTANT}/list")) == []
    shown = assert_success(client.get(f"{SESSION}/get", query_string={"id": session}))
    assert shown["name"] == "talk" and len(shown["messages"]) == 1
