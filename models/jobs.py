"""The job table: the queue of the ingest workers, and the state of the documents they work on.

A job is queued, or it is leased to a worker ("running"), or its work has ended and the row is gone. Every step is one
conditional UPDATE or DELETE, so two workers, or a worker and a client, cannot both take it. What became of a document is
written on its row in the same transaction (contract 4.1): whoever ends a job says there what happened.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import cache
from pathlib import Path
from typing import Any

from peewee import Expression, chunked, fn

from models.base import database, now_ms
from models.errors import Conflict
from models.tables import Document, Job

PARSE = "parse"
THUMBNAIL = "thumbnail"
ATTEMPTS = 3
QUEUED_PROGRESS = 0.001  # clients may stop a document only while its progress is above 0 (contract 4.1)
_BATCH = 500
_LOG_LENGTH = 16_000  # characters; a document's log is listed with it and written as a whole


@dataclass(frozen=True, slots=True)
class Lease:
    """One worker's right to do one job; it ends when the job is stopped, taken over or done."""

    job: str
    kind: str
    document: str
    owner: str
    attempt: int


def enqueue(document: Document, *, kind: str, priority: int = 0) -> None:
    """Queue one job inside the caller's transaction; higher priorities go first.

    A parse makes its document RUNNING (contract 3.10; its chunks and counters stay until the swap, decisions B1).
    Raises Conflict "document.running" when it is so already.
    """
    if kind == PARSE and not _mark_queued(document.id):
        raise Conflict("document.running", "The document is being parsed already.", id=document.id)
    Job.create(tenant=document.tenant, dataset=document.dataset, document=document.id, kind=kind, priority=priority)


def stop(documents: Collection[str]) -> int:
    """Stop the parsing of these documents, queued or running, inside the caller's transaction; returns how many stopped.

    A document that failed becomes CANCEL too; one that finished in the meantime stays DONE (contract 3.11).
    """
    _end(documents, Job.kind == PARSE)
    stopped = 0
    for batch in chunked(documents, _BATCH):
        for document in Document.select(Document.id, Document.progress_msg).where(Document.id.in_(batch)):
            stopped += Document.change(
                Document.id == document.id,
                Document.run.in_(("running", "fail")),
                run="cancel",
                progress=0.0,
                progress_msg=logged(document.progress_msg, "Stopped by the user. [Canceled]"),
            )
    return stopped


def cancel(documents: Collection[str]) -> None:
    """End every job of documents that are being deleted, inside the caller's transaction."""
    _end(documents)


def cancel_parsing(documents: Collection[str]) -> None:
    """End the parsing of documents that are being reset, inside the caller's transaction; what they show is the caller's to say."""
    _end(documents, Job.kind == PARSE)


def claim(owner: str, *, seconds: float) -> Lease | None:
    """Lease the next job that is queued or whose lease ran out, for so many seconds; None when there is none."""
    free = (Job.state == "queued") | _expired() & (Job.attempt < ATTEMPTS)
    # Read to the end first: on SQLite an update under an open read fails at once instead of waiting its turn.
    for job in list(Job.select().where(free).order_by(Job.priority.desc(), Job.create_time).limit(8)):
        taken = Job.change(
            Job.id == job.id,
            Job.attempt == job.attempt,
            free,
            state="running",
            attempt=job.attempt + 1,
            lease_owner=owner,
            lease_until=_until(seconds),
        )
        if taken:
            return Lease(job.id, job.kind, job.document, owner, job.attempt + 1)
    return None


def is_work_waiting(tenant: str | None = None) -> bool:
    """Whether a job is queued or waits to be taken over, of this tenant or of any."""
    waiting = (Job.state == "queued") | _expired()
    return Job.select(Job.id).where(waiting if tenant is None else waiting & (Job.tenant == tenant)).exists()


def counts() -> dict[str, int]:
    """How many jobs there are, by state."""
    rows: Any = Job.select(Job.state, fn.COUNT(Job.id)).group_by(Job.state).tuples()
    return {"queued": 0, "running": 0} | dict(rows)


def heartbeat(leases: Iterable[Lease], *, seconds: float) -> None:
    """Extend the leases that still hold by so many seconds from now."""
    for lease in leases:
        Job.change(_held(lease), lease_until=_until(seconds))


def held(leases: Sequence[Lease]) -> set[str]:
    """The jobs, of these leases, that are still theirs: neither stopped nor taken over."""
    kept: set[str] = set()
    for batch in chunked(leases, _BATCH):
        now = {job.id: (job.lease_owner, job.attempt) for job in Job.select().where(Job.id.in_([one.job for one in batch]))}
        kept.update(one.job for one in batch if now.get(one.job) == (one.owner, one.attempt))
    return kept


def is_taken_over(lease: Lease) -> bool:
    """Whether another job, or another worker, is at work on the document by now."""
    others = (Job.document == lease.document) & (Job.kind == lease.kind) & ~_held(lease)
    return Job.select(Job.id).where(others).exists()


