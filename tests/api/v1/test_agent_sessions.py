"""Asking agents within sessions, streamed and whole, and what is kept of it (RAGFlow v1 contract 3.27 to 3.29, 3.31, 8.4)."""

from __future__ import annotations

import json
import re

import pytest

from services import agent_runs
from tests.agents.canvases import SAMPLES, canvas, chatbot, component, sample
from tests.api.v1.test_agents import make
from tests.api.v1.wire import BASE, UNKNOWN, as_v019, assert_error, assert_success, both_profiles, frames, said
from tests.running import wait_for
from tests.scripted_model import fails, says, stalls

QUERY = [
    {"key": "lang", "name": "Target Language", "optional": False, "type": "line"},
    {"key": "file", "name": "Files", "optional": False, "type": "file"},
    {"key": "hhyt", "name": "hhty", "optional": True, "type": "line"},
]
GIVEN = {"lang": "English", "file": "How is the weather tomorrow?"}  # decisions B16: a text is accepted as it is
PARAM = [{**QUERY[0], "value": "English"}, {**QUERY[1], "value": "How is the weather tomorrow?"}, QUERY[2]]
ALWAYS = {"key": "name", "name": "", "optional": False, "type": "line"}


@pytest.fixture
def bot(client, model) -> str:
    """The id of an agent that hands every question to the scripted model."""
    return make(client, "bot", chatbot(llm="scripted"))


@pytest.fixture
def translator(client, model) -> str:
    """The id of an agent with the Begin parameters of the seeds' example."""
    return make(client, "translator", chatbot("", QUERY, "scripted"))


def open_session(client, agent, **values):
    return assert_success(client.post(f"{BASE}/agents/{agent}/sessions", json=values))


def ask(client, agent, session=None, question="How is the weather?", **fields):
    named = {} if session is None else {"session_id": session, "question": question}
    return client.post(f"{BASE}/agents/{agent}/completions", json={**named, **fields})


def listed(client, agent, **query):
    return assert_success(client.get(f"{BASE}/agents/{agent}/sessions", query_string=query))


def traced(client, agent, session):
    return assert_success(client.get(f"{BASE}/agents/{agent}/sessions/{session}/trace"))


@both_profiles
def test_a_session_without_parameters_opens_with_the_prologue_and_runs_to_the_first_answer(client, bot, profile):
    """Contract 3.27: `message` here, `messages` too; the canvas has got as far as its first Answer."""
    reply = client.post(f"{BASE}/agents/{bot}/sessions", query_string={"user_id": "me"}, json={})
    session = assert_success(reply)
    opener = [{"role": "assistant", "content": "Good day."}]
    assert (session["agent_id"], session["user_id"], session["source"]) == (bot, "me", "agent")
    assert session["message"] == session["messages"] == opener
    assert session["dsl"]["path"] == [["begin"], ["Answer:Desk"]]
    assert listed(client, bot)[0]["dsl"] == session["dsl"]


FORM = {"data": {"lang": "x"}, "content_type": "multipart/form-data"}


@pytest.mark.parametrize("options", [{}, {"json": {}}, FORM], ids=["no body", "{}", "a form"])
def test_any_body_opens_a_session_of_an_agent_that_wants_nothing(client, bot, options):
    assert assert_success(client.post(f"{BASE}/agents/{bot}/sessions", **options))["agent_id"] == bot


@both_profiles
def test_a_session_with_parameters_keeps_them_and_waits_for_the_first_question(client, translator, model, profile):
    """Contract 3.27, 8.4; decisions B16."""
    session = open_session(client, translator, **GIVEN)
    assert session["message"] == [{"role": "assistant", "content": ""}]
    assert session["dsl"]["components"]["begin"]["obj"]["params"]["query"] == PARAM
    assert session["dsl"]["path"] == [] and model.requests == []
    told = frames(ask(client, translator, session["id"]))[-2]["data"]
    assert told["answer"] == "ok" and told["param"] == PARAM


