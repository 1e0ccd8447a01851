"""A dataset with a document and a chunk, made through the API, and ways to make more."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from chat.catalogue import Model
from services import models, tokens
from tests.scripted_model import ScriptedModel

pytest.register_assert_rewrite("tests.api.v1.wire")

from tests.api.v1.wire import BASE, upload  # noqa: E402  (after its asserts are rewritten)


@pytest.fixture
def dataset(client) -> str:
    """The id of a dataset named manuals."""
    return client.post(f"{BASE}/datasets", json={"name": "manuals"}).json["data"]["id"]


@pytest.fixture
def document(client, dataset) -> str:
    """The id of a document named kettle.txt."""
    return upload(client, dataset, "kettle.txt")["id"]


@pytest.fixture
def chunk(client, dataset, document) -> str:
    """The id of a chunk about a kettle."""
    body = {"content": "The kettle is sold in red, black and cream."}
    return client.post(f"{BASE}/datasets/{dataset}/documents/{document}/chunks", json=body).json["data"]["chunk"]["id"]


@pytest.fixture
def model(client) -> Iterator[ScriptedModel]:
    """A model server that does as it is told, and answers the first tenant's chats."""
    tenant = tokens.authenticate(client.environ_base["HTTP_AUTHORIZATION"].split()[1]).tenant
    with ScriptedModel() as scripted:
        models.add(tenant, "chat", Model("scripted", "", scripted.url, "scripted-1", "sk-secret"), default=True)
        yield scripted


@pytest.fixture
def chat(client) -> str:
    """The id of a chat without datasets."""
    return client.post(f"{BASE}/chats", json={"name": "talker"}).json["data"]["id"]


@pytest.fixture
def kettles(client, dataset, chunk) -> str:
    """The id of a chat that knows about a kettle."""
    return client.post(f"{BASE}/chats", json={"name": "kettles", "dataset_ids": [dataset]}).json["data"]["id"]
