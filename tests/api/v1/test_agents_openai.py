"""Agents for clients of OpenAI's API (RAGFlow v1 contract 3.26, 3.31; decisions A11)."""

from __future__ import annotations

import json

import pytest

from tests.agents.canvases import chatbot
from tests.api.v1.test_agent_sessions import ALWAYS, ask, frames, listed, open_session
from tests.api.v1.test_agents import make
from tests.api.v1.wire import BASE, UNKNOWN, as_seed, as_v019, assert_error, both_profiles, said
from tests.scripted_model import fails, says

SAID = [{"role": "system", "content": "x"}, {"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Hi"}]
ASKED = [*SAID, {"role": "user", "content": "How is the weather?"}]


@pytest.fixture
def bot(client, model) -> str:
    """The id of an agent that hands every question to the scripted model."""
    return make(client, "bot", chatbot(llm="scripted"))


def complete(client, agent, **fields):
    return client.post(f"{BASE}/agents_openai/{agent}/chat/completions", json={"model": "any", "messages": ASKED, **fields})


def test_a_stream_has_a_space_before_each_object(client, bot, model):
    """Contract 3.31: the prefix is `data: ` here, and nowhere else."""
    model.plays(says("Sunny", " and warm."))
    *chunks, done, rest = complete(client, bot).text.split("\n\n")
    assert (done, rest) == ("data: [DONE]", "") and all(chunk.startswith("data: {") for chunk in chunks)
    told = [json.loads(chunk.removeprefix("data: ")) for chunk in chunks]
    assert "".join(one["choices"][0]["delta"]["content"] or "" for one in told) == "Sunny and warm."
    assert told[-1]["choices"][0]["finish_reason"] == "stop" and told[-1]["usage"]["completion_tokens"] == len("Sunny and warm.")
    assert {one["id"] for one in told} == {f"chatcmpl-{bot}"}


@both_profiles
def test_a_whole_answer_knows_the_turns_before_and_stores_nothing(client, bot, model, profile):
    body = complete(client, bot, stream=False).json
    assert (body["object"], body["model"], body["choices"][0]["message"]) == ("chat.completion", "any", {"role": "assistant", "content": "ok"})
    asked = [(one["role"], one["content"]) for one in model.requests[-1]["messages"]]
    assert asked == [("system", "Be brief."), ("user", "Hello"), ("assistant", "Hi"), ("user", "How is the weather?")]
    assert listed(client, bot) == []


@pytest.mark.parametrize("named", [lambda id: {"session_id": id}, lambda id: {"id": id}, lambda id: {"metadata": {"id": id}}])
def test_a_session_that_is_named_is_gone_on_with(client, bot, model, named):
    model.plays(says("Sunny."), says("Cold."))
    session = open_session(client, bot)["id"]
    frames(ask(client, bot, session, "What now?"))
    assert complete(client, bot, stream=False, **named(session)).json["choices"][0]["message"]["content"] == "Cold."
    assert ("user", "What now?") in [(one["role"], one["content"]) for one in model.requests[-1]["messages"]]
    assert listed(client, bot)[0]["round"] == 2


def test_begin_parameters_are_keys_of_the_request(client, model):
    greeter = chatbot("", [ALWAYS], "scripted")
    greeter["components"]["Generate:Reply"]["obj"]["params"]["prompt"] = "Greet {begin@name}."
    agent = make(client, "greeter", greeter)
    assert_error(complete(client, agent), 102, "`name` is required", 400)
    complete(client, agent, stream=False, name="Ada")
    assert model.requests[-1]["messages"][0]["content"] == "Greet Ada."


@as_seed
def test_errors_raise_in_openais_clients(client, anonymous, stranger, bot, profile, model):
    """Decisions A11: a status for each."""
    url = f"{BASE}/agents_openai/{bot}/chat/completions"
    assert_error(anonymous.post(url, json={}), 101, "required argument are missing: model,messages; ", 400)
    assert anonymous.post(url, json={"model": "x", "messages": []}).status_code == 401
    assert_error(complete(client, bot, messages=[]), 102, "You have to provide messages.", 400)
    assert_error(complete(client, bot, messages=SAID), 102, "The last content of this conversation is not from user.", 400)
    assert_error(complete(client, UNKNOWN), 102, f"You don't own the agent {UNKNOWN}", 404)
    assert_error(complete(stranger, bot), 102, f"You don't own the agent {bot}", 404)
    assert_error(complete(client, bot, session_id=UNKNOWN), 102, f"You don't own the session {UNKNOWN}", 404)
    model.plays(fails(401))
    assert complete(client, bot, stream=False).status_code == 400
    assert "**ERROR**: " in complete(client, bot).text and complete(client, bot).text.endswith("data: [DONE]\n\n")


@as_v019
def test_ragflow_0_19_sends_status_200_for_everything(client, bot, profile):
    for reply in (complete(client, bot, messages=[]), complete(client, UNKNOWN), complete(client, bot, session_id=UNKNOWN)):
        assert reply.status_code == 200 and said(reply)[0] == 102


@pytest.mark.parametrize("blank", ["", "  "])
def test_a_blank_question_is_refused_in_a_session_too(client, bot, blank):
    """As outside of one; nothing is stored."""
    session = open_session(client, bot)["id"]
    for named in ({}, {"session_id": session}):
        reply = complete(client, bot, messages=[{"role": "user", "content": blank}], stream=False, **named)
        assert reply.status_code == 400 and reply.json["message"] == "Please input your question."
    assert len(listed(client, bot)[0]["messages"]) == 1


def test_what_is_no_ones_turn_in_a_history_does_not_reach_the_model(client, bot, model):
    """Contract 3.26: what an assistant said before the first question; decisions B23: the markers of earlier answers."""
    said_before = [{"role": "assistant", "content": "Welcome."}, {"role": "user", "content": "Hello"}]
    cited = {"role": "assistant", "content": "Red. [ID:0] ##1$$"}
    complete(client, bot, messages=[*said_before, cited, ASKED[-1]], stream=False)
    told = [(one["role"], one["content"]) for one in model.requests[-1]["messages"] if one["role"] != "system"]
    assert told == [("user", "Hello"), ("assistant", "Red."), ("user", "How is the weather?")]
