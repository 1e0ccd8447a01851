"""Chat completions without files: shapes, order of keys, streams, errors, tools (contract 4, 12.5 to 12.7; decisions D1, D2, D5)."""

from __future__ import annotations

import json
import re
import time

import pytest

from api.openwebui.answering import usage
from chat import llm
from chat.catalogue import Model
from chat.llm import Patience
from services import models, tokens
from services.replies import Ended, Usage
from tests.scripted_model import Wire, fails, is_cut, says

COMPLETIONS = "/api/chat/completions"
SAID = [{"role": "user", "content": "Who are you?"}]
USAGE = [
    "response_token/s",
    "prompt_token/s",
    "total_duration",
    "load_duration",
    "prompt_eval_count",
    "prompt_tokens",
    "prompt_eval_duration",
    "eval_count",
    "completion_tokens",
    "eval_duration",
    "approximate_total",
    "total_tokens",
    "completion_tokens_details",
]
UUID = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"


def complete(client, **fields):
    return client.post(COMPLETIONS, json={"model": "scripted", "messages": SAID, **fields})


def frames(reply):
    assert reply.status_code == 200
    assert reply.mimetype == "text/event-stream"
    lines = reply.text.split("\n\n")
    assert lines.pop() == ""
    assert lines.pop() == "data: [DONE]"
    assert all(line.startswith("data: ") and "\n" not in line for line in lines)
    return [json.loads(line[6:]) for line in lines]


def refused(reply, detail):
    assert (reply.status_code, reply.json) == (400, {"detail": detail})


def test_a_whole_answer_has_the_keys_of_the_manual_in_their_order(client, model):
    """Contract 4.2, seed 002."""
    model.plays(says("I am", " a helper.", usage=(5, 17)))
    text = complete(client).text
    answer = json.loads(text)
    assert list(answer) == ["id", "created", "model", "choices", "object", "usage"]
    assert re.fullmatch(f"scripted-{UUID}", answer["id"])
    message = {"content": "I am a helper.", "role": "assistant"}
    assert answer["choices"] == [{"index": 0, "logprobs": None, "finish_reason": "stop", "message": message}]
    assert (answer["model"], answer["object"]) == ("scripted", "chat.completion")
    counts = answer["usage"]
    assert list(counts) == USAGE
    assert (counts["prompt_eval_count"], counts["prompt_tokens"], counts["eval_count"], counts["completion_tokens"]) == (5, 5, 17, 17)
    assert counts["total_tokens"] == 22
    assert 0 < counts["prompt_eval_duration"] <= counts["total_duration"]


@pytest.mark.parametrize(
    ("written", "nanoseconds", "rate"), [(17, 748000000, 22.73), (5, 121000000, 41.32), (3, 0, "N/A")], ids=["17 tokens", "5 tokens", "no time"]
)
def test_rates_are_rounded_to_two_places(written, nanoseconds, rate):
    """Contract 4.2, check values; 12.5."""
    ended = Ended("", (), "stop", Usage(written, written), nanoseconds, nanoseconds)
    counted = usage(ended, total=3_665_900_000_000)
    assert counted["response_token/s"] == counted["prompt_token/s"] == rate
    assert counted["approximate_total"] == "1h1m5s"
    assert counted["completion_tokens_details"] == {"reasoning_tokens": 0, "accepted_prediction_tokens": 0, "rejected_prediction_tokens": 0}


def test_a_stream_ends_with_usage_and_done(client, model):
    """Contract 4.4, 12.6."""
    model.plays(says("I am", " 你好 helper."))
    told = frames(complete(client, stream=True))
    assert [frame["choices"][0]["delta"] for frame in told] == [{"content": "I am"}, {"content": " 你好 helper."}, {}]
    assert list(told[0]) == ["id", "created", "model", "choices", "object"]
    assert {frame["id"] for frame in told} == {told[0]["id"]}
    assert [frame["choices"][0]["finish_reason"] for frame in told] == [None, None, "stop"]
    assert list(told[-1]["usage"]) == USAGE
    assert {frame["object"] for frame in told} == {"chat.completion.chunk"}


def test_what_is_sent_beside_the_messages_reaches_the_model(client, model):
    """Contract 4.1: what is for the server stays here, `params` are lifted, all else goes on as it is."""
    body = {
        "temperature": 0.3,
        "params": {"top_p": 0.5, "stop": ["."], "num_ctx": 2048, "temperature": 1},
        "session_id": "s",
        "chat_id": "c",
        "features": {"web_search": False},
        "variables": {},
        "background_tasks": {},
        "tool_ids": [],
        "model_item": {},
        "reasoning_effort": "low",
    }
    complete(client, **body)
    (sent,) = model.requests
    known = {"path", "key", "model", "messages", "stream", "stream_options"}
    assert {key: sent[key] for key in sent if key not in known} == {"temperature": 0.3, "top_p": 0.5, "stop": ["."], "reasoning_effort": "low"}
    assert (sent["model"], sent["messages"]) == ("scripted-1", SAID)


