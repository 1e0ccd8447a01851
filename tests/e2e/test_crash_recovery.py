"""kill -9 of the ingest worker at every step of a parse: nothing lost, nothing twice, and the next worker goes on at once."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from ingest import pipeline
from models import blobs, jobs
from models.tables import Chunk, Document, File
from tests.ingest.rooms import assert_whole, ask_for_parse, contents, found, fresh, place, sentences
from tests.ingest.workers import StartWorker, endpoint_fixture, start_worker_fixture, store_fixture  # noqa: F401  fixtures
from tests.running import wait_for

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("store")]

# module:function:event[:count]; a worker process dies there, supervisor and child (tests/ingest/worker_process.py)
BEFORE_THE_SWAP = {
    "with the lease taken": "models/jobs:claim:return",
    "with the job in the child's hands": "ingest/pipeline:run:call",
    "after the first progress": "models/jobs:report:return",
    "with the file fetched": "models/blobs:download:return",
    "before the first passage": "ingest/chunk/__init__:chunk_file:call",
    "with some passages": "ingest/spool:add:return:20",
    "with all passages": "ingest/work:embed:call",
    "with some vectors": "search/passages:passage_vectors:return:2",
    "with all vectors": "ingest/publish:publish:call",
    "in the transaction, with the job ended": "ingest/publish:_locked:return",
    "in the transaction, with the old chunks deleted": "ingest/publish:_row:call",
    "in the transaction, with some chunks stored": "ingest/publish:_row:return:201",
    "in the transaction, with the counters moved": "models/counters:move_document:return",
    "in the transaction, with the index's entry written": "search/outbox:record:return",
}
AFTER_THE_SWAP = {
    "with the chunks published": "ingest/publish:publish:return",
    "before the index": "search/outbox:settle:call",
    "with the index's lock taken": "search/outbox:_apply:call",
    "with the index written, its entry not yet removed": "search/outbox:_forget:call",
    "with everything done but the word to the supervisor": "ingest/pipeline:_tidy:return",
}


@pytest.fixture
def parsed(tmp_path: Path) -> Document:
    """A document that was parsed, and whose file has changed since."""
    document = place(sentences(300, "valve"))
    ask_for_parse(document)
    lease = jobs.claim("elsewhere:1:1", seconds=60)
    (tmp_path / "first").mkdir()
    assert lease is not None
    pipeline.run(lease, tmp_path / "first")()
    assert fresh(document).run == "done"
    blobs.put(File.get_by_id(document.file).blob, sentences(300, "pump").encode())
    ask_for_parse(document)
    return document


@pytest.mark.parametrize("step", BEFORE_THE_SWAP.values(), ids=BEFORE_THE_SWAP)
def test_killed_before_the_swap_the_old_chunks_answer_and_the_next_worker_finishes(
    start_worker: StartWorker, parsed: Document, step: str
) -> None:
    before = contents(parsed)
    assert start_worker(kill=step, lease_seconds=3600).wait(30) == -9
    row = fresh(parsed)
    assert row.run == "running" and 0 < row.progress < 1
    assert contents(parsed) == before and row.chunk_count == len(before)
    assert found(parsed, "valve") and not found(parsed, "pump")
    begun = time.monotonic()
    start_worker()
    wait_for(lambda: fresh(parsed).run == "done")
    assert time.monotonic() - begun < 15  # not after the hour of the lease
    assert found(parsed, "pump") and not found(parsed, "valve")
    assert_whole(parsed)


@pytest.mark.parametrize("step", AFTER_THE_SWAP.values(), ids=AFTER_THE_SWAP)
def test_killed_after_the_swap_the_new_chunks_answer_and_nothing_is_done_twice(
    start_worker: StartWorker, parsed: Document, step: str
) -> None:
    assert start_worker(kill=step).wait(30) == -9
    assert fresh(parsed).run == "done"
    slots = sorted(slot for (slot,) in Chunk.select(Chunk.slot).tuples())
    assert found(parsed, "pump") and not found(parsed, "valve")
    assert_whole(parsed)
    following = place(sentences(3))
    ask_for_parse(following)
    start_worker()
    wait_for(lambda: fresh(following).run == "done")
    assert sorted(slot for (slot,) in Chunk.select(Chunk.slot).where(Chunk.document == parsed.id).tuples()) == slots
    assert_whole(following)


@pytest.mark.parametrize("delay", [0.0, 0.03, 0.06, 0.1], ids="{:.2f} s after the first document".format)
def test_killed_at_any_moment_all_documents_finish(start_worker: StartWorker, delay: float) -> None:
    documents = [place(sentences(60, f"word{number}"), name=f"{number}.txt") for number in range(12)]
    for document in documents:
        ask_for_parse(document)
    worker = start_worker(children=2)
    wait_for(lambda: any(fresh(document).run == "done" for document in documents))
    time.sleep(delay)
    worker.kill()
    worker.wait()
    start_worker(children=2)
    wait_for(lambda: all(fresh(document).run == "done" for document in documents))
    for number, document in enumerate(documents):
        assert_whole(document)
        assert found(document, f"word{number}")
