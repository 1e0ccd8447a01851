"""OpenAI-compatible answers of a chat (RAGFlow v1 contract 3.26; decisions A11, B11, D5)."""

from __future__ import annotations

import json
import time

import pytest

from chat import llm
from chat.llm import Patience
from tests.api.v1.wire import BASE, UNKNOWN, as_seed, as_v019, assert_error, both_profiles, frames
from tests.scripted_model import fails, is_cut, says

QUESTION = "Which colours is the kettle sold in?"
SAID = [{"role": "user", "content": QUESTION}]


def complete(client, chat, messages=SAID, **fields):
    return client.post(f"{BASE}/chats_openai/{chat}/chat/completions", json={"model": "any", "messages": messages, **fields})


def deltas(reply):
    return [chunk["choices"][0]["delta"] for chunk in frames(reply)]


@as_seed
def test_a_stream_has_deltas_and_ends_with_usage_and_done(client, chat, model):
    """Contract 3.26, byte for byte but for the time."""
    model.plays(says("I am", " a helper."))
    reply = complete(client, chat, [{"role": "user", "content": "Who are you?"}])
    created = frames(reply)[0]["created"]
    assert abs(created - time.time()) < 60

    def chunk(content, finish, usage):
        delta = f'{{"content": {content}, "role": "assistant", "function_call": null, "tool_calls": null}}'
        choices = f'[{{"delta": {delta}, "finish_reason": {finish}, "index": 0, "logprobs": null}}]'
        rest = f'"created": {created}, "model": "model", "object": "chat.completion.chunk", "system_fingerprint": "", "usage": {usage}'
        return f'data:{{"id": "chatcmpl-{chat}", "choices": {choices}, {rest}}}\n\n'

    usage = '{"prompt_tokens": 12, "completion_tokens": 14, "total_tokens": 26}'
    told = [chunk('"I am"', "null", "null"), chunk('" a helper."', "null", "null"), chunk("null", '"stop"', usage)]
    assert reply.text == "".join(told) + "data:[DONE]\n\n"


def test_a_whole_answer_counts_characters(client, chat, model):
    """V20; A11: no envelope."""
    model.plays(says("I am ", "a helper."))
    messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Who are you?"}]
    data = complete(client, chat, messages, stream=False).json
    created = data.pop("created")
    assert abs(created - time.time()) < 60
    assert data == {
        "id": f"chatcmpl-{chat}",
        "object": "chat.completion",
        "model": "any",
        "usage": {
            "prompt_tokens": 12,
            "completion_tokens": 14,
            "total_tokens": 26,
            "completion_tokens_details": {"reasoning_tokens": 21, "accepted_prediction_tokens": 14, "rejected_prediction_tokens": 0},
        },
        "choices": [{"message": {"role": "assistant", "content": "I am a helper."}, "logprobs": None, "finish_reason": "stop", "index": 0}],
    }


def test_a_stream_is_the_default(client, chat):
    assert frames(complete(client, chat, stream=None))[-1]["choices"][0]["finish_reason"] == "stop"


def test_the_last_message_is_answered_in_its_history(client, chat, model):
    """System messages are dropped, and what an assistant said before the first user (contract 3.26)."""
    said = [("system", "Be rude."), ("assistant", "Hi!"), ("user", "I am Ada."), ("assistant", "Hello ##0$$."), ("user", "Who am I?")]
    frames(complete(client, chat, [{"role": role, "content": content} for role, content in said]))
    told = [(message["role"], message["content"]) for message in model.requests[-1]["messages"]]
    assert told[-3:] == [("user", "I am Ada."), ("assistant", "Hello."), ("user", "Who am I?")]
    assert "Be rude." not in json.dumps(told) and "Hi!" not in json.dumps(told)


def test_contents_may_be_parts_and_unknown_keys_are_ignored(client, chat, model):
    parts = [{"type": "text", "text": "Who "}, {"type": "text", "text": "are you?"}]
    messages = [{"role": "user", "content": "x"}, {"role": "assistant", "content": None, "tool_calls": []}, {"role": "user", "content": parts}]
    frames(complete(client, chat, messages, temperature=0.5, stream_options={"include_usage": True}, tools=[], user="me"))
    assert model.requests[-1]["messages"][-1]["content"] == "Who are you?"


def test_nothing_is_stored(client, chat):
    frames(complete(client, chat))
    assert client.get(f"{BASE}/chats/{chat}/sessions").json["data"] == []


@both_profiles
def test_references_come_when_they_are_asked_for(client, kettles, model, chunk, profile):
    """Decisions B11: the Python client puts extra_body's keys among the others."""
    model.plays(says("It is sold in red, black and cream."))
    whole = complete(client, kettles, stream=False, reference=True).json["choices"][0]["message"]
    assert whole["content"] == "It is sold in red, black and cream. ##0$$"
    [given] = whole["reference"]
    assert given["id"] == chunk and given["document_name"] == "kettle.txt" and given["similarity"] > 0
    *_, last = deltas(complete(client, kettles, extra_body={"reference": True}))
    assert last["content"] is None and last["final_content"] == whole["content"]
    assert [one["id"] for one in last["reference"]] == [chunk]
    for fields in ({"stream": False}, {"stream": False, "reference": False}):
        assert set(complete(client, kettles, **fields).json["choices"][0]["message"]) == {"role", "content"}
    assert "reference" not in deltas(complete(client, kettles))[-1]


def test_deltas_join_to_the_text_and_citations_that_change_it_are_left_out(client, kettles, model):
    """Contract 3.26: a text that does not go on from what was told is not told."""
    model.plays(says("It is sold ", "in red, black and cream. ", "It is heavy."))
    assert "".join(delta["content"] or "" for delta in deltas(complete(client, kettles))) == "It is sold in red, black and cream. It is heavy."
    model.plays(says("It is sold in red, black and cream."))
    assert "".join(delta["content"] or "" for delta in deltas(complete(client, kettles))) == "It is sold in red, black and cream. ##0$$"


