"""kill -9 of web processes at any moment of a write: what was acknowledged is there, nothing is there twice, and the counters are right."""

from __future__ import annotations

import hashlib
import random
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
import requests

from tests.e2e.clients import Client, Paper, Passage, Refused, assert_counted, complaints, kill_all, switched_on, web_processes
from tests.engines import both_engines
from tests.running import Server, wait_for

pytestmark = pytest.mark.e2e

CLERKS = 4
Send = Callable[[], object]
SUBJECTS = ["kettle", "warranty", "gearbox", "orchid", "glacier", "violin", "harbour", "telescope", "saffron", "lantern"]


@both_engines
def test_killed_at_random_moments_web_processes_lose_nothing_and_do_nothing_twice(start_server):
    server = start_server()
    office = Office(server)
    chance = random.Random(1)
    for _ in range(12):
        with office.at_work(writes=12):
            time.sleep(chance.uniform(0.0, 0.1))
            victim = chance.choice(wait_for(lambda: web_processes(server)))
            victim.kill()
            office.wait_for_writes(4)
        wait_for(lambda: len(web_processes(server)) == 2)
        office.assert_whole()
    print("after kills of a web process:", office.told())
    assert complaints(server.log) == []


@both_engines
def test_killed_at_random_moments_the_whole_server_loses_nothing_and_does_nothing_twice(start_server):
    server = start_server()
    office = Office(server)
    chance = random.Random(2)
    for _ in range(3):
        with office.at_work(writes=20):
            time.sleep(chance.uniform(0.0, 0.1))
            kill_all(server)
        server.start()
        office.assert_whole()
    print("after kills of the server:", office.told())
    assert complaints(server.log) == []


def test_an_upload_that_was_acknowledged_survives_a_kill_of_everything_right_after(start_server):
    server = start_server()
    client = Client(server.url, server.key)
    dataset = client.new_dataset("files")
    stored: dict[str, bytes] = {}
    chance = random.Random(3)
    for number, sizes in enumerate([[5 << 20], [1, 100_000, 1 << 20]]):
        files = {f"{number}-{size}.txt": chance.randbytes(size) for size in sizes}
        ids = client.upload(dataset, files)
        kill_all(server)
        stored.update(zip(ids, files.values(), strict=True))
        server.start()
        assert {one["id"]: one["size"] for one in client.documents(dataset)} == {id: len(content) for id, content in stored.items()}
        for id, content in stored.items():
            assert hashlib.sha256(client.download(dataset, id)).digest() == hashlib.sha256(content).digest()
        assert_counted(server, client, dataset)