@both_profiles
def test_a_parameter_that_is_due_is_asked_for_with_its_type(client, translator, profile):
    """Contract 3.27, 8.4."""
    path = f"{BASE}/agents/{translator}/sessions"
    assert_error(client.post(path, json={"file": "x"}), 102, "`lang` with type `line` is required")
    assert_error(client.post(path, json={"lang": "x", "file": ""}), 102, "`file` with type `file` is required")
    assert_error(client.post(path, data={"lang": "x"}, content_type="multipart/form-data"), 102, "`file` with type `file` is required")
    assert listed(client, translator) == []


@both_profiles
def test_without_a_session_one_is_opened_and_says_its_prologue(client, bot, profile):
    """Contract 3.28, byte for byte: the question is not read, [19] alone says that there are no parameters."""
    reply = ask(client, bot, question="ignored", user_id="me")
    [session] = listed(client, bot)
    id = frames(reply)[0]["data"]["id"]
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", id)
    param = ', "param": []' if profile == "v0.19" else ""
    data = f'{{"answer": "Good day.", "reference": {{}}, "id": "{id}", "session_id": "{session["id"]}"{param}}}'
    assert reply.text == f'data:{{"code": 0, "message": "", "data": {data}}}\n\ndata:{{"code": 0, "message": "", "data": true}}\n\n'
    assert session["user_id"] == "me"


@both_profiles
def test_without_a_session_parameters_are_echoed_and_nothing_runs(client, translator, model, profile):
    """Contract 3.28, 8.4, S14: the seeds' example."""
    reply = ask(client, translator, **GIVEN)
    [session] = listed(client, translator)
    data = {"session_id": session["id"], "answer": "", "reference": [], "param": PARAM}
    assert frames(reply) == [{"code": 0, "message": "", "data": data}, {"code": 0, "message": "", "data": True}]
    assert model.requests == []
    assert assert_success(ask(client, translator, stream=False, **GIVEN))["param"] == PARAM


@both_profiles
@pytest.mark.parametrize("stream", [True, False])
def test_what_is_wrong_with_a_question_is_told_at_once(client, translator, bot, profile, stream):
    """Contract 3.28: plain JSON in both modes; E16."""
    assert_error(ask(client, translator, stream=stream), 102, "`lang` is required")
    session = open_session(client, bot)["id"]
    for body in ({}, {"question": None}, {"question": "  "}):
        reply = client.post(f"{BASE}/agents/{bot}/completions", json={"session_id": session, "stream": stream, **body})
        assert_error(reply, 102, "`question` is required.")
    other = open_session(client, translator, **GIVEN)["id"]
    assert_error(ask(client, bot, other, stream=stream), 102, f"You don't own the session {other}")
    assert_error(ask(client, UNKNOWN, session, stream=stream), 102, f"You don't own the agent {UNKNOWN}")


def test_a_stream_tells_what_runs_then_all_of_the_text_so_far(client, bot, model):
    """Contract 3.28, byte for byte."""
    model.plays(says("How", " is the weather", " tomorrow?"))
    session = open_session(client, bot)["id"]
    reply = ask(client, bot, session)
    id = frames(reply)[-2]["data"]["id"]
    head, ids = 'data:{"code": 0, "message": "", "data": ', f'"reference": {{}}, "id": "{id}", "session_id": "{session}"}}}}'
    told = ["How", "How is the weather", "How is the weather tomorrow?", "How is the weather tomorrow?"]
    expected = ['data:{"code": 0, "message": "", "data": {"answer": "*\'Generate:Reply\'* is running...🕞", "running_status": true}}']
    expected += [f'{head}{{"answer": "{text}", {ids}' for text in told]
    expected += ['data:{"code": 0, "message": "", "data": true}']
    assert reply.text == "".join(f"{line}\n\n" for line in expected)


@as_v019
def test_ragflow_0_19_sends_parameters_in_every_event(client, bot, profile):
    session = open_session(client, bot)["id"]
    progress, *told, _ = frames(ask(client, bot, session))
    assert set(progress["data"]) == {"answer", "running_status"}
    assert all(list(one["data"]) == ["answer", "reference", "param", "id", "session_id"] for one in told)


