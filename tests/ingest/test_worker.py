"""The supervisor and its children as processes: stopping, killing, limits, taking over (design 9)."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import psutil
import pytest

from models import jobs
from models.base import database
from models.tables import Document, Job
from tests.ingest import rooms
from tests.ingest.rooms import assert_whole, ask_for_parse, contents, fresh, place, sentences
from tests.ingest.workers import StartWorker, endpoint_fixture, start_worker_fixture, store_fixture  # noqa: F401  fixtures
from tests.running import wait_for

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("store")]
LONG = sentences(400)  # several requests to the embedding endpoint


def queued(content: str = LONG, **fields: object) -> Document:
    document = place(content, **fields)
    ask_for_parse(document)
    return document


def has_run(document: Document, run: str = "done") -> bool:
    return fresh(document).run == run


def children(process: subprocess.Popen[bytes]) -> list[psutil.Process]:
    """The processes that do jobs; the forkserver between them and the supervisor is left out."""
    family = psutil.Process(process.pid).children(recursive=True)
    return [one for one in family if one.ppid() != process.pid]


def held_up(endpoint: rooms.Endpoint, document: Document) -> None:
    """Wait until the document's worker waits for the endpoint, and has said so."""
    wait_for(lambda: endpoint.texts and "Generate" in fresh(document).progress_msg)


@pytest.fixture
def gate(endpoint: rooms.Endpoint) -> rooms.Endpoint:
    """The endpoint, held up."""
    endpoint.texts.clear()
    endpoint.gate.clear()
    return endpoint


def test_a_worker_does_what_waits_and_what_comes_later(start_worker: StartWorker) -> None:
    first = queued()
    start_worker()
    wait_for(lambda: has_run(first))
    second = queued()
    wait_for(lambda: has_run(second))
    assert_whole(first), assert_whole(second)


def test_several_children_share_the_work(start_worker: StartWorker, gate: rooms.Endpoint) -> None:
    dataset = rooms.make_dataset()
    documents = [queued(sentences(5), dataset=dataset, name=f"{number}.txt") for number in range(20)]
    worker = start_worker(children=2)
    wait_for(lambda: jobs.counts() == {"queued": 18, "running": 2})
    assert len(children(worker)) == 2
    gate.gate.set()
    wait_for(lambda: all(has_run(document) for document in documents))
    for document in documents:
        assert_whole(document)


def test_an_idle_worker_has_no_children(start_worker: StartWorker) -> None:
    worker = start_worker()
    time.sleep(1.5)
    assert worker.poll() is None and psutil.Process(worker.pid).children(recursive=True) == []


def test_stopping_a_running_document_ends_its_process_soon(start_worker: StartWorker, gate: rooms.Endpoint) -> None:
    document = queued()
    worker = start_worker()
    held_up(gate, document)
    (child,) = children(worker)
    with database.atomic():
        jobs.stop([document.id])
    wait_for(lambda: not child.is_running())
    assert fresh(document).run == "cancel" and contents(document) == []
    gate.gate.set()
    ask_for_parse(document)
    wait_for(lambda: has_run(document))
    assert_whole(document)


