"""On PostgreSQL, where one machine is not enough: the same tables, the same answers, the same promises to readers."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from playhouse.schema_diff import diff_models

from models.base import database
from models.database import MIGRATIONS, close_database, migrate, open_database
from models.tables import TABLES
from tests.e2e.clients import Client, Paper, Passage, complaints
from tests.postgresql import Missing, PostgreSQL
from tests.running import wait_for

pytestmark = pytest.mark.e2e

EDITS = 60


@pytest.fixture(scope="module")
def postgresql():
    server = PostgreSQL()
    try:
        server.start()
    except Missing as missing:
        pytest.skip(str(missing))
    yield server
    server.stop()


def test_migrated_tables_equal_the_models(postgresql):
    open_database(postgresql.new_database())
    try:
        assert migrate() == sorted(script.stem for script in MIGRATIONS.glob("0*.py"))
        diff = diff_models(database.obj, TABLES)
        assert not diff, str(diff)
    finally:
        close_database()


def test_documents_are_parsed_found_changed_and_deleted(start_server, postgresql):
    server = start_server(DOVETAIL_DATABASE__URL=postgresql.new_database())
    client = Client(server.url, server.key)
    dataset = client.new_dataset("on PostgreSQL")
    documents = client.upload(dataset, {f"{number}.txt": f"The violin of room {number} was tuned at dawn.".encode() for number in range(4)})
    client.ask("POST", f"/datasets/{dataset}/chunks", json={"document_ids": documents})
    wait_for(lambda: all(document["run"] == "DONE" for document in client.documents(dataset)))
    papers = [Paper(client, dataset, document) for document in documents]
    assert sum(len(paper.listed()) for paper in papers) == 4
    chunk = papers[0].add(Passage("A lantern hung in the harbour."))
    assert chunk in papers[0].found("Where did the lantern hang?")
    papers[0].delete(chunk)
    assert chunk not in papers[0].found("Where did the lantern hang?")
    assert complaints(server.log) == []


def test_a_chunk_that_is_edited_all_the_time_is_found_at_every_moment(start_server, postgresql):
    """Reads of one transaction see one state here too, or a search would meet rows that are newer than its index."""
    server = start_server(DOVETAIL_DATABASE__URL=postgresql.new_database())
    client = Client(server.url, server.key)
    dataset = client.new_dataset("on PostgreSQL")
    paper = Paper(client, dataset, *client.upload(dataset, {"a.txt": b"nothing"}))
    chunk = paper.add(Passage("The kettle is kept as it was at first."))
    over = threading.Event()

    def edit(number: int) -> None:
        for version in range(EDITS):
            paper.change(chunk, content=f"The kettle is kept as client {number} said, at edit {version}.")

    def read() -> None:
        while not over.is_set():
            assert paper.found("How is the kettle kept?").keys() == {chunk}

    with ThreadPoolExecutor(4) as pool:
        readers = [pool.submit(read) for _ in range(2)]
        for edited in [pool.submit(edit, number) for number in range(2)]:
            edited.result()
        over.set()
        for reader in readers:
            reader.result()
    assert complaints(server.log) == []