def test_a_whole_answer_has_no_progress(client, bot):
    session = open_session(client, bot)["id"]
    data = assert_success(ask(client, bot, session, stream=False))
    assert {name: data[name] for name in ("answer", "reference", "session_id")} == {"answer": "ok", "reference": {}, "session_id": session}


def test_question_and_answer_are_stored_once_and_the_next_turn_knows_them(client, bot, model):
    """Contract 3.29: one id for both, `round` counts, `dsl` has what the model will see again."""
    model.plays(says("Sunny."), says("Cold."))
    session = open_session(client, bot)["id"]
    first = frames(ask(client, bot, session))[-2]["data"]
    frames(ask(client, bot, session, "And the day after?"))
    [found] = listed(client, bot, id=session)
    opener, question, answer, *rest = found["messages"]
    assert question == {"role": "user", "content": "How is the weather?", "id": first["id"]}
    assert answer.pop("created_at") > 1e9
    assert answer == {"role": "assistant", "content": "Sunny.", "id": first["id"], "reference": []}
    assert [message["content"] for message in rest] == ["And the day after?", "Cold."]
    assert (found["round"], found["tokens"], found["duration"], found["thumb_up"]) == (2, 0, 0.0, 0)
    asked = [(one["role"], one["content"]) for one in model.requests[-1]["messages"] if one["role"] != "system"]
    assert asked[-3:] == [("user", "How is the weather?"), ("assistant", "Sunny."), ("user", "And the day after?")]


def test_what_an_answer_stands_on_comes_with_the_last_event_and_with_the_list(client, dataset, chunk, document):
    """Contract 3.28, 3.29, on the built-in model."""
    agent = make(client, "kettles", sample("chatbot", dataset)["dsl"])
    session = open_session(client, agent)["id"]
    *_, last, _ = frames(ask(client, agent, session, "Which colours is the kettle sold in?"))
    assert last["data"]["answer"] == "The kettle is sold in red, black and cream. ##0$$"
    assert [one["document_id"] for one in last["data"]["reference"]["chunks"]] == [document]
    assert last["data"]["reference"]["doc_aggs"] == [{"doc_name": "kettle.txt", "doc_id": document, "count": 1}]
    [found] = listed(client, agent)
    assert [one["id"] for one in found["messages"][-1]["reference"]] == [chunk]


def test_an_answer_is_stored_before_its_last_event_leaves(client, bot):
    session = open_session(client, bot)["id"]
    reply = ask(client, bot, session)
    for part in reply.response:
        if b'"answer": "ok"' in part:
            told = part
    assert b'"data": true' not in told
    assert len(listed(client, bot, id=session)[0]["messages"]) == 3


def test_what_was_told_is_stored_when_the_client_leaves(client, bot, model):
    """As with chats: the session can go on, and the model is given up."""
    model.plays(stalls("It is ", "going to be"))
    session = open_session(client, bot)["id"]
    reply = ask(client, bot, session)
    parts = iter(reply.response)
    while b"It is" not in next(parts):
        pass
    reply.close()
    assert model.left.wait(5)
    found = wait_for(lambda: next((one for one in listed(client, bot, id=session) if one["round"]), None))
    assert [message["role"] for message in found["messages"]] == ["assistant", "user", "assistant"]
    assert found["messages"][-1]["content"].startswith("It is") and found["round"] == 1
    model.plays(says("Sunny."))
    assert assert_success(ask(client, bot, session, stream=False))["answer"] == "Sunny."
    assert listed(client, bot, id=session)[0]["round"] == 2


@both_profiles
def test_a_run_that_fails_says_so_in_the_stream_and_the_session_goes_on(client, bot, model, profile):
    """Contract 3.28: code 500, the text twice, the closing event; nothing is stored but the trace."""
    model.plays(fails(401))
    session = open_session(client, bot)["id"]
    *_, failure, end = frames(ask(client, bot, session))
    assert failure["code"] == 500 and failure["data"] == {"answer": f"**ERROR**: {failure['message']}", "reference": []}
    assert end == {"code": 0, "message": "", "data": True}
    assert len(listed(client, bot, id=session)[0]["messages"]) == 1
    assert traced(client, bot, session)[-1]["error"] == failure["message"]
    whole = ask(client, bot, session, stream=False)
    assert whole.json["code"] != 0 and whole.json["message"] == failure["message"]
    model.plays(says("Sunny."))
    assert assert_success(ask(client, bot, session, stream=False))["answer"] == "Sunny."
    assert [message["content"] for message in listed(client, bot, id=session)[0]["messages"]][1:] == ["How is the weather?", "Sunny."]