@both_profiles
def test_reasoning_is_told_apart_from_the_answer(client, chat, model, profile):
    model.plays(says("<thi", "nk>Which", " colours?</th", "ink>In ", "red <3"))
    told = deltas(complete(client, chat))
    assert "".join(delta.get("reasoning_content") or "" for delta in told) == "Which colours?"
    assert "".join(delta["content"] or "" for delta in told) == "In red <3"
    if profile == "v0.19":
        assert all("reasoning_content" in delta for delta in told)
    assert told[-1]["content"] is None


def test_while_the_model_is_silent_deltas_are_empty(app, client, chat, model):
    """Decisions D5."""
    llm.be_patient(Patience(silence=0.1))
    model.plays(says("Here.", first=0.35))
    told = [delta["content"] for delta in deltas(complete(client, chat))]
    assert told[:2] == ["", ""] and [text for text in told if text] == ["Here."] and told[-1] is None


@pytest.mark.parametrize("failure", [fails(400), is_cut("It is ")], ids=["refused", "cut"])
def test_a_failure_is_told_in_the_stream(app, client, chat, model, failure):
    llm.be_patient(Patience(retries=0))
    model.plays(failure)
    reply = complete(client, chat)
    *_, error, last = deltas(reply)
    assert error["content"].startswith("**ERROR**: ") and "sk-secret" not in error["content"]
    assert last["content"] is None and reply.text.endswith("data:[DONE]\n\n")


@as_seed
def test_a_failure_of_a_whole_answer_raises(client, chat, model):
    """Not with 5xx, which OpenAI's clients send again by themselves (decisions A11)."""
    model.plays(fails(400))
    reply = complete(client, chat, stream=False)
    assert reply.status_code == 400 and reply.json["code"] == 500 and reply.json["message"]


@both_profiles
def test_missing_keys_are_told_before_anybody_is_recognised(client, anonymous, chat, profile):
    """Contract 3.26."""
    status = 400 if profile == "seed" else 200
    path = f"{BASE}/chats_openai/{UNKNOWN}/chat/completions"
    both = "model,messages"
    for body, missing in [({}, both), ({"model": "x"}, "messages"), ({"messages": []}, "model"), ([], both), (None, both)]:
        reply = anonymous.post(path, json=body)
        assert reply.json == {"code": 101, "message": f"required argument are missing: {missing}; ", "data": None}
        assert reply.status_code == status
    assert_error(anonymous.post(path, data=b"{", content_type="application/json"), 101, "required argument are missing: model,messages; ", status)
    assert anonymous.post(path, json={"model": "x", "messages": []}).json["message"] == "`Authorization` can't be empty"


@both_profiles
def test_errors_have_statuses_that_clients_raise(client, anonymous, stranger, chat, profile):
    """Decisions A11; RAGFlow 0.19 sends 200 for everything."""

    def status(code):
        return code if profile == "seed" else 200

    unknown = anonymous.post(
        f"{BASE}/chats_openai/{chat}/chat/completions", json={"model": "x", "messages": SAID}, headers={"Authorization": "Bearer wrong"}
    )
    assert_error(unknown, 109, "Authentication error: API key is invalid!", status(401))
    assert_error(complete(client, UNKNOWN, []), 102, "You have to provide messages.", status(400))  # messages come before the chat
    for messages in ([{"role": "assistant", "content": "x"}], [*SAID, {"role": "system", "content": "x"}]):
        assert_error(complete(client, UNKNOWN, messages), 102, "The last content of this conversation is not from user.", status(400))
    assert_error(complete(client, UNKNOWN), 102, f"You don't own the chat {UNKNOWN}", status(404))
    assert_error(complete(stranger, chat), 102, f"You don't own the chat {chat}", status(404))
    assert_error(stranger.get(f"{BASE}/chats_openai/{chat}/models"), 102, f"You don't own the chat {chat}", status(404))


WRONG = [
    {"model": 7},
    {"messages": "x"},
    {"messages": ["x"]},
    {"messages": [{"content": "x"}]},
    {"messages": [{"role": "alien", "content": "x"}]},
    {"messages": [{"role": 7, "content": "x"}]},
    {"messages": [{"role": "user", "content": 7}]},
    {"messages": [{"role": "user", "content": [{"type": "image_url"}]}]},
    {"messages": [{"role": "user", "content": " "}]},
    {"messages": [{"role": "user"}]},
    {"stream": "perhaps"},
    {"reference": []},
    {"extra_body": 7},
]


@both_profiles
@pytest.mark.parametrize("body", WRONG, ids=str)
def test_wrong_values_are_refused_with_a_status(client, chat, profile, body):
    reply = client.post(f"{BASE}/chats_openai/{chat}/chat/completions", json={"model": "x", "messages": SAID, **body})
    assert reply.status_code == (400 if profile == "seed" else 200)
    assert reply.json["code"] in (100, 101, 102) and reply.json["message"]
    if profile == "seed":
        assert "Error(" not in reply.json["message"]


def test_the_one_model_is_listed(client, chat):
    """Decisions B11."""
    data = client.get(f"{BASE}/chats_openai/{chat}/models").json
    assert data["object"] == "list"
    [model] = data["data"]
    assert (model["id"], model["object"]) == ("model", "model") and isinstance(model["created"], int)


@as_v019
def test_ragflow_0_19_names_reasoning_in_every_delta(client, chat):
    first = deltas(complete(client, chat))[0]
    assert list(first) == ["content", "role", "function_call", "tool_calls", "reasoning_content"]
