"""Answers streamed by gunicorn: frames leave as they are made, many at once, and a client that leaves ends the model's work."""

from __future__ import annotations

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.running import wait_for
from tests.scripted_model import ScriptedModel, says, stalls

STREAMS = 50
PIECES = [f"piece {number} " for number in range(10)]
PAUSE = 0.2


@pytest.fixture(scope="module")
def model():
    """A model server that does as it is told."""
    with ScriptedModel() as scripted:
        yield scripted


@pytest.fixture(scope="module")
def served(tmp_path_factory, model_folder, model):
    """A server of one web process, with threads as they are by default, that asks that model."""
    from tests.running import Server

    environment = {"DOVETAIL_HTTP__WORKERS": "1", "DOVETAIL_CHAT__BASE_URL": model.url, "DOVETAIL_CHAT__MODEL": "scripted-1"}
    with Server(tmp_path_factory.mktemp("streams") / "data", model_folder, environment) as running:
        yield running


@pytest.fixture(scope="module")
def chats(served):
    """The address of chats, and how to send to it."""
    http = requests.Session()
    http.headers.update(served.headers)
    http.base = f"{served.url}/api/v1/chats"
    return http


@pytest.fixture
def chat(chats, request):
    """The address of a chat without datasets."""
    return f"{chats.base}/{chats.post(chats.base, json={'name': request.node.name}).json()['data']['id']}"


def open_session(chats, chat):
    return chats.post(f"{chat}/sessions", json={}).json()["data"]["id"]


def ask(chats, chat, session):
    body = {"session_id": session, "question": "Tell me."}
    return requests.post(f"{chat}/completions", json=body, headers=chats.headers, stream=True, timeout=60)


def frames(reply):
    """When each frame came, and its text so far."""
    for line in reply.iter_lines():
        if line:
            data = json.loads(line.removeprefix(b"data:"))["data"]
            yield time.monotonic(), data if data is True else data["answer"]


def messages(chats, chat, session):
    return chats.get(f"{chat}/sessions", params={"id": session}).json()["data"][0]["messages"]


def test_every_frame_leaves_when_it_is_made(chats, chat, model):
    model.plays(says(*PIECES, pause=PAUSE))
    times = [at for at, text in frames(ask(chats, chat, open_session(chats, chat))) if text is not True]
    gaps = [after - before for before, after in zip(times, times[1:], strict=False)]
    assert len(times) >= len(PIECES)
    assert all(PAUSE / 2 < gap < PAUSE * 2 for gap in gaps[: len(PIECES) - 1]), gaps


def test_fifty_streams_at_once_go_on_side_by_side(chats, chat, model):
    """None waits for another, and neither does a request of another kind."""
    model.plays(says(*PIECES, pause=PAUSE))
    sessions = [open_session(chats, chat) for _ in range(STREAMS)]
    together = threading.Barrier(STREAMS + 1)

    def stream(session):
        together.wait()
        begun = time.monotonic()
        came = list(frames(ask(chats, chat, session)))
        assert came[-1][1] is True and came[-2][1] == "".join(PIECES)
        return came[0][0] - begun, came[-1][0] - begun

    with ThreadPoolExecutor(STREAMS) as pool:
        running = [pool.submit(stream, session) for session in sessions]
        together.wait()
        time.sleep(1)
        begun = time.monotonic()
        assert chats.get(chats.base).json()["code"] == 0
        other = time.monotonic() - begun
        firsts, lasts = zip(*(one.result() for one in running), strict=True)
    alone = PAUSE * len(PIECES)
    assert max(firsts) < alone, firsts  # everybody hears the first word before anybody has heard the last
    assert max(lasts) < alone + 3, lasts
    assert other < 1.5
    assert all(len(messages(chats, chat, session)) == 3 for session in sessions)


def test_a_client_that_leaves_ends_the_models_work_and_its_exchange_is_stored_once(chats, chat, model):
    model.left.clear()
    model.plays(stalls("It is ", "sold "))
    session = open_session(chats, chat)
    reply = ask(chats, chat, session)
    assert next(text for _, text in frames(reply) if text) == "It is"
    reply.close()
    assert model.left.wait(10)
    wait_for(lambda: len(messages(chats, chat, session)) > 1)
    time.sleep(0.5)
    assert [message["role"] for message in messages(chats, chat, session)] == ["assistant", "user", "assistant"]


def test_a_server_that_stops_lets_answers_end(start_server, model):
    """gunicorn waits for what runs before it goes."""
    model.plays(says(*PIECES, pause=PAUSE))
    server = start_server(DOVETAIL_HTTP__WORKERS="1", DOVETAIL_CHAT__BASE_URL=model.url, DOVETAIL_CHAT__MODEL="scripted-1")
    http = requests.Session()
    http.headers.update(server.headers)
    chat = f"{server.url}/api/v1/chats"
    chat = f"{chat}/{http.post(chat, json={'name': 'a'}).json()['data']['id']}"
    came = frames(ask(http, chat, open_session(http, chat)))
    assert next(came)[1] == "piece 0"
    stopping = threading.Thread(target=server.stop)
    stopping.start()
    assert [text for _, text in came][-1] is True
    stopping.join()