def test_a_session_takes_a_newer_canvas_when_it_is_asked_to_and_keeps_what_was_said(client, bot, model):
    """Contract 3.28, sync_dsl."""
    session = open_session(client, bot)["id"]
    frames(ask(client, bot, session))
    newer = chatbot(llm="scripted")
    newer["components"]["Generate:Reply"]["obj"]["params"]["prompt"] = "Be long."
    client.put(f"{BASE}/agents/{bot}", json={"dsl": newer})
    for sync, prompt in [(False, "Be brief."), (True, "Be long."), (False, "Be long.")]:
        frames(ask(client, bot, session, sync_dsl=sync))
        system, *others = model.requests[-1]["messages"]
        assert system["content"] == prompt and ("assistant", "ok") in [(one["role"], one["content"]) for one in others]
    assert listed(client, bot, id=session)[0]["round"] == 4


def test_each_step_of_a_run_can_be_read_with_inputs_output_time_and_tokens(client, bot, model):
    model.plays(says("Sunny.", usage=(11, 3)))
    session = open_session(client, bot)["id"]
    id = frames(ask(client, bot, session))[-2]["data"]["id"]
    opening, run = traced(client, bot, session)
    assert [step["kind"] for step in opening["steps"]] == ["Begin"] and opening["id"] == ""
    assert (run["id"], run["error"]) == (id, "")
    [step] = run["steps"]
    assert step.pop("seconds") > 0
    assert step == {
        "component": "Generate:Reply",
        "kind": "Generate",
        "name": "Generate:Reply",
        "inputs": "How is the weather?",
        "output": "Sunny.",
        "prompt_tokens": 11,
        "completion_tokens": 3,
        "error": "",
    }
    assert_error(client.get(f"{BASE}/agents/{bot}/sessions/{UNKNOWN}/trace"), 102, f"The agent doesn't own the session {UNKNOWN}")


def test_the_newest_runs_are_kept(client, monkeypatch):
    monkeypatch.setattr(agent_runs, "MOST_TRACES", 3)
    agent = make(client, "message", sample("message")["dsl"])
    session = open_session(client, agent)["id"]
    ids = [assert_success(ask(client, agent, session, stream=False))["id"] for _ in range(5)]
    assert [run["id"] for run in traced(client, agent, session)] == ids[-3:]


@both_profiles
def test_sessions_are_listed_by_id_and_caller_without_canvases_if_asked(client, bot, profile):
    """Contract 3.29: what nothing matches is an empty list."""
    first = open_session(client, bot)["id"]
    second = assert_success(client.post(f"{BASE}/agents/{bot}/sessions", query_string={"user_id": "me"}))["id"]
    assert [one["id"] for one in listed(client, bot)] == [second, first]
    assert [one["id"] for one in listed(client, bot, desc="False", page_size=1)] == [first]
    assert [one["id"] for one in listed(client, bot, user_id="me")] == [second]
    assert "dsl" not in listed(client, bot, dsl="false")[0] and "dsl" in listed(client, bot, dsl="true")[0]
    assert listed(client, bot, id=UNKNOWN) == []
    assert_error(client.get(f"{BASE}/agents/{UNKNOWN}/sessions"), 102, f"You don't own the agent {UNKNOWN}.")


