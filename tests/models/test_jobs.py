"""The job table: who may take a job, keep it, end it, and what its document shows (contract 4.1, design 9)."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from peewee import SqliteDatabase

from models import jobs
from models.base import database, new_id, now_ms
from models.errors import Conflict
from models.tables import TABLES, Document, Job

ME = "elsewhere:1:1"
OTHER = "elsewhere:2:1"


@pytest.fixture(autouse=True)
def rows(tmp_path: Path) -> Iterator[None]:
    before = database.obj
    database.initialize(
        SqliteDatabase(tmp_path / "rows.db", pragmas={"journal_mode": "wal"}, lock_type="IMMEDIATE", timeout=20)
    )
    database.create_tables(TABLES)
    yield
    database.close()
    database.initialize(before)


def make_document(**fields: object) -> Document:
    name = str(fields.pop("name", "manual.txt"))
    plain = {"tenant": "t", "dataset": "d", "file": new_id(), "created_by": "t", "location": name, "kind": "doc", "size": 1}
    return Document.create(**plain | {"name": name, "name_key": name, "chunk_method": "naive"} | fields)


def queued(**fields: object) -> Document:
    document = make_document(**fields)
    jobs.enqueue(document, kind=jobs.PARSE)
    return document


def claimed(owner: str = ME, seconds: float = 60) -> jobs.Lease:
    lease = jobs.claim(owner, seconds=seconds)
    assert lease is not None
    return lease


def state_of(document: Document) -> tuple[str, float, str]:
    row = Document.get_by_id(document.id)
    return row.run, row.progress, row.progress_msg


def test_a_queued_document_runs_with_a_little_progress_and_says_that_it_waits() -> None:
    document = queued()
    run, progress, log = state_of(document)
    assert run == "running" and 0 < progress < 0.01
    assert log[2] == ":" and log[9:] == "Task is queued..."
    assert abs(Document.get_by_id(document.id).process_begin_at - now_ms()) < 5000


def test_a_document_has_one_active_parse_job_at_most() -> None:
    document = queued()
    with pytest.raises(Conflict) as refused:
        jobs.enqueue(document, kind=jobs.PARSE)
    assert refused.value.condition == "document.running"
    assert Job.select().count() == 1


def test_a_thumbnail_job_leaves_the_state_of_its_document_alone() -> None:
    document = make_document()
    jobs.enqueue(document, kind=jobs.THUMBNAIL)
    assert state_of(document) == ("unstart", 0.0, "")


def test_higher_priority_goes_first_then_the_older_job() -> None:
    first, second, urgent = make_document(), make_document(), make_document()
    for document, priority in ((first, 0), (second, 0), (urgent, 5)):
        jobs.enqueue(document, kind=jobs.PARSE, priority=priority)
        time.sleep(0.002)
    assert [claimed().document for _ in range(3)] == [urgent.id, first.id, second.id]
    assert jobs.claim(ME, seconds=60) is None


def test_many_workers_never_claim_the_same_job() -> None:
    for _ in range(30):
        queued()
    taken: list[str] = []

    def work(owner: str) -> None:
        while (lease := jobs.claim(owner, seconds=60)) is not None:
            taken.append(lease.job)
        database.close()

    threads = [threading.Thread(target=work, args=(f"elsewhere:{n}:1",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert jobs.counts()["queued"] == 0
    assert len(taken) == len(set(taken)) == 30


def test_a_leased_job_is_not_claimed_again_until_its_lease_ends() -> None:
    queued()
    first = claimed(seconds=0.05)
    assert jobs.claim(OTHER, seconds=60) is None
    time.sleep(0.08)
    second = claimed(OTHER)
    assert (second.job, second.attempt) == (first.job, 2)


def test_a_heartbeat_keeps_the_lease_and_only_its_own() -> None:
    queued()
    first = claimed(seconds=0.05)
    jobs.heartbeat([first], seconds=60)
    time.sleep(0.08)
    assert jobs.claim(OTHER, seconds=60) is None
    jobs.end_lease(first)
    second = claimed(OTHER, seconds=0.01)
    jobs.heartbeat([first], seconds=60)
    assert jobs.held([first]) == set() and jobs.held([second]) == {second.job}
    time.sleep(0.03)
    assert claimed().attempt == 3


def test_a_late_worker_can_neither_finish_nor_report_nor_fail() -> None:
    document = queued()
    late = claimed(seconds=0)
    time.sleep(0.01)
    claimed(OTHER)
    before = state_of(document)
    assert not jobs.finish(late)
    assert not jobs.report(late, progress=0.5, log="late")
    assert not jobs.fail(late, "late")
    assert not jobs.hand_back(late)
    assert state_of(document) == before


def test_the_same_worker_of_an_earlier_attempt_is_late_too() -> None:
    queued()
    early = claimed(seconds=0)
    time.sleep(0.01)
    again = claimed()
    assert not jobs.finish(early) and jobs.finish(again)


def test_a_finished_job_leaves_no_row() -> None:
    queued()
    assert jobs.finish(claimed())
    assert Job.select().count() == 0


def test_a_report_shows_progress_log_and_duration() -> None:
    document = queued()
    assert jobs.report(claimed(), progress=0.4, log="10:00:00 Page(1~2)")
    assert state_of(document) == ("running", 0.4, "10:00:00 Page(1~2)")
    assert Document.get_by_id(document.id).process_duration > 0


def test_handing_back_does_not_count_the_attempt() -> None:
    queued()
    for _ in range(5):
        lease = claimed()
        assert lease.attempt == 1 and jobs.hand_back(lease)
    assert jobs.counts() == {"queued": 1, "running": 0}


def test_a_job_that_ended_its_worker_three_times_fails_with_the_reason() -> None:
    document = queued()
    for attempt in (1, 2, 3):
        assert jobs.reap() == 0
        lease = claimed()
        assert lease.attempt == attempt
        jobs.end_lease(lease)
        time.sleep(0.002)
    assert jobs.claim(ME, seconds=60) is None
    assert jobs.reap() == 1
    run, progress, log = state_of(document)
    assert (run, progress) == ("fail", -1.0)
    assert "Task is queued" in log and "[ERROR]" in log.splitlines()[-1] and "3 attempts" in log
    assert Job.select().count() == 0


@pytest.mark.parametrize("running", [False, True], ids=["while it is queued", "while it runs"])
def test_stopping_ends_the_job_at_once(running: bool) -> None:
    document, other = queued(), queued()
    lease = claimed() if running else None
    assert jobs.stop([document.id]) == 1
    run, progress, log = state_of(document)
    assert (run, progress) == ("cancel", 0.0) and log.endswith(" [Canceled]")
    assert state_of(other)[0] == "running"
    assert [job.document for job in Job.select()] == [other.id]
    assert lease is None or (jobs.held([lease]) == set() and not jobs.finish(lease))


def test_stopping_leaves_a_document_that_is_done_as_it_is() -> None:
    document = make_document(run="done", progress=1.0)
    assert jobs.stop([document.id]) == 0
    assert state_of(document)[0] == "done"


def test_stopping_a_failed_document_makes_it_cancelled() -> None:
    document = make_document(run="fail", progress=-1.0)
    assert jobs.stop([document.id]) == 1
    assert state_of(document)[:2] == ("cancel", 0.0)


def test_stopping_leaves_thumbnails_alone_and_deleting_does_not() -> None:
    document = make_document()
    jobs.enqueue(document, kind=jobs.THUMBNAIL)
    jobs.stop([document.id])
    assert Job.select().count() == 1
    jobs.cancel([document.id])
    assert Job.select().count() == 0


def test_stopping_a_thousand_documents_is_one_call() -> None:
    with database.atomic():
        documents = [queued().id for _ in range(1100)]
    with database.atomic():
        assert jobs.stop(documents) == 1100
    assert Job.select().count() == 0


def test_a_stopped_document_can_be_parsed_again() -> None:
    document = queued()
    jobs.stop([document.id])
    jobs.enqueue(document, kind=jobs.PARSE)
    assert state_of(document)[0] == "running"


def test_the_lease_of_a_worker_that_was_killed_ends_at_once() -> None:
    queued(), queued(), queued()
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    killed = claimed(jobs.owner_name(process.pid), seconds=3600)
    mine = claimed(jobs.owner_name(), seconds=3600)
    abroad = claimed("another-host:1:1", seconds=3600)
    assert jobs.release_dead() == 0
    process.kill()
    time.sleep(0.1)  # not waited for yet: a process nobody has reaped counts as gone, too
    assert jobs.release_dead() == 1
    process.wait()
    again = claimed()
    assert (again.job, again.attempt) == (killed.job, 2)
    assert jobs.held([mine, abroad]) == {mine.job, abroad.job}


def test_a_later_process_of_the_same_id_is_not_taken_for_the_worker() -> None:
    host, pid, started = jobs.owner_name().rsplit(":", 2)
    assert int(pid) == os.getpid() and not jobs.is_gone(jobs.owner_name())
    assert jobs.is_gone(f"{host}:{pid}:{int(started) - 1}")


def test_work_waits_for_the_tenant_that_queued_it() -> None:
    assert not jobs.is_work_waiting()
    queued(tenant="a")
    assert jobs.is_work_waiting() and jobs.is_work_waiting("a") and not jobs.is_work_waiting("b")
    claimed()
    assert not jobs.is_work_waiting()


def test_a_log_that_grows_too_long_loses_its_oldest_lines() -> None:
    log = ""
    for number in range(3000):
        log = jobs.logged(log, f"Page({number})")
    assert len(log) <= 16_000
    assert log.splitlines()[0][2] == ":" and log.endswith("Page(2999)")
