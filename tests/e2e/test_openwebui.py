"""Open WebUI's API through gunicorn and the ingest worker: the seed's whole flow, OpenAI's own client, clients that leave, streams into chats."""

from __future__ import annotations

import json
import time

import openai
import pytest
import requests

from tests.running import Server, wait_for
from tests.scripted_model import ScriptedModel, says, stalls

pytestmark = pytest.mark.e2e

BUILT_IN = "extractive@Dovetail"
TEXT = "The kettle boils two litres. Its warranty lasts three years. Do not immerse it in water.\n\n" * 3
QUESTION = "How long does the warranty of the kettle last?"


@pytest.fixture(scope="module")
def model():
    """A model server that does as it is told."""
    with ScriptedModel() as scripted:
        yield scripted


@pytest.fixture(scope="module")
def served(tmp_path_factory, model_folder, model):
    """A server whose own model is that one."""
    environment = {"DOVETAIL_CHAT__BASE_URL": model.url, "DOVETAIL_CHAT__MODEL": "scripted-1", "DOVETAIL_HTTP__WORKERS": "1"}
    with Server(tmp_path_factory.mktemp("openwebui") / "data", model_folder, environment) as running:
        yield running


def post(served, path, **options):
    return requests.post(served.url + path, headers=served.headers, timeout=60, **options)


def test_the_first_user_is_the_administrator(served):
    session = requests.get(f"{served.url}/api/v1/auths/", headers=served.headers, timeout=10).json()
    assert session["role"] == "admin"
    assert requests.delete(f"{served.url}/api/v1/files/all", headers=served.headers, timeout=10).json()["message"]


def test_create_upload_add_and_ask_as_the_seed_does(served):
    """Seed 002: a new client polls until the file is completed, an old one does not look; both then ask with the collection, streaming."""
    knowledge = post(served, "/api/v1/knowledge/create", json={"name": "test", "description": "for test", "access_control": None}).json()["id"]
    file = post(served, "/api/v1/files/", files={"file": ("kettle.txt", TEXT.encode(), "text/plain")}).json()["id"]

    def completed():
        return requests.get(f"{served.url}/api/v1/files/{file}", headers=served.headers, timeout=10).json()["data"].get("status") == "completed"

    wait_for(completed)
    added = post(served, f"/api/v1/knowledge/{knowledge}/file/add", json={"file_id": file})
    assert added.json()["data"] == {"file_ids": [file]}
    said = [{"role": "user", "content": QUESTION}]
    for entry in ({"type": "collection", "id": knowledge}, {"type": "file", "id": file}):
        reply = post(served, "/api/chat/completions", json={"model": BUILT_IN, "messages": said, "files": [entry], "stream": True}, stream=True)
        lines = [line for line in reply.iter_lines() if line]
        assert lines[-1] == b"data: [DONE]"
        first, *frames = [json.loads(line.removeprefix(b"data: ")) for line in lines[:-1]]
        assert first["sources"][0]["source"] == entry
        text = "".join(frame["choices"][0]["delta"].get("content", "") for frame in frames)
        assert "Its warranty lasts three years." in text and text.endswith("[0]")


def test_openais_client_asks_a_model(served, model):
    model.plays(says("I am ", "a helper.", usage=(5, 7)))
    client = openai.OpenAI(base_url=f"{served.url}/api", api_key=served.key, max_retries=0)
    assert [one.id for one in client.models.list()] == ["scripted-1", BUILT_IN]
    said = [{"role": "user", "content": "Who are you?"}]
    plain = client.chat.completions.create(model="scripted-1", messages=said)
    assert (plain.choices[0].message.content, plain.choices[0].finish_reason, plain.usage.total_tokens) == ("I am a helper.", "stop", 12)
    chunks = list(client.chat.completions.create(model="scripted-1", messages=said, stream=True))
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == "I am a helper."
    assert (chunks[-1].choices[0].finish_reason, chunks[-1].usage.completion_tokens) == ("stop", 7)
    with pytest.raises(openai.BadRequestError) as refused:
        client.chat.completions.create(model="nobody", messages=said)
    assert refused.value.response.json() == {"detail": "Model not found"}
    with pytest.raises(openai.AuthenticationError):
        client.with_options(api_key="sk-bad").models.list()


def test_a_client_that_leaves_ends_the_models_work(served, model):
    model.left.clear()
    model.plays(stalls("It is ", "sold "))
    said = [{"role": "user", "content": "Tell me."}]
    reply = post(served, "/api/chat/completions", json={"model": "scripted-1", "messages": said, "stream": True}, stream=True)
    assert b"It is" in next(line for line in reply.iter_lines() if line)
    reply.close()
    assert model.left.wait(10)


def test_a_stream_into_a_chat_goes_on_without_its_client(served, model):
    """Contract 4.6, D4."""
    model.plays(says(*[f"piece {number} " for number in range(8)], pause=0.2))
    chat = post(served, "/api/v1/chats/new", json={"chat": {"title": "talk"}}).json()["id"]
    said = [{"role": "user", "content": "Tell me."}]
    body = {"model": "scripted-1", "messages": said, "stream": True, "chat_id": chat, "id": "m2", "session_id": "s"}
    assert post(served, "/api/chat/completions", json=body).json()["status"] is True
    seen = []
    deadline = time.monotonic() + 20
    while not seen or not seen[-1]["done"]:
        assert time.monotonic() < deadline, seen
        kept = requests.get(f"{served.url}/api/v1/chats/{chat}", headers=served.headers, timeout=10).json()
        seen.append(kept["chat"]["history"]["messages"]["m2"])
        time.sleep(0.05)
    assert seen[-1]["content"].strip() == " ".join(f"piece {number}" for number in range(8))
    assert any(0 < len(one["content"]) < len(seen[-1]["content"]) for one in seen)