@both_profiles
def test_sessions_are_deleted_as_chats_sessions_are(client, bot, profile):
    """Contract 1.8, 3.31."""
    path = f"{BASE}/agents/{bot}/sessions"
    assert_error(client.delete(path, json={}), 102, f"Agent {bot} has no sessions")
    one, two, three = (open_session(client, bot)["id"] for _ in range(3))
    assert_error(client.delete(path, json={"ids": [UNKNOWN]}), 102, f"The agent doesn't own the session {UNKNOWN}")
    partial = {"success_count": 1, "errors": [f"The agent doesn't own the session {UNKNOWN}"]}
    assert assert_success(client.delete(path, json={"ids": [one, UNKNOWN]})) == partial
    assert assert_success(client.delete(path, json={"ids": [two, two]})) == {"success_count": 1, "errors": [f"Duplicate session ids: {two}"]}
    assert said(client.delete(path, json={"id": [three]}))[0] == 101
    assert len(listed(client, bot)) == 1
    assert client.delete(path, json={"ids": None}).json == {"code": 0}
    assert listed(client, bot) == []
    assert_error(client.delete(f"{BASE}/agents/{UNKNOWN}/sessions", json={}), 102, f"You don't own the agent {UNKNOWN}")


@pytest.mark.parametrize("name", SAMPLES)
def test_every_template_runs_without_any_model_server(client, dataset, chunk, name):
    """On the built-in model: an answer, its steps, and no failure."""
    agent = make(client, name, sample(name, dataset)["dsl"])
    given = {"name": "Ada", "story": "The kettle leaks.", "tone": "kind", "copies": 2, "items": "kettle\nlid"}
    session = open_session(client, agent, **given)["id"]
    data = assert_success(ask(client, agent, session, "Which colours is the kettle sold in?", stream=False))
    assert data["answer"] and not data["answer"].startswith("**ERROR**")
    [*_, run] = traced(client, agent, session)
    assert run["steps"] and not any(step["error"] for step in run["steps"])


def test_an_agent_that_speaks_by_itself_opens_with_what_it_says(client):
    """Where there is no prologue; contract 3.27 has the prologue alone."""
    speaks = {
        "begin": component("Begin", ["Message:M"], [], prologue=""),
        "Message:M": component("Message", ["Answer:A"], ["begin"], messages=["I speak first."]),
        "Answer:A": component("Answer", ["Message:M"], ["Message:M"]),
    }
    agent = make(client, "speaker", canvas(speaks))
    assert open_session(client, agent)["message"] == [{"role": "assistant", "content": "I speak first."}]


def test_an_opening_that_fails_leaves_no_session(client, model):
    model.plays(fails(401))
    speaks = {
        "begin": component("Begin", ["Generate:G"], [], prologue=""),
        "Generate:G": component("Generate", ["Answer:A"], ["begin"], llm_id="scripted", prompt="Speak."),
        "Answer:A": component("Answer", [], ["Generate:G"]),
    }
    agent = make(client, "speaker", canvas(speaks))
    assert client.post(f"{BASE}/agents/{agent}/sessions", json={}).json["code"] != 0
    assert listed(client, agent) == []


@both_profiles
def test_a_strangers_agent_is_nobodys(client, stranger, bot, profile):
    """Decision: RAGFlow tells it from one that is not there (3.27); here nobody learns what others have."""
    session = open_session(client, bot)["id"]
    frames(ask(client, bot, session))
    before = json.dumps(listed(client, bot))
    own = make(stranger, "own")
    for agent in (bot, own):
        assert stranger.get(f"{BASE}/agents/{agent}/sessions/{session}/trace").json["code"] == 102
        assert ask(stranger, agent, session).json["code"] == 102
    assert_error(stranger.post(f"{BASE}/agents/{bot}/sessions", json={}), 102, "Agent not found.")
    assert stranger.delete(f"{BASE}/agents/{bot}/sessions", json={}).json["code"] == 102
    assert stranger.delete(f"{BASE}/agents/{own}/sessions", json={"ids": [session]}).json["code"] == 102
    assert listed(stranger, own) == []
    assert json.dumps(listed(client, bot)) == before


def test_limits_of_a_run_are_the_operators(client, bot, model):
    model.plays(says("Sunny.", usage=(150_000, 60_000)))
    session = open_session(client, bot)["id"]
    reply = ask(client, bot, session, stream=False)
    assert_error(reply, 102, "The run used more than its 200000 tokens.")
