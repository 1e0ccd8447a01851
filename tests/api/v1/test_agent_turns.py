"""Questions that meet in one session with an agent, and runs that crash (RAGFlow v1 contract 3.28; decisions B25)."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from chat.canvas import Limits
from chat.canvas.component import Component
from chat.canvas.components import KINDS
from models import leases
from models.tables import Lease
from services import agent_runs
from tests.agents.canvases import canvas, chatbot, component
from tests.api.v1.test_agent_sessions import ask, listed, open_session, traced
from tests.api.v1.test_agents import make
from tests.api.v1.wire import BASE, assert_error, assert_success
from tests.running import wait_for
from tests.scripted_model import says, stalls

BUSY = "The session is still answering another question."


def talker(kind="Message", **params):
    """A canvas of one component that answers."""
    return canvas(
        {
            "begin": component("Begin", ["Answer:A"], [], prologue="Good day."),
            "Answer:A": component("Answer", [f"{kind}:1"], ["begin", f"{kind}:1"]),
            f"{kind}:1": component(kind, ["Answer:A"], ["Answer:A"], **params),
        }
    )


@pytest.fixture
def hurried():
    """Runs, and those who wait for them, have half a second."""
    agent_runs.use_limits(Limits(seconds=0.5))
    yield
    agent_runs.use_limits(Limits())


def test_questions_that_come_at_the_same_moment_are_answered_one_after_the_other(app, client):
    """Nothing of any of them is lost, and nothing stays behind."""
    agent = make(client, "talker", talker(messages=["Yes."]))
    session = open_session(client, agent)["id"]

    def asked(number):
        own = app.test_client()
        own.environ_base.update(client.environ_base)
        return assert_success(ask(own, agent, session, f"Question {number}?", stream=False))["answer"]

    with ThreadPoolExecutor(6) as threads:
        assert list(threads.map(asked, range(6))) == ["Yes."] * 6
    [kept] = listed(client, agent)
    said = [text for role, text in kept["dsl"]["history"] if role == "user"]
    assert sorted(said) == [f"Question {number}?" for number in range(6)] and len(kept["messages"]) == 13
    assert kept["dsl"]["path"][1:] == [["Answer:A"], *[["Message:1", "Answer:A"]] * 6]
    assert not Lease.select().where(Lease.name.startswith("session ")).exists()


def test_a_question_that_waited_too_long_is_told_so(client, hurried):
    """Another process holds the session."""
    agent = make(client, "talker", talker(messages=["Yes."]))
    session = open_session(client, agent)["id"]
    held = leases.acquire(f"session {session}")
    assert_error(ask(client, agent, session, stream=False), 102, BUSY)
    body = {"model": "m", "messages": [{"role": "user", "content": "Now?"}], "stream": False, "session_id": session}
    reply = client.post(f"{BASE}/agents_openai/{agent}/chat/completions", json=body)
    assert reply.status_code == 400 and reply.json["message"] == BUSY  # decisions A11
    leases.forget(held)
    assert assert_success(ask(client, agent, session, stream=False))["answer"] == "Yes."
    assert len(listed(client, agent)[0]["messages"]) == 3


def test_a_client_that_leaves_lets_the_next_question_in(client, model):
    agent = make(client, "bot", chatbot(llm="scripted"))
    session = open_session(client, agent)["id"]
    model.plays(stalls("Thr"))
    stream = ask(client, agent, session, "First?").response
    assert b"running" in next(iter(stream))
    stream.close()
    began = time.monotonic()
    model.plays(says("Three years."))
    assert assert_success(ask(client, agent, session, "Second?", stream=False))["answer"] == "Three years."
    assert time.monotonic() - began < leases.SECONDS


def test_a_session_whose_process_died_goes_on(client):
    agent = make(client, "talker", talker(messages=["Yes."]))
    session = open_session(client, agent)["id"]
    leases.acquire(f"session {session}")
    Lease.update(until=1).where(Lease.name == f"session {session}").execute()
    assert assert_success(ask(client, agent, session, stream=False))["answer"] == "Yes."
    wait_for(lambda: not Lease.select().where(Lease.name == f"session {session}").exists())


def test_who_lost_the_session_to_another_process_does_not_undo_what_that_one_did(client, model):
    agent = make(client, "bot", chatbot(llm="scripted"))
    session = open_session(client, agent)["id"]
    model.plays(says("Sunny."))
    stream = ask(client, agent, session, "First?").response
    frames = iter(stream)
    next(frames)
    Lease.update(token=Lease.token + 1).where(Lease.name == f"session {session}").execute()
    list(frames)
    [kept] = listed(client, agent)
    assert kept["dsl"]["path"] == [["begin"], ["Answer:Desk"]]
    assert len(kept["messages"]) == 3  # what was told is told


class Crashing(Component):
    """A component with a fault of its own."""

    kind = "Crashing"

    def run(self, call):
        raise ZeroDivisionError("a secret")
        yield


def test_a_run_that_crashes_leaves_a_trace(client, monkeypatch):
    """Told as what it is and nothing more (decisions A2); the session goes on."""
    monkeypatch.setitem(KINDS, "Crashing", Crashing)
    agent = make(client, "crashing", talker("Crashing"))
    session = open_session(client, agent)["id"]
    assert ask(client, agent, session, stream=False).json["message"] == "Internal Server Error"
    [_, run] = traced(client, agent, session)
    assert run["error"] == "Internal Server Error" and [step["error"] for step in run["steps"]] == ["Internal Server Error"]
    assert "secret" not in str(run)
    assert len(listed(client, agent)[0]["messages"]) == 1
