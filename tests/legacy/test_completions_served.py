"""Frames arrive one by one through gunicorn, also while the model says nothing (legacy contract 6.4.4; decisions C5)."""

from __future__ import annotations

import json
import secrets
import time

import pytest
import requests

from tests.running import wait_for
from tests.scripted_model import ScriptedModel, says, stalls


@pytest.fixture(scope="module")
def model():
    with ScriptedModel() as scripted:
        yield scripted


@pytest.fixture(scope="module")
def caller(server, model):
    """A session of `requests` with the key of a user whose chats the scripted model answers."""
    email = f"{secrets.token_hex(8)}@example.org"
    for words in (("user", "create", email), ("model", "add", "scripted", model.url, "--user", email, "--default")):
        server.command(*words).check_returncode()
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {server.command('key', 'create', '--user', email).stdout.strip()}"
    prompt = {"prompt": "Be kind.", "variables": []}
    assert session.post(f"{server.url}/api/v1/chats", json={"name": "assistant", "prompt": prompt}).json()["code"] == 0
    return session


@pytest.fixture
def conversation(server, caller):
    return caller.get(f"{server.url}/v1/api/new_conversation").json()["data"]["id"]


def ask(server, caller, conversation):
    body = {"conversation_id": conversation, "messages": [{"role": "user", "content": "Hello?"}]}
    return caller.post(f"{server.url}/v1/api/completion", json=body, stream=True, timeout=20)


def arriving(reply):
    """Each frame's data, and when it came."""
    for line in reply.iter_lines(chunk_size=1):
        if line:
            yield json.loads(line[5:])["data"], time.monotonic()


def test_line_23_frames_arrive_one_by_one(server, caller, model, conversation):
    model.plays(says("One", " two", " three", pause=0.4))
    came = {data["answer"]: when for data, when in arriving(ask(server, caller, conversation)) if data is not True}
    first, second, third = (came[answer] for answer in ("One", "One two", "One two three"))
    assert second - first > 0.2 and third - second > 0.2


def test_a_silent_model_is_covered_and_a_client_that_leaves_leaves_a_pair(server, caller, model, conversation):
    """The first word is there while the model is at a loss; then it comes again and again. Leaving ends the model's work."""
    model.plays(stalls("One"))
    model.left.clear()
    frames = arriving(ask(server, caller, conversation))
    began = time.monotonic()
    while (frame := next(frames))[0]["answer"] != "One":
        pass
    assert frame[1] - began < 5
    again, when = next(frames)
    assert again == frame[0] and when - frame[1] > 1
    frames.close()
    caller.close()
    assert model.left.wait(10)
    row = wait_for(lambda: (found := caller.get(f"{server.url}/v1/api/conversation/{conversation}").json()["data"])["round"] and found)
    assert [one["content"] for one in row["message"][1:]] == ["Hello?", "One"] and row["reference"] == [[]]
