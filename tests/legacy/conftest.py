"""A dataset with a document and a chunk, made through the API, and ways to make more."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ingest import pipeline
from models import jobs

pytest.register_assert_rewrite("tests.legacy.wire")

from tests.legacy.wire import SECRET, V1, upload  # noqa: E402  (after its asserts are rewritten)


@pytest.fixture
def dataset(client) -> str:
    """The id of a dataset named manuals."""
    return client.post(f"{V1}/datasets", json={"name": "manuals"}).json["data"]["id"]


@pytest.fixture
def document(client, dataset) -> str:
    """The id of a document named kettle.txt."""
    return upload(client)["id"]


@pytest.fixture
def chunk(client, dataset, document) -> str:
    """The id of a chunk about a kettle."""
    return client.post(f"{V1}/datasets/{dataset}/documents/{document}/chunks", json={"content": SECRET}).json["data"]["chunk"]["id"]


@pytest.fixture
def parse(client, tmp_path) -> Callable[[], None]:
    """Do in this process what is queued for the ingest worker."""

    def run() -> None:
        while lease := jobs.claim("elsewhere:1:1", seconds=60):
            folder = tmp_path / lease.job
            folder.mkdir()
            pipeline.run(lease, folder)()

    return run
