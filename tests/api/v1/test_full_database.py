"""A full database: a clear error, nothing half done, and all well again when there is room (design: errors never leak)."""

from __future__ import annotations

import io
from contextlib import contextmanager

import pytest

from models.base import database
from models.tables import Chunk, Dataset, Document, File, Job, Outbox
from tests.api.v1.wire import BASE


@contextmanager
def full_database():
    """SQLite may not grow by a single page."""
    database.close_all()
    used = database.obj.pragma("page_count")
    database.obj.pragma("max_page_count", used, permanent=True)
    database.close_all()
    try:
        yield
    finally:
        database.obj._pragmas = [pair for pair in database.obj._pragmas if pair[0] != "max_page_count"]
        database.close_all()


@pytest.fixture
def place(client):
    """A dataset, and a document in it."""
    dataset = client.post(f"{BASE}/datasets", json={"name": "a dataset"}).json["data"]["id"]
    path = f"{BASE}/datasets/{dataset}/documents"
    document = client.post(path, data={"file": (io.BytesIO(b"text"), "a.txt")}).json["data"][0]["id"]
    return dataset, document


def rows():
    return {table.__name__: table.select().count() for table in (Dataset, Document, File, Chunk, Job, Outbox)}


def is_refused(reply):
    return reply.status_code == 500 and reply.json["message"] == "The database is not available at the moment."


@pytest.fixture
def writes(client, place):
    """Requests that need room in the database, by what they do."""
    dataset, document = place
    documents = f"{BASE}/datasets/{dataset}/documents"

    def upload(names):
        return client.post(documents, data={"file": [(io.BytesIO(b"text"), name) for name in names]})

    ids = [found["id"] for found in upload([f"{n}.txt" for n in range(60)]).json["data"]]
    return {
        "dataset": lambda: client.post(f"{BASE}/datasets", json={"name": "another", "description": "d" * 60_000}),
        "upload": lambda: upload([f"{n}-{'n' * 100}.txt" for n in range(60)]),
        "chunk": lambda: client.post(f"{documents}/{document}/chunks", json={"content": "word " * 100_000}),
        "parse": lambda: client.post(f"{BASE}/datasets/{dataset}/chunks", json={"document_ids": ids}),
    }


@pytest.mark.parametrize("write", ["dataset", "upload", "chunk", "parse"])
def test_a_full_database_refuses_a_write_whole(writes, write):
    before = rows()
    with full_database():
        assert is_refused(writes[write]())
        assert rows() == before
    assert writes[write]().json["code"] == 0
