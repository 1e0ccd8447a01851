"""Clients of a running server that take no refusal, and what they compare an answer with."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psutil
import requests
import xxhash

from tests.running import Server

TIMEOUT = 60.0


class Refused(AssertionError):
    """The server answered, and not with success."""

    def __init__(self, asked: str, status: int, text: str) -> None:
        super().__init__(f"{asked}: {status} {text[:2000]}")
        self.text = text


@dataclass(frozen=True)
class Passage:
    """What a client can know of a chunk."""

    content: str
    important_keywords: tuple[str, ...] = ()
    available: bool = True

    def but(self, **changes: Any) -> Passage:
        """The passage with some of it changed."""
        return replace(self, **changes)


class Client:
    """One tenant's client; every request opens a connection of its own, so that any web process may answer it."""

    def __init__(self, url: str, key: str) -> None:
        self._url = f"{url}/api/v1"
        self._headers = {"Authorization": f"Bearer {key}", "Connection": "close"}

    def ask(self, method: str, path: str, **given: Any) -> Any:
        """The `data` of the answer. Raises Refused, or requests' ConnectionError when no whole answer came."""
        answer = requests.request(method, self._url + path, headers=self._headers, timeout=TIMEOUT, **given)
        if answer.status_code != 200 or answer.json()["code"] != 0:
            raise Refused(f"{method} {path}", answer.status_code, answer.text)
        return answer.json().get("data")

    def new_dataset(self, name: str) -> str:
        """The id of a new dataset."""
        return str(self.ask("POST", "/datasets", json={"name": name})["id"])

    def dataset(self, dataset: str) -> Any:
        """The dataset as it is listed."""
        [found] = self.ask("GET", "/datasets", params={"id": dataset})
        return found

    def documents(self, dataset: str) -> list[Any]:
        """All documents of a dataset as they are listed."""
        page = self.ask("GET", f"/datasets/{dataset}/documents", params={"page_size": 10_000})
        assert page["total"] == len(page["docs"])
        return list(page["docs"])

    def upload(self, dataset: str, files: dict[str, bytes]) -> list[str]:
        """The ids of the new documents."""
        parts = [("file", file) for file in files.items()]
        return [document["id"] for document in self.ask("POST", f"/datasets/{dataset}/documents", files=parts)]

    def download(self, dataset: str, document: str) -> bytes:
        """A document's bytes."""
        answer = requests.get(f"{self._url}/datasets/{dataset}/documents/{document}", headers=self._headers, timeout=TIMEOUT)
        assert answer.status_code == 200, answer.text[:2000]
        return answer.content


class Paper:
    """A document as its client works on it, chunk by chunk."""

    def __init__(self, client: Client, dataset: str, document: str) -> None:
        self.client = client
        self.dataset = dataset
        self.document = document
        self._chunks = f"/datasets/{dataset}/documents/{document}/chunks"

    def chunk_id(self, content: str) -> str:
        """The id that a chunk of this content gets (contract 1.9)."""
        return str(xxhash.xxh64_hexdigest((content + self.document).encode()))

    def add(self, passage: Passage) -> str:
        """Add a chunk; its id."""
        body = {"content": passage.content, "important_keywords": list(passage.important_keywords)}
        return str(self.client.ask("POST", self._chunks, json=body)["chunk"]["id"])

    def change(self, chunk: str, **changes: Any) -> None:
        """Change some of a chunk's fields."""
        self.client.ask("PUT", f"{self._chunks}/{chunk}", json=changes)

    def delete(self, *chunks: str) -> None:
        """Delete these chunks."""
        self.client.ask("DELETE", self._chunks, json={"chunk_ids": list(chunks)})

    def listed(self, **query: Any) -> dict[str, Passage]:
        """The chunks that a listing shows, each once; with `keywords`, those that match."""
        return _by_id(self.client.ask("GET", self._chunks, params={"page_size": 10_000, **query})["chunks"])

    def found(self, question: str = "which notes are there") -> dict[str, Passage]:
        """The chunks that a question to this document finds, the best first; with no threshold, all that are switched on."""
        body = {"question": question, "dataset_ids": [self.dataset], "document_ids": [self.document]}
        answer = self.client.ask("POST", "/retrieval", json={**body, "similarity_threshold": 0, "page_size": 1000})
        assert answer["total"] == len(answer["chunks"]), f"{answer['total']} in all, but {len(answer['chunks'])} chunks"
        return _by_id(answer["chunks"])


def switched_on(passages: dict[str, Passage]) -> dict[str, Passage]:
    """The passages that a question may find."""
    return {id: passage for id, passage in passages.items() if passage.available}


def _by_id(items: list[Any]) -> dict[str, Passage]:
    passages = {item["id"]: Passage(item["content"], tuple(item["important_keywords"]), item.get("available", True)) for item in items}
    assert len(passages) == len(items), "a chunk is there twice"
    return passages


def assert_counted(server: Server, client: Client, dataset: str) -> None:
    """Assert that the counters of a dataset and its documents are what is listed and what is stored."""
    chunks, tokens = {}, {}
    with closing(sqlite3.connect(f"file:{server.folder / 'dovetail.db'}?mode=ro", uri=True)) as rows:
        for document, count, total in rows.execute("select document, count(*), sum(token_count) from chunk where dataset = ? group by 1", [dataset]):
            chunks[document], tokens[document] = count, total
    documents = client.documents(dataset)
    assert {one["id"]: one["chunk_count"] for one in documents if one["chunk_count"]} == chunks
    assert {one["id"]: one["token_count"] for one in documents if one["token_count"]} == tokens
    for document in documents:
        assert len(Paper(client, dataset, document["id"]).listed()) == document["chunk_count"]
    found = client.dataset(dataset)
    counted = (found["document_count"], found["chunk_count"], found["token_num"])
    assert counted == (len(documents), sum(chunks.values()), sum(tokens.values()))


def web_processes(server: Server) -> list[psutil.Process]:
    """The gunicorn workers."""
    children = psutil.Process(server.process.pid).children()
    return [one for one in children if one.status() != psutil.STATUS_ZOMBIE and "--parent" not in one.cmdline()]


@contextmanager
def standing_still(process: psutil.Process) -> Iterator[None]:
    """Stop a process meanwhile, so that another one answers everything."""
    process.suspend()
    try:
        yield
    finally:
        process.resume()


def kill_all(server: Server) -> None:
    """kill -9 of the server and all its processes, the master first so that it starts no other."""
    family = server.family()
    for one in family:
        try:
            os.kill(one.pid, signal.SIGKILL)
        except ProcessLookupError:
            continue  # it ended with its parent
    server.process.wait(30)
    assert psutil.wait_procs(family, timeout=30)[1] == []


def complaints(log: Path) -> list[str]:
    """The lines of a server's log, gunicorn's apart, that tell of anything out of the ordinary."""
    lines = [line for line in log.read_text().splitlines() if line.startswith("{")]
    told = [json.loads(line) for line in lines]
    return [line for line, one in zip(lines, told, strict=True) if one["level"] not in ("debug", "info") and one["logger"] != "gunicorn.error"]
