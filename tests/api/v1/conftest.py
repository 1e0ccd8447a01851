"""A dataset with a document and a chunk, made through the API, and ways to make more."""

from __future__ import annotations


import pytest

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