def test_messages_reach_the_model_as_they_are(client, model):
    """D2: parts, tools and their results too."""
    call = {"id": "call_1", "type": "function", "function": {"name": "clock", "arguments": "{}"}}
    messages = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": [{"type": "text", "text": "Time?"}, {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA"}}]},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "content": "12:00", "tool_call_id": "call_1"},
    ]
    tools = [{"type": "function", "function": {"name": "clock", "parameters": {"type": "object"}}}]
    assert complete(client, messages=messages, tools=tools, tool_choice="auto").status_code == 200
    (sent,) = model.requests
    assert (sent["messages"], sent["tools"], sent["tool_choice"]) == (messages, tools, "auto")


def calls_a_tool(wire: Wire) -> None:
    wire.begin()
    for part in ({"id": "call_1", "type": "function", "function": {"name": "clock", "arguments": ""}}, {"function": {"arguments": '{"zone":'}}):
        wire.frame({"tool_calls": [{"index": 0, **part}]})
    wire.frame({"tool_calls": [{"index": 0, "function": {"arguments": ' "UTC"}'}}]})
    wire.frame({}, finish="tool_calls")
    wire.send("data: [DONE]\n\n")
    wire.end()


def test_calls_of_tools_come_back(client, model):
    """D2."""
    model.plays(calls_a_tool)
    choice = complete(client).json["choices"][0]
    call = {"id": "call_1", "type": "function", "function": {"name": "clock", "arguments": '{"zone": "UTC"}'}}
    assert choice["message"] == {"content": "", "role": "assistant", "tool_calls": [call]}
    assert choice["finish_reason"] == "tool_calls"
    told = frames(complete(client, stream=True))
    parts = [part for frame in told for part in frame["choices"][0]["delta"].get("tool_calls", ())]
    assert "".join(part["function"]["arguments"] for part in parts) == '{"zone": "UTC"}'
    assert told[-1]["choices"][0]["finish_reason"] == "tool_calls"


def test_reasoning_stands_before_the_answer(client, model):
    model.plays(says("42.", thinks=["Six ", "times seven."]))
    assert complete(client).json["choices"][0]["message"]["content"] == "<think>Six times seven.</think>42."


def test_a_silent_model_is_told_by_empty_deltas(client, model):
    """D5: never a comment line."""
    llm.be_patient(Patience(silence=0.05))
    try:
        model.plays(says("At last.", first=0.3))
        told = frames(complete(client, stream=True))
    finally:
        llm.be_patient(Patience())
    assert told[0]["choices"][0]["delta"] == {"content": ""}
    assert "".join(frame["choices"][0]["delta"].get("content", "") for frame in told) == "At last."


@pytest.mark.parametrize("name", ["nobody", "", None, 7, ["scripted"]])
def test_an_unknown_model_is_refused(client, model, name):
    """12.7."""
    refused(client.post(COMPLETIONS, json={"model": name, "messages": SAID}), "Model not found")
    refused(client.post(COMPLETIONS, json={"messages": SAID}), "Model not found")


def test_messages_are_required(client, model):
    """Contract 4.1."""
    refused(client.post(COMPLETIONS, json={"model": "scripted"}), "'messages'")


@pytest.mark.parametrize(
    "messages", ["hello", [], [1], [{"content": "no role"}], [{"role": "king", "content": "x"}], [{"role": "user", "content": 5}]]
)
def test_messages_that_are_none_are_refused(client, model, messages):
    reply = complete(client, messages=messages)
    assert reply.status_code == 400
    assert reply.json["detail"].startswith("[ERROR: messages")
    assert not model.requests


@pytest.mark.parametrize("body", ["[]", '"text"', "{", ""])
def test_what_is_no_object_is_unprocessable(client, body):
    reply = client.post(COMPLETIONS, data=body, content_type="application/json")
    assert reply.status_code == 422
    assert {"type", "loc", "msg", "input"} <= set(reply.json["detail"][0])


@pytest.mark.parametrize("stream", [False, True])
def test_a_model_that_fails_is_a_400(client, model, stream):
    """Contract 1.1, 4.5: the model server's status and a text, and nothing of what the server wrote."""
    model.plays(fails(400, message="secret details"))
    refused(complete(client, stream=stream), "400: The chat model refused the request.")


def test_a_model_that_is_away_is_a_400(client):
    """Contract 1.1."""
    tenant = tokens.authenticate(client.environ_base["HTTP_AUTHORIZATION"].split()[1]).tenant
    models.add(tenant, "chat", Model("scripted", "", "http://127.0.0.1:9/v1", "scripted-1"))
    llm.be_patient(Patience(retries=0))
    try:
        refused(complete(client, stream=True), "500: Open WebUI: Server Connection Error")
    finally:
        llm.be_patient(Patience())