def hand_back(lease: Lease) -> bool:
    """Queue the job again without counting the attempt; False when the lease was lost."""
    back = {"state": "queued", "attempt": lease.attempt - 1, "lease_owner": "", "lease_until": 0}
    return bool(Job.change(_held(lease), **back))


def end_lease(lease: Lease) -> bool:
    """Let the job be claimed again at once, or fail when its attempts are used up; False when the lease was lost."""
    return bool(Job.change(_held(lease), lease_until=0))


def finish(lease: Lease) -> bool:
    """End the job; False when the lease was lost, and then the caller must roll back what it did.

    Call it first in the transaction that publishes the work: on every database it also keeps others off the job until then.
    """
    return bool(Job.delete().where(_held(lease)).execute())


def fail(lease: Lease, log: str) -> bool:
    """End the job and make the document FAIL with this log; its chunks stay. False when the lease was lost."""
    with database.atomic():
        return finish(lease) and _mark_failed(lease, log)


def report(lease: Lease, *, progress: float, log: str) -> bool:
    """Show on the document how far its job is; False when the lease was lost, and then nothing is written."""
    holds = Job.select(Job.id).where(_held(lease))
    begun = Document.get_or_none(Document.id == lease.document)
    return begun is not None and bool(
        Document.change(
            Document.id == lease.document,
            Document.run == "running",
            fn.EXISTS(holds),
            progress=progress,
            progress_msg=log,
            process_duration=seconds_since(begun),
        )
    )


def reap() -> int:
    """Fail the jobs that ended or lost their worker as often as a job may; returns how many."""
    worn = list(Job.select().where(_expired(), Job.attempt >= ATTEMPTS))
    return sum(_reap(Lease(job.id, job.kind, job.document, job.lease_owner, job.attempt)) for job in worn)


def release_dead() -> int:
    """End the leases of workers of this host whose process is gone; returns how many jobs that frees."""
    owners = [job.lease_owner for job in Job.select(Job.lease_owner).where(Job.state == "running", Job.lease_until > 0).distinct()]
    dead = [owner for owner in owners if is_gone(owner)]
    return sum(Job.change(Job.lease_owner == owner, Job.state == "running", lease_until=0) for owner in dead)


@cache
def _host() -> str:
    return socket.gethostname()[:80]


def owner_name(pid: int | None = None) -> str:
    """What a worker of this host calls itself: host, process id and when that process started."""
    pid = pid or os.getpid()
    return f"{_host()}:{pid}:{_started(pid)}"


def is_gone(owner: str) -> bool:
    """Whether the worker of that name is of this host and its process has ended."""
    host, pid, _ = owner.rsplit(":", 2)
    return host == _host() and (not _is_alive(int(pid)) or owner_name(int(pid)) != owner)


def seconds_since(document: Document) -> float:
    """How long ago the document's parsing was asked for."""
    return max(now_ms() - (document.process_begin_at or now_ms()), 1) / 1000


def logged(log: str, text: str) -> str:
    """The log with one more line, `HH:MM:SS text` (UTC, decisions A8); of a log grown too long the oldest lines go."""
    line = f"{datetime.now(timezone.utc):%H:%M:%S} {text}"[:_LOG_LENGTH]
    longer = f"{log}\n{line}" if log else line
    if len(longer) <= _LOG_LENGTH:
        return longer
    return longer[-_LOG_LENGTH:].partition("\n")[2] or line


def _mark_queued(document: str) -> int:
    return Document.change(
        Document.id == document,
        Document.run != "running",
        run="running",
        progress=QUEUED_PROGRESS,
        progress_msg=logged("", "Task is queued..."),
        process_begin_at=now_ms(),
        process_duration=0.0,
    )


def _mark_failed(lease: Lease, log: str) -> bool:
    document = Document.get_or_none(Document.id == lease.document)
    if document is not None and lease.kind == PARSE:
        fields = {"run": "fail", "progress": -1.0, "progress_msg": log, "process_duration": seconds_since(document)}
        Document.change(Document.id == document.id, Document.run == "running", **fields)
    return True


def _reap(lease: Lease) -> bool:
    document = Document.get_or_none(Document.id == lease.document)
    text = f"[ERROR]The file could not be processed: {lease.attempt} attempts ended before they were done."
    with database.atomic():
        ended = Job.delete().where(_held(lease), _expired()).execute()
        return bool(ended) and _mark_failed(lease, logged(document.progress_msg if document else "", text))


def _end(documents: Collection[str], *where: Expression) -> None:
    for batch in chunked(documents, _BATCH):
        Job.delete().where(Job.document.in_(batch), *where).execute()


def _held(lease: Lease) -> Expression:
    return (
        (Job.id == lease.job) & (Job.state == "running") & (Job.lease_owner == lease.owner) & (Job.attempt == lease.attempt)
    )


def _expired() -> Expression:
    return (Job.state == "running") & (Job.lease_until < now_ms())


def _until(seconds: float) -> int:
    return now_ms() + int(seconds * 1000)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _started(pid: int) -> str:
    """When the kernel started a process, so that a later one of the same id is not taken for it; 0 where unknown."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return "0"
    return "ended" if fields[0] in "ZX" else fields[19]