class Office:
    """Clerks who write to one dataset at the same time, each to a document of its own, until they are told to stop."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._client = Client(server.url, server.key)
        self._dataset = self._client.new_dataset("notes")
        documents = self._client.upload(self._dataset, {f"paper{number}.txt": b"nothing" for number in range(CLERKS)})
        self._clerks = [Clerk(Paper(self._client, self._dataset, document), number) for number, document in enumerate(documents)]

    @contextmanager
    def at_work(self, *, writes: int) -> Iterator[None]:
        """Let the clerks work as long as the block lasts, which begins after some writes; raises what went wrong with one."""
        stop = threading.Event()
        with ThreadPoolExecutor(CLERKS) as pool:
            working = [pool.submit(clerk.work, stop) for clerk in self._clerks]
            try:
                self.wait_for_writes(writes)
                yield
            finally:
                stop.set()
            for work in working:
                work.result()

    def wait_for_writes(self, count: int) -> None:
        """Wait until the clerks have had so many more writes acknowledged."""
        enough = self._acknowledged() + count
        wait_for(lambda: self._acknowledged() >= enough)

    def _acknowledged(self) -> int:
        return sum(clerk.acknowledged for clerk in self._clerks)

    def assert_whole(self) -> None:
        """Assert that listing, retrieval, downloads and counters are what the clerks were told, give or take what no reply told."""
        for clerk in self._clerks:
            clerk.assert_chunks()
        names = [one["name"] for one in self._client.documents(self._dataset)]
        assert len(set(names)) == len(names)
        uploaded = {one["name"]: one["id"] for one in self._client.documents(self._dataset) if not one["name"].startswith("paper")}
        for clerk in self._clerks:
            clerk.assert_files({name: id for name, id in uploaded.items() if name.startswith(clerk.name)})
        assert uploaded.keys() <= {name for clerk in self._clerks for name in clerk.files}
        assert_counted(self._server, self._client, self._dataset)

    def told(self) -> str:
        """What was done, for those who want to know."""
        return f"{self._acknowledged()} writes acknowledged, {sum(clerk.lost for clerk in self._clerks)} without a reply"


class Clerk:
    """A client that knows of each chunk what may be true: what was acknowledged last, or, when no reply came, that or the state before."""

    def __init__(self, paper: Paper, number: int) -> None:
        self.name = f"clerk{number}"
        self.files: dict[str, bytes] = {}
        self.acknowledged = 0
        self.lost = 0
        self._paper = paper
        self._random = random.Random(number)
        self._count = 0
        self._may: dict[str, set[Passage | None]] = {}
        self._unsure_files: set[str] = set()

    def work(self, stop: threading.Event) -> None:
        """Write until told to stop; a lost connection is no fault, any other answer than success is."""
        while not stop.is_set():
            self._random.choice([self._add, self._add, self._change, self._change, self._change, self._delete, self._upload])()

    def assert_chunks(self) -> None:
        """Assert that the document has the chunks it may have; what was unsure is sure then."""
        listed = self._paper.listed()
        wrong = {id: (may, listed.get(id)) for id, may in self._may.items() if listed.get(id) not in may}
        assert not wrong, wrong
        assert listed.keys() <= self._may.keys()
        found = self._paper.found(f"What of the {self._random.choice(SUBJECTS)}?")
        assert {id: one.content for id, one in found.items()} == {id: one.content for id, one in switched_on(listed).items()}
        self._may = {id: {passage} for id, passage in listed.items()}

    def assert_files(self, uploaded: dict[str, str]) -> None:
        """Assert that every acknowledged file is there, and that each that is there is whole."""
        assert self.files.keys() - self._unsure_files <= uploaded.keys()
        for name, id in uploaded.items():
            assert self._paper.client.download(self._paper.dataset, id) == self.files[name]
        self.files = {name: self.files[name] for name in uploaded}
        self._unsure_files.clear()

    def _add(self) -> None:
        passage = Passage(self._text())
        chunk = self._paper.chunk_id(passage.content)
        self._may[chunk] = {None}
        self._write(lambda: self._paper.add(passage), {chunk: {passage}})

    def _change(self) -> None:
        chunk = self._sure()
        if chunk is None:
            return
        [passage] = self._may[chunk]
        if self._random.random() < 0.3:
            self._write(lambda: self._paper.change(chunk, available=not passage.available), {chunk: {passage.but(available=not passage.available)}})
            return
        text, word = self._text(), self._random.choice(SUBJECTS)
        changed = passage.but(content=text, important_keywords=(word,))
        self._write(lambda: self._paper.change(chunk, content=text, important_keywords=[word]), {chunk: {changed}})

    def _delete(self) -> None:
        chunks = {chunk for chunk in (self._sure(), self._sure()) if chunk is not None}
        if chunks:
            self._write(lambda: self._paper.delete(*chunks), {chunk: {None} for chunk in chunks})

    def _upload(self) -> None:
        self._count += 1
        name, content = f"{self.name}-{self._count}.txt", self._random.randbytes(self._random.randint(1, 50_000))
        self.files[name] = content
        self._unsure_files.add(name)
        if self._told(lambda: self._paper.client.upload(self._paper.dataset, {name: content})):
            self._unsure_files.discard(name)

    def _write(self, send: Send, then: dict[str, set[Passage | None]]) -> None:
        """Send a change of chunks; without a reply both states may be, or, sent again until there is one, the new one."""
        if not self._told(send):
            for chunk, states in then.items():
                self._may[chunk] = self._may[chunk] | states
            if self._random.random() < 0.5 or not self._told_again(send):
                return
        self._may.update(then)

    def _told(self, send: Send) -> bool:
        """Whether a reply came, and with success."""
        try:
            send()
        except (requests.ConnectionError, requests.exceptions.ChunkedEncodingError):
            self.lost += 1
            time.sleep(0.05)  # nobody may be there to answer
            return False
        self.acknowledged += 1
        return True

    def _told_again(self, send: Send) -> bool:
        """Whether a reply came to the second try; that there was nothing left to delete is one."""
        try:
            return self._told(send)
        except Refused as refusal:
            assert "rm_chunk deleted chunks 0" in refusal.text or "deleted chunks 1, expect 2" in refusal.text
            return True

    def _sure(self) -> str | None:
        """A chunk that is known to be there, as it is known to be."""
        known = sorted(chunk for chunk, may in self._may.items() if len(may) == 1 and None not in may)
        return self._random.choice(known) if known else None

    def _text(self) -> str:
        self._count += 1
        return f"Note {self._count} of {self.name}: the {' and the '.join(self._random.sample(SUBJECTS, self._random.randint(1, 4)))}."
