"""OpenAI's own clients, for Python and for JavaScript, unmodified (RAGFlow v1 contract 3.26, 11.1; decisions A11, B11)."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import openai
import pytest
import requests

ROOT = Path(__file__).parents[2]
NODE_CLIENT = ROOT / ".tools" / "openai-node"
SECRET = "The kettle is sold in red, black and cream."
QUESTION = "Which colours is the kettle sold in?"
MESSAGES = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": QUESTION}]
UNKNOWN = "b330ec2e91ec11efbc510242ac120004"
RAISED = {"wrong_key": ["AuthenticationError", 401], "unknown_chat": ["NotFoundError", 404], "no_user": ["BadRequestError", 400]}


@pytest.fixture
def key(new_key):
    """The key of a tenant of its own."""
    return new_key()


@pytest.fixture
def chats(server):
    """Where chats are for clients of OpenAI's API."""
    return f"{server.url}/api/v1/chats_openai"


@pytest.fixture
def chat(server, key):
    """The id of a chat that knows about a kettle."""

    def post(path, **options):
        return requests.post(f"{server.url}/api/v1{path}", headers={"Authorization": f"Bearer {key}"}, timeout=30, **options).json()["data"]

    dataset = post("/datasets", json={"name": "kettles"})["id"]
    document = post(f"/datasets/{dataset}/documents", files={"file": ("manual.txt", b"Kettles boil water.")})[0]["id"]
    post(f"/datasets/{dataset}/documents/{document}/chunks", json={"content": SECRET})
    return post("/chats", json={"name": "helper", "dataset_ids": [dataset]})["id"]


def raised(client, messages=MESSAGES):
    with pytest.raises(openai.APIStatusError) as error:
        client.chat.completions.create(model="any", messages=messages, stream=False)
    return [type(error.value).__name__, error.value.status_code]


def test_the_python_client_asks_a_chat(chats, chat, key):
    client = openai.OpenAI(base_url=f"{chats}/{chat}", api_key=key, max_retries=0)
    assert [model.id for model in client.models.list()] == ["model"]

    plain = client.chat.completions.create(model="any", messages=MESSAGES, stream=False)
    assert plain.choices[0].message.content == f"{SECRET} ##0$$" and plain.choices[0].finish_reason == "stop"
    assert plain.usage.total_tokens == plain.usage.prompt_tokens + plain.usage.completion_tokens > 0

    cited = client.chat.completions.create(model="any", messages=MESSAGES, stream=False, extra_body={"reference": True})
    assert [chunk["document_name"] for chunk in cited.choices[0].message.reference] == ["manual.txt"]

    chunks = list(client.chat.completions.create(model="any", messages=MESSAGES, stream=True, extra_body={"reference": True}))
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
    assert text == f"{SECRET} ##0$$"
    assert chunks[-1].choices[0].finish_reason == "stop" and chunks[-1].usage.completion_tokens == len(text)
    assert chunks[-1].choices[0].delta.final_content == text

    assert raised(openai.OpenAI(base_url=f"{chats}/{chat}", api_key="wrong", max_retries=0)) == RAISED["wrong_key"]
    assert raised(openai.OpenAI(base_url=f"{chats}/{UNKNOWN}", api_key=key, max_retries=0)) == RAISED["unknown_chat"]
    assert raised(client, [{"role": "assistant", "content": "x"}]) == RAISED["no_user"]


def test_the_javascript_client_asks_a_chat(chats, chat, key):
    node = shutil.which("node")
    if node is None or not NODE_CLIENT.exists():
        pytest.skip("Node.js or OpenAI's client for it is missing; `make setup-dev` installs the client where npm is there")
    script = Path(__file__).with_name("openai_client.mjs")
    run = subprocess.run(
        [node, str(script), str(NODE_CLIENT), f"{chats}/{chat}", key, QUESTION, f"{chats}/{UNKNOWN}"],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "NO_PROXY": "127.0.0.1"},
    )
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout) == {
        "models": ["model"],
        "plain": [f"{SECRET} ##0$$", "stop", "chat.completion", "any"],
        "usage": True,
        "cited": ["manual.txt"],
        "streamed": [f"{SECRET} ##0$$", "stop"],
        "streamed_usage": True,
        **RAISED,
    }
