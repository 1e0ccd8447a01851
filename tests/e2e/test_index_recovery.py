"""The index is derived: deleted or damaged while the server was stopped, the next start makes it anew (design: truth in the rows)."""

from __future__ import annotations

import shutil
import sys

import pytest
import requests

pytestmark = pytest.mark.e2e

SENTENCES = ["The warranty lasts two years.", "Descale the kettle with vinegar.", "The kettle comes in red and black."]


def test_a_deleted_or_damaged_index_is_rebuilt_by_the_next_start(start_server):
    server = start_server()
    dataset = _fill(server)
    answer = _ask(server, dataset)
    assert answer["chunks"][0]["content"] == SENTENCES[0]
    for harm in (_delete, _truncate, _flip):
        server.stop()
        harm(server.folder / "indexes")
        server = start_server()
        assert _ask(server, dataset) == answer, harm.__name__


def test_reindex_beside_a_running_server_changes_no_answer(start_server):
    server = start_server()
    dataset = _fill(server)
    answer = _ask(server, dataset)
    rebuilt = server.command("reindex")
    assert rebuilt.returncode == 0, rebuilt.stderr
    assert rebuilt.stdout.endswith("1 index(es) rebuilt.\n")
    assert _ask(server, dataset) == answer


def _fill(server):
    """A dataset with one document and a chunk for each sentence; returns its id."""
    base = f"{server.url}/api/v1/datasets"
    dataset = requests.post(base, json={"name": "kettles"}, headers=server.headers).json()["data"]["id"]
    documents = f"{base}/{dataset}/documents"
    document = requests.post(documents, files={"file": ("a.txt", b"nothing")}, headers=server.headers).json()["data"][0]["id"]
    for sentence in SENTENCES:
        added = requests.post(f"{documents}/{document}/chunks", json={"content": sentence}, headers=server.headers).json()
        assert added["code"] == 0, added
    return dataset


def _ask(server, dataset):
    body = {"question": "How long is the warranty?", "dataset_ids": [dataset], "similarity_threshold": 0}
    answer = requests.post(f"{server.url}/api/v1/retrieval", json=body, headers=server.headers).json()
    assert answer["code"] == 0, answer
    return answer["data"]


def _delete(folder):
    shutil.rmtree(folder)


def _truncate(folder):
    for path in _files(folder):
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _flip(folder):
    for path in _files(folder):
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 0xFF
        path.write_bytes(content)


def _files(folder):
    found = [path for path in folder.rglob("*") if path.is_file() and path.stat().st_size]
    assert found
    return found


def test_gunicorn_without_dovetail_serve_rebuilds_a_deleted_index_too(start_server):
    server = start_server()
    dataset = _fill(server)
    answer = _ask(server, dataset)
    server.stop()
    shutil.rmtree(server.folder / "indexes")
    server.start(sys.executable, "-m", "gunicorn", "--config", "conf/gunicorn.conf.py", "app:wsgi()")
    assert _ask(server, dataset) == answer
    server.stop()
