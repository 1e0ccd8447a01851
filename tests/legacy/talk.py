"""A chat over three chunks, conversations with it, and what comes of a question; a module imports the fixtures it uses."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from chat import llm
from chat.catalogue import Model
from chat.llm import Patience
from services import models
from tests.legacy.wire import BASE, V1, assert_success
from tests.scripted_model import ScriptedModel

QUESTION = "How long does the warranty of the kettle last?"
FACTS = (
    "The warranty of the kettle lasts three years. It does not cover limescale.",
    "The kettle boils two litres of water in four minutes.",
    "茶壶的保修期是三年。",
)


@pytest.fixture
def chat(client: Any, dataset: str, document: str) -> str:
    """The id of the client's only chat, over a document of three chunks."""
    for fact in FACTS:
        assert client.post(f"{V1}/datasets/{dataset}/documents/{document}/chunks", json={"content": fact}).json["code"] == 0
    return make_chat(client, dataset)


@pytest.fixture
def bare_chat(client: Any) -> str:
    """The id of the client's only chat, without a dataset."""
    return make_chat(client)


@pytest.fixture
def conversation(client: Any, chat: str) -> str:
    """The id of a conversation."""
    return opened(client)["id"]


@pytest.fixture
def model(client: Any, chat: str) -> Iterator[ScriptedModel]:
    """A scripted model, which the client's chat answers with, and clients that give up soon."""
    tenant = client.get(f"{V1}/datasets").json["data"][0]["tenant_id"]
    with ScriptedModel() as scripted:
        llm.be_patient(Patience(connect=2.0, read=2.0, silence=0.1, retries=2))
        models.add(tenant, "chat", Model("scripted", "", scripted.url, "scripted-1", ""), default=True)
        yield scripted
    llm.be_patient(Patience())


def make_chat(client: Any, *datasets: str, name: str = "assistant", **fields: Any) -> str:
    """A chat over these datasets, through the modern API; gives its id."""
    return str(client.post(f"{V1}/chats", json={"name": name, "dataset_ids": datasets, **fields}).json["data"]["id"])


def opened(client: Any, **query: str) -> Any:
    """Open a conversation; gives its row."""
    return assert_success(client.get(f"{BASE}/new_conversation", query_string=query))


def ask(client: Any, conversation: str, question: str = QUESTION, **fields: Any) -> Any:
    """Ask in a conversation; gives the reply."""
    messages = [{"role": "user", "content": question}]
    return client.post(f"{BASE}/completion", json={"conversation_id": conversation, "messages": messages, **fields})


def told(client: Any, conversation: str, question: str = QUESTION, **fields: Any) -> Any:
    """The data of a whole answer."""
    return assert_success(ask(client, conversation, question, stream=False, **fields))


def read(client: Any, conversation: str) -> Any:
    """The conversation as it is stored."""
    return assert_success(client.get(f"{BASE}/conversation/{conversation}"))


def frames(reply: Any) -> list[dict[str, Any]]:
    """The frames of a stream, whose form is checked: `data:{...}`, an empty line, nothing else."""
    assert reply.status_code == 200
    *blocks, rest = reply.data.split(b"\n\n")
    assert rest == b""
    assert all(block.startswith(b"data:{") and b"\n" not in block for block in blocks)
    return [json.loads(block[5:]) for block in blocks]


def contents(reply: Any) -> list[dict[str, Any]]:
    """The data of all frames but the closing one, which is there and the last."""
    *parts, last = [frame["data"] for frame in frames(reply)]
    assert last is True and True not in parts
    return parts