@pytest.mark.parametrize("way", ["the document is stopped", "the supervisor is killed"])
def test_what_a_job_started_ends_with_it_soon(
    start_worker: StartWorker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    office, ids = tmp_path / "soffice", tmp_path / "ids"
    office.write_text(f"#!/bin/sh\nsleep 300 &\necho $$ $! > {ids}.new\nmv {ids}.new {ids}\nwait\n")
    office.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    old = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 500 + "WordDocument\0".encode("utf-16-le") + b"\0" * 500
    document = queued(old, name="a.doc")
    worker = start_worker()
    wait_for(ids.exists)
    started = [psutil.Process(int(id)) for id in ids.read_text().split()]
    if way == "the document is stopped":
        with database.atomic():
            jobs.stop([document.id])
    else:
        worker.kill()
    wait_for(lambda: not any(one.is_running() and one.status() != psutil.STATUS_ZOMBIE for one in started))


def test_a_document_over_its_time_limit_fails_and_the_next_one_is_done(start_worker: StartWorker, gate: rooms.Endpoint) -> None:
    document = queued()
    start_worker(document_seconds=4)
    wait_for(lambda: has_run(document, "fail"))
    assert "[ERROR]The file took longer than 4 seconds." in fresh(document).progress_msg
    gate.gate.set()
    following = queued(sentences(3))
    wait_for(lambda: has_run(following))
    assert_whole(following)


def test_a_document_over_its_memory_limit_fails_and_the_worker_lives(start_worker: StartWorker, gate: rooms.Endpoint) -> None:
    document = queued()
    worker = start_worker(document_bytes=1)
    wait_for(lambda: has_run(document, "fail"))
    assert "[ERROR]The file needs more memory than one document may take (0 MB)." in fresh(document).progress_msg
    assert worker.poll() is None and contents(document) == []


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_a_worker_that_is_told_to_end_hands_its_job_back_uncounted(
    start_worker: StartWorker, gate: rooms.Endpoint, tmp_path: Path, sign: int
) -> None:
    document = queued()
    worker = start_worker()
    held_up(gate, document)
    (child,) = children(worker)
    worker.send_signal(sign)
    assert worker.wait(5) == 0 and not child.is_running()
    job = Job.get(Job.document == document.id)
    assert (job.state, job.attempt) == ("queued", 0) and fresh(document).run == "running"
    assert list((tmp_path / "scratch").iterdir()) == []
    gate.gate.set()
    start_worker()
    wait_for(lambda: has_run(document))
    assert_whole(document)


def test_a_signal_to_the_whole_group_counts_no_attempt(start_worker: StartWorker, gate: rooms.Endpoint) -> None:
    document = queued()
    worker = start_worker()
    held_up(gate, document)
    for process in [*psutil.Process(worker.pid).children(recursive=True), psutil.Process(worker.pid)]:
        process.send_signal(signal.SIGTERM)
    worker.wait(5)
    assert Job.get(Job.document == document.id).attempt == 0


def test_a_child_that_is_killed_does_its_document_again_at_once(start_worker: StartWorker, gate: rooms.Endpoint) -> None:
    document = queued()
    worker = start_worker()
    held_up(gate, document)
    children(worker)[0].kill()
    gate.gate.set()
    wait_for(lambda: has_run(document), seconds=10)
    assert_whole(document)


def test_an_idle_child_that_is_killed_is_replaced_when_there_is_work(start_worker: StartWorker) -> None:
    first = queued(sentences(3))
    worker = start_worker()
    wait_for(lambda: has_run(first))
    children(worker)[0].kill()
    second = queued(sentences(3))
    wait_for(lambda: has_run(second))
    assert worker.poll() is None


def test_a_document_that_kills_its_worker_three_times_fails_and_the_worker_lives(start_worker: StartWorker) -> None:
    document = queued()
    worker = start_worker(kill="ingest/work:embed:call", victim="child")
    wait_for(lambda: has_run(document, "fail"))
    assert "[ERROR]The file could not be processed: 3 attempts ended" in fresh(document).progress_msg
    assert worker.poll() is None
    assert_whole(document)


def test_an_error_nobody_expected_fails_the_document_without_its_details_and_the_child_lives(start_worker: StartWorker) -> None:
    document = queued()
    worker = start_worker(kill="ingest/work:embed:call", victim="none")
    wait_for(lambda: has_run(document, "fail"))
    (child,) = children(worker)
    last = fresh(document).progress_msg.splitlines()[-1]
    assert "[ERROR]The file could not be processed because of an internal error" in last and "planted" not in last
    assert_whole(document)
    following = queued(sentences(3))
    wait_for(lambda: has_run(following))
    assert child.is_running()


def test_a_child_that_grew_too_large_is_replaced_after_its_document(start_worker: StartWorker) -> None:
    documents = [queued(sentences(3)) for _ in range(3)]
    worker = start_worker(largest=1)
    wait_for(lambda: all(has_run(document) for document in documents))
    wait_for(lambda: children(worker) == [])
    for document in documents:
        assert_whole(document)
        assert fresh(document).progress_msg.count("Task has been received.") == 1


def test_children_end_with_a_supervisor_that_is_killed(start_worker: StartWorker, gate: rooms.Endpoint) -> None:
    document = queued()
    worker = start_worker()
    held_up(gate, document)
    family = psutil.Process(worker.pid).children(recursive=True)
    worker.kill()
    worker.wait()
    _, alive = psutil.wait_procs(family, timeout=3)
    assert alive == []


def test_a_worker_that_was_frozen_finds_its_job_taken_over(start_worker: StartWorker, gate: rooms.Endpoint) -> None:
    document = queued()
    frozen = start_worker(lease_seconds=1)
    held_up(gate, document)
    family = [psutil.Process(frozen.pid), *psutil.Process(frozen.pid).children(recursive=True)]
    for process in family:
        process.suspend()
    gate.gate.set()
    start_worker()
    wait_for(lambda: has_run(document))
    published = contents(document)
    for process in reversed(family):
        process.resume()
    time.sleep(2)
    assert contents(document) == published and frozen.poll() is None
    assert_whole(document)
    following = queued(sentences(3))
    wait_for(lambda: has_run(following))


def test_a_child_frozen_before_its_last_step_cannot_publish(start_worker: StartWorker, gate: rooms.Endpoint) -> None:
    """The supervisor is frozen for good: nobody tells the late child that its lease is gone."""
    document = queued()
    frozen = start_worker(lease_seconds=1)
    held_up(gate, document)
    psutil.Process(frozen.pid).suspend()
    (child,) = children(frozen)
    child.suspend()
    gate.gate.set()
    start_worker()
    wait_for(lambda: has_run(document))
    ids = {row for (row,) in rooms.Chunk.select(rooms.Chunk.slot).tuples()}
    child.resume()
    time.sleep(1.5)
    assert {row for (row,) in rooms.Chunk.select(rooms.Chunk.slot).tuples()} == ids
    assert_whole(document)


def test_two_workers_on_one_store_do_every_document_once(start_worker: StartWorker) -> None:
    documents = [queued(sentences(5), name=f"{number}.txt") for number in range(30)]
    start_worker(), start_worker()
    wait_for(lambda: all(has_run(document) for document in documents))
    for document in documents:
        assert_whole(document)
        assert fresh(document).progress_msg.count("Task has been received.") == 1


def test_what_a_killed_worker_left_on_disk_is_removed_by_the_next(
    start_worker: StartWorker, gate: rooms.Endpoint, tmp_path: Path
) -> None:
    document = queued()
    killed = start_worker()
    held_up(gate, document)
    killed.kill()
    killed.wait()
    (left,) = (tmp_path / "scratch").iterdir()
    gate.gate.set()
    start_worker()
    wait_for(lambda: has_run(document))
    assert not left.exists()


def test_a_worker_outlives_a_database_that_is_locked_for_a_while(start_worker: StartWorker) -> None:
    worker = start_worker()
    time.sleep(0.5)
    with database.atomic():
        document = place(sentences(3))
        jobs.enqueue(document, kind=jobs.PARSE)
        time.sleep(1.5)
    wait_for(lambda: has_run(document))
    assert worker.poll() is None
