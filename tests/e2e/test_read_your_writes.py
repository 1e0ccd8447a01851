"""What a reply acknowledged is so in the very next retrieval and the very next listing, whichever web process answers."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from contextlib import nullcontext

import psutil
import pytest
from prometheus_client.mmap_dict import MmapedDict

from tests.e2e.clients import Client, Paper, Passage, assert_counted, complaints, standing_still, switched_on, web_processes
from tests.engines import both_engines
from tests.running import Server, wait_for

pytestmark = [pytest.mark.e2e, both_engines]

EDITS = 100

SUBJECTS = ["kettle", "warranty", "gearbox", "orchid", "glacier", "violin", "harbour", "telescope", "saffron", "lantern", "meadow", "compass"]


def test_a_change_made_through_one_web_process_is_read_at_once_through_the_other(start_server):
    server, client, dataset = _opened(start_server)
    paper = Paper(client, dataset, *client.upload(dataset, {"a.txt": b"nothing"}))
    one, other = wait_for(lambda: _two(server))
    for idle_writing, idle_reading in [(one, other), (other, one), (one, one), (other, other)]:
        _work_through(paper, through=lambda: standing_still(idle_writing), read=lambda: standing_still(idle_reading), rounds=3)
    assert_counted(server, client, dataset)
    assert complaints(server.log) == []


def test_a_change_is_read_at_once_whichever_web_process_answers_many_clients(start_server):
    server, client, dataset = _opened(start_server)
    documents = client.upload(dataset, {f"{number}.txt": b"nothing" for number in range(4)})
    with ThreadPoolExecutor(4) as pool:
        for _ in pool.map(lambda document: _work_through(Paper(client, dataset, document)), documents):
            pass
    assert min(_answered(server).values()) > 50, "one web process answered nearly everything"
    assert_counted(server, client, dataset)
    assert complaints(server.log) == []


def test_a_chunk_that_is_edited_all_the_time_is_found_and_listed_at_every_moment(start_server):
    server, client, dataset = _opened(start_server)
    paper = Paper(client, dataset, *client.upload(dataset, {"a.txt": b"nothing"}))
    chunk = paper.add(Passage("The kettle is kept as it was at first."))
    over = threading.Event()

    def edit(number: int) -> None:
        for version in range(EDITS):
            paper.change(chunk, content=f"The kettle is kept as client {number} said, at edit {version}.")

    def read() -> int:
        reads = 0
        while not over.is_set():
            assert paper.found("How is the kettle kept?").keys() == {chunk}, f"not found by read {reads}"
            assert paper.listed(keywords="kettle").keys() == {chunk}, f"not listed by read {reads}"
            reads += 1
        return reads

    with ThreadPoolExecutor(4) as pool:
        readers = [pool.submit(read) for _ in range(2)]
        for _ in pool.map(edit, range(2)):
            pass
        over.set()
        assert all(reader.result() for reader in readers)
    assert complaints(server.log) == []


def _work_through(
    paper: Paper,
    *,
    through: Callable[[], object] = nullcontext,
    read: Callable[[], object] = nullcontext,
    rounds: int = 6,
) -> None:
    """Add, edit, switch off, switch on and delete chunks, and read after every one; the last round's chunks stay."""
    kept = paper.listed()
    for number in range(rounds):
        subject = SUBJECTS[number % len(SUBJECTS)]
        passage = Passage(f"Note {len(kept)} of {number}: how the {subject} is kept.")
        with through():
            chunk = paper.add(passage)
        states = [
            {"content": f"Note {len(kept)} of {number}: why the {subject} was sold."},
            {"important_keywords": [f"{subject} sale"]},
            {"available": False},
            {"content": f"Note {len(kept)} of {number}: where the {subject} is hidden."},
            {"available": True},
        ]
        with read():
            _assert_read(paper, {**kept, chunk: passage}, chunk, subject)
        for changes in states:
            with through():
                paper.change(chunk, **changes)
            passage = passage.but(**{name: tuple(value) if isinstance(value, list) else value for name, value in changes.items()})
            with read():
                _assert_read(paper, {**kept, chunk: passage}, chunk, subject)
        if number % 3 == 2:
            kept[chunk] = passage
            continue
        with through():
            paper.delete(chunk)
        with read():
            _assert_read(paper, kept, chunk, subject)


def _assert_read(paper: Paper, expected: dict[str, Passage], chunk: str, subject: str) -> None:
    """Assert that question and listings answer as expected; `chunk` is the one just changed, about the subject."""
    found = paper.found(f"What of the {subject}?")
    assert {id: one.content for id, one in found.items()} == {id: one.content for id, one in switched_on(expected).items()}
    assert paper.listed() == expected
    assert (chunk in paper.listed(keywords=subject)) == (chunk in expected)
    if chunk in expected:
        assert paper.listed(id=chunk) == {chunk: expected[chunk]}


def _opened(start_server: Callable[..., Server]) -> tuple[Server, Client, str]:
    server = start_server()
    client = Client(server.url, server.key)
    return server, client, client.new_dataset("notes")


def _two(server: Server) -> list[psutil.Process] | None:
    found = web_processes(server)
    return found if len(found) == 2 else None


def _answered(server: Server) -> dict[int, float]:
    """How many requests each web process answered, as it counts for the metrics."""
    counts = {}
    for one in web_processes(server):
        folders = [server.folder / "metrics", *Path("/dev/shm").glob("dovetail-*")]
        (file,) = [found for folder in folders if (found := folder / f"counter_{one.pid}.db").exists()]
        values = MmapedDict.read_all_values_from_file(str(file))
        counts[one.pid] = sum(value for key, value, *_ in values if "dovetail_http_requests" in key)
    return counts