def test_an_answer_that_breaks_off_says_so_in_its_stream(client, model):
    model.plays(is_cut("Half an"))
    told = frames(complete(client, stream=True))
    assert told[0]["choices"][0]["delta"] == {"content": "Half an"}
    text = "500: The answer of the chat model broke off."
    assert told[-1] == {"error": {"message": text, "detail": text}}


def test_without_a_model_server_the_built_in_model_answers(client):
    reply = client.post(COMPLETIONS, json={"model": "extractive@Dovetail", "messages": SAID})
    assert "Without a language model" in reply.json["choices"][0]["message"]["content"]
    assert reply.json["usage"]["completion_tokens"] > 0


def test_models_are_listed_by_the_names_that_answer(client, stranger, model):
    """Contract 3, D1: a stranger's are not."""
    reply = client.get("/api/models")
    assert list(reply.json) == ["data"]
    upstream, built_in = reply.json["data"]
    assert (upstream["id"], upstream["owned_by"], upstream["openai"]["id"], upstream["urlIdx"]) == ("scripted", "openai", "scripted", 0)
    assert (built_in["id"], built_in["owned_by"], built_in["object"], built_in["actions"]) == ("extractive@Dovetail", "ollama", "model", [])
    assert set(built_in["ollama"]) == {"name", "model", "modified_at", "size", "digest", "details", "urls"}
    assert [one["id"] for one in stranger.get("/api/models/").json["data"]] == ["extractive@Dovetail"]
    assert client.get("/api/v1/models").json.keys() == {"data"}
    refused(stranger.post(COMPLETIONS, json={"model": "scripted", "messages": SAID}), "Model not found")
    assert client.post("/api/v1/chat/completions", json={"model": "scripted", "messages": SAID}).status_code == 200


CHAT = {"title": "talk", "history": {"messages": {"m1": {"id": "m1", "role": "user", "content": "Who are you?"}}, "currentId": "m1"}}


def kept(client, **ids):
    """The message of a new chat that an answer was written to, and the reply."""
    chat = client.post("/api/v1/chats/new", json={"chat": CHAT}).json["id"]
    reply = complete(client, chat_id=chat, **ids)
    assert reply.status_code == 200
    return chat, reply


def test_an_answer_is_written_into_its_chat(client, model):
    """Contract 4.6."""
    model.plays(says("A helper."))
    chat, reply = kept(client, id="m2", session_id="s")
    assert reply.json["choices"][0]["message"]["content"] == "A helper."
    history = client.get(f"/api/v1/chats/{chat}").json["chat"]["history"]
    assert history["currentId"] == "m2"
    assert history["messages"]["m1"] == CHAT["history"]["messages"]["m1"]
    assert history["messages"]["m2"]["content"] == "A helper."
    assert not {"chat_id", "id", "session_id"} & set(model.requests[0])


def test_a_chat_alone_changes_nothing(client, model):
    """Contract 4.6, seed 002: nothing is stored, no history is loaded."""
    model.plays(says("A helper."))
    chat, reply = kept(client)
    assert reply.json["choices"][0]["message"]["content"] == "A helper."
    assert client.get(f"/api/v1/chats/{chat}").json["chat"] == CHAT
    assert model.requests[0]["messages"] == SAID
    assert frames(complete(client, chat_id=chat, stream=True))


@pytest.mark.parametrize("plan", [(says("A ", "helper."), {"content": "A helper."}), (fails(401), {"error": True})], ids=["well", "badly"])
def test_a_stream_into_a_chat_is_polled_there(client, model, plan):
    """Contract 4.6, D4: no web socket."""
    script, expected = plan
    model.plays(script)
    chat, reply = kept(client, id="m2", session_id="s", stream=True)
    assert reply.json.keys() == {"status", "task_id"}
    assert reply.json["status"] is True
    deadline = time.monotonic() + 10
    while not (message := client.get(f"/api/v1/chats/{chat}").json["chat"]["history"]["messages"]["m2"])["done"]:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert message["content"] == expected.get("content", "")
    assert bool(message.get("error")) == bool(expected.get("error"))


def test_another_users_chat_is_not_written_to(client, stranger, model):
    chat = stranger.post("/api/v1/chats/new", json={"chat": CHAT}).json["id"]
    assert complete(client, chat_id=chat, id="m2", session_id="s").status_code == 200
    assert frames(complete(client, chat_id=chat, id="m2", session_id="s", stream=True))
    assert stranger.get(f"/api/v1/chats/{chat}").json["chat"] == CHAT
