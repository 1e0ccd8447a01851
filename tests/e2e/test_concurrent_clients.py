"""Four client processes that write and read at once for a minute: no error, no lost write, and each sees its own writes at once."""

from __future__ import annotations

import multiprocessing
import random
import re
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import pytest

from tests.e2e.clients import Client, Paper, Passage, assert_counted, complaints, switched_on

pytestmark = pytest.mark.e2e

CLIENTS = 4
SECONDS = 60.0
SUBJECTS = ["kettle", "warranty", "gearbox", "orchid", "glacier", "violin", "harbour", "telescope", "saffron", "lantern"]
COMMON = "The page that everybody edits, as it was at first."
TWICE = "The sentence that everybody adds."


@dataclass(frozen=True)
class Task:
    """What one client process works on."""

    url: str
    key: str
    dataset: str
    own: str
    shared: str
    number: int


@dataclass(frozen=True)
class Outcome:
    """What it did, and what it left in both documents."""

    done: Counter[str]
    own: dict[str, Passage]
    shared: dict[str, Passage]
    edits: int


def test_four_processes_write_and_read_for_a_minute(start_server):
    server = start_server()
    client = Client(server.url, server.key)
    dataset = client.new_dataset("notes")
    shared, *own = client.upload(dataset, {f"{number}.txt": b"nothing" for number in range(CLIENTS + 1)})
    everybodys = Paper(client, dataset, shared)
    everybodys.add(Passage(COMMON))
    tasks = [Task(server.url, server.key, dataset, document, shared, number) for number, document in enumerate(own)]
    with ProcessPoolExecutor(CLIENTS, mp_context=multiprocessing.get_context("spawn")) as pool:
        outcomes = list(pool.map(work, tasks, timeout=SECONDS + 120))
    print(*(dict(one.done) for one in outcomes), sep="\n")
    assert all(len(one.done) == 7 for one in outcomes), "every client did everything there is to do"
    for document, one in zip(own, outcomes, strict=True):
        paper = Paper(client, dataset, document)
        assert paper.listed() == one.own
        assert paper.found().keys() == switched_on(one.own).keys()
    _assert_merged(everybodys, outcomes)
    assert_counted(server, client, dataset)
    assert complaints(server.log) == []


def _assert_merged(everybodys: Paper, outcomes: list[Outcome]) -> None:
    """Assert that the shared document has what each client left there, and the last of somebody's edits."""
    listed = everybodys.listed()
    common, twice = listed.pop(everybodys.chunk_id(COMMON)), listed.pop(everybodys.chunk_id(TWICE))
    assert listed == {id: passage for one in outcomes for id, passage in one.shared.items()}
    assert common.content in {_edit(number, one.edits) for number, one in enumerate(outcomes)}
    assert twice == Passage(TWICE)


def work(task: Task) -> Outcome:
    """Write and read until the time is over; raises at the first answer that is not as it has to be."""
    worker = Worker(task)
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        worker.step()
    return Outcome(worker.done, worker.own, worker.shared, worker.edits)


class Worker:
    """A client with a document of its own and chunks of its own in the shared one."""

    def __init__(self, task: Task) -> None:
        client = Client(task.url, task.key)
        self._number = task.number
        self._own_paper = Paper(client, task.dataset, task.own)
        self._shared_paper = Paper(client, task.dataset, task.shared)
        self._random = random.Random(task.number)
        self._count = 0
        self._latest: dict[int, int] = {}  # the newest edit of each client that was seen
        self.own: dict[str, Passage] = {}
        self.shared: dict[str, Passage] = {}
        self.edits = 0
        self.done: Counter[str] = Counter()

    def step(self) -> None:
        """One write to each document, each followed by reads."""
        self._write(self._own_paper, self.own)
        listed = self._own_paper.listed()
        assert listed == self.own, f"listed {listed}, but wrote {self.own}"
        found = self._own_paper.found(f"Which note is of the {self._random.choice(SUBJECTS)}?")
        wanted = {id: one.content for id, one in switched_on(self.own).items()}
        assert {id: one.content for id, one in found.items()} == wanted, f"found {found}, but wrote {wanted}"
        self._random.choice([self._write_to_shared, self._edit_common, self._add_twice])()
        self.done["rounds of reading"] += 1

    def _write_to_shared(self) -> None:
        self._write(self._shared_paper, self.shared)
        self._assert_shared(self._shared_paper.listed(), self.shared)
        self._assert_shared(self._shared_paper.found(), switched_on(self.shared))

    def _assert_shared(self, read: dict[str, Passage], expected: dict[str, Passage]) -> None:
        """Assert that this client's chunks, and no others of its, are read, and everybody's page in a version no older than seen before."""
        mine = {id: one.content for id, one in read.items() if one.content.startswith(f"Client {self._number} ")}
        wanted = {id: one.content for id, one in expected.items()}
        assert mine == wanted, f"read {mine}, but wrote {wanted}"
        common = read.get(self._shared_paper.chunk_id(COMMON))
        assert common is not None, "a chunk that is only edited was not there"
        if edit := re.fullmatch(r"Everybody's page, edit (\d+) of client (\d+)\.", common.content):
            version, author = map(int, edit.groups())
            assert version >= self._latest.get(author, 0), "an older version was read after a newer one"
            self._latest[author] = version
        else:
            assert common.content == COMMON and not self._latest

    def _edit_common(self) -> None:
        self.edits += 1
        self._shared_paper.change(self._shared_paper.chunk_id(COMMON), content=_edit(self._number, self.edits))
        self._latest[self._number] = self.edits
        self.done["edit of everybody's"] += 1
        self._assert_shared(self._shared_paper.listed(), self.shared)
        self._assert_shared(self._shared_paper.found(), switched_on(self.shared))

    def _add_twice(self) -> None:
        assert self._shared_paper.add(Passage(TWICE)) == self._shared_paper.chunk_id(TWICE)
        self.done["add of everybody's"] += 1
        assert self._shared_paper.listed()[self._shared_paper.chunk_id(TWICE)] == Passage(TWICE)

    def _write(self, paper: Paper, kept: dict[str, Passage]) -> None:
        """Add, change or delete; after a few steps there are about eight chunks."""
        chosen = self._random.random()
        if len(kept) < 4 or (chosen < 0.3 and len(kept) < 12):
            passage = Passage(self._text())
            kept[paper.add(passage)] = passage
            self.done["add"] += 1
        elif chosen < 0.75:
            self._change(paper, kept)
        else:
            gone = self._random.sample(sorted(kept), self._random.randint(1, 3))
            paper.delete(*gone)
            for chunk in gone:
                del kept[chunk]
            self.done["delete"] += 1

    def _change(self, paper: Paper, kept: dict[str, Passage]) -> None:
        chunk = self._random.choice(sorted(kept))
        if self._random.random() < 0.6:
            text, word = self._text(), self._random.choice(SUBJECTS)
            paper.change(chunk, content=text, important_keywords=[word])
            kept[chunk] = kept[chunk].but(content=text, important_keywords=(word,))
            self.done["edit"] += 1
        else:
            paper.change(chunk, available=not kept[chunk].available)
            kept[chunk] = kept[chunk].but(available=not kept[chunk].available)
            self.done["switch"] += 1

    def _text(self) -> str:
        self._count += 1
        return f"Client {self._number} wrote note {self._count}: the {' and the '.join(self._random.sample(SUBJECTS, self._random.randint(1, 4)))}."


def _edit(number: int, version: int) -> str:
    return f"Everybody's page, edit {version} of client {number}." if version else COMMON
