"""Files that come and go at the same moment stay their owner's (decisions A4, contract 6)."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from models import counters
from models.base import database
from models.tables import Document, File
from tests.api.openwebui.store import FILES, KNOWLEDGE, TEXT, add, found, knowledge, ok, upload

pytestmark = pytest.mark.usefixtures("reader")


def at_once(app, client, *requests):
    """The replies to requests that all have read what there is before any of them may write."""
    headers = {"Authorization": client.environ_base["HTTP_AUTHORIZATION"]}

    def one(request):
        method, path, body = request
        return app.test_client().open(path, method=method, json=body, headers=headers)

    with ThreadPoolExecutor(len(requests)) as pool:
        with database.atomic():  # nobody else writes until it ends
            replies = [pool.submit(one, request) for request in requests]
            time.sleep(0.3)
        return [reply.result() for reply in replies]


@pytest.mark.parametrize(
    ("method", "way"), [("DELETE", "delete"), ("POST", "reset"), ("POST", "file/remove?delete_file=false")], ids=["delete", "reset", "remove"]
)
def test_a_file_that_leaves_all_its_knowledges_at_once_stays(app, client, method, way):
    owns, file = [knowledge(client, name) for name in "abc"], upload(client)
    for own in owns:
        ok(add(client, own, file))
    for reply in at_once(app, client, *[(method, f"{KNOWLEDGE}/{own}/{way}", {"file_id": file}) for own in owns]):
        ok(reply)
    assert ok(client.get(f"{FILES}/{file}"))["data"]["content"] == TEXT and found(client, f"file-{file}")
    assert Document.select().count() == 1 and counters.recount() == 0


def test_a_file_that_is_added_while_its_knowledge_goes_stays(app, client):
    for number in range(6):
        own, file = knowledge(client), upload(client, f"{TEXT} {number}")
        requests = [("POST", f"{KNOWLEDGE}/{own}/file/add", {"file_id": file}), ("DELETE", f"{KNOWLEDGE}/{own}/delete", None)]
        by_path = dict(zip(("add", "delete"), at_once(app, client, *requests), strict=True))
        ok(by_path["delete"])
        assert by_path["add"].status_code in (200, 400), by_path["add"].text
        assert ok(client.get(f"{FILES}/{file}"))["meta"]["collection_name"] == f"file-{file}" and found(client, f"file-{file}")
    assert File.select().count() == Document.select().count() == 6 and counters.recount() == 0


def test_a_file_that_is_deleted_while_it_is_added_is_gone(app, client):
    for number in range(4):
        own, file = knowledge(client), upload(client, f"{TEXT} {number}")
        requests = [("POST", f"{KNOWLEDGE}/{own}/file/add", {"file_id": file}), ("DELETE", f"{FILES}/{file}", None)]
        added, deleted = at_once(app, client, *requests)
        ok(deleted)
        assert added.status_code in (200, 400), added.text
    assert not File.select().exists() and not Document.select().exists() and counters.recount() == 0
