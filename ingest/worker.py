"""The ingest worker: a small supervisor that leases jobs, and child processes that do them one at a time.

The supervisor never reads a file: it hands out leases, keeps them alive, and kills a child whose job was stopped, took
too long or was lost. A parser that hangs, crashes or eats the memory takes one child along and nothing else.

Not pebble's ProcessPool: its children share one channel and its locks, so that one killed at the wrong moment stops them
all, it breaks when an idle child is killed, and it asks with SIGTERM first, which native code does not hear.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import shutil
import signal
import time
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import FrameType

from peewee import PeeweeException

from ingest.child import FREE, LEAVING, Start, serve
from ingest.memory import resident
from ingest.progress import fail
from models import jobs
from models.database import close_database
from models.jobs import Lease

log = logging.getLogger(__name__)

POLL_SECONDS = 0.2
REAP_SECONDS = 5.0
RESTART_SECONDS = 5.0  # pause after a child that could not even start
IDLE_SECONDS = 2.0  # a child without work for so long ends: it holds 140 MB, and another is forked in a fraction of a second
STARTING, BUSY = "starting", "busy"  # what a child is at before it has a word to say; the others are ingest.child's


def run_forever(start: Start, *, limits: Limits, scratch: Path) -> None:
    """Work on jobs until SIGTERM or SIGINT, with child processes, each started when there is work for it.

    `start` must be importable (a module's function, or a functools.partial of one): every child calls it once to open
    database, blobs, indexes and models; this process needs the database alone. `scratch` is a folder for the
    files of jobs at work, which workers of one machine may share.
    """
    supervisor = Supervisor(start, limits, scratch)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, supervisor.stop)
    supervisor.run()


@dataclass(frozen=True, slots=True)
class Limits:
    """How many children there are at most, and what fails a document: seconds, and bytes of memory where the system tells them.

    Other workers take over what this one has not touched for `lease_seconds`.
    """

    children: int
    document_seconds: float
    document_bytes: int
    lease_seconds: float


@dataclass(slots=True, eq=False)
class _Child:
    """A child process as the supervisor sees it."""

    process: BaseProcess
    connection: Connection
    folder: Path
    state: str = STARTING
    lease: Lease | None = None  # while it is busy
    is_missed: bool = False  # its lease was found gone once; it may just be saying that it has ended the job
    since: float = field(default_factory=time.monotonic)
    held: int = 0  # bytes of memory, its models among them, when it came to be what it is

    def become(self, state: str, lease: Lease | None = None) -> None:
        self.state, self.lease, self.is_missed, self.since, self.held = state, lease, False, time.monotonic(), self.bytes()

    def bytes(self) -> int:
        return resident(self.process.pid or 0)

    def seconds(self) -> float:
        return time.monotonic() - self.since


class Supervisor:
    """Leases jobs to children; all of it in one thread, in turns of at most POLL_SECONDS."""

    def __init__(self, start: Start, limits: Limits, scratch: Path) -> None:
        self._start = start
        self._limits = limits
        self._owner = jobs.owner_name()
        self._scratch = scratch
        self._folder = scratch / self._owner
        self._context = multiprocessing.get_context("forkserver")
        # Children are forked from a process that has imported everything and opened nothing: they share its memory.
        self._context.set_forkserver_preload(["__main__", "ingest.preload"])
        self._children: list[_Child] = []
        self._due: dict[str, float] = {}
        self._is_stopping = False

    def stop(self, number: int = 0, frame: FrameType | None = None) -> None:
        """Make `run` return soon; a signal handler."""
        self._is_stopping = True

    def run(self) -> None:
        """Work until stopped; jobs not done by then are handed back without counting the attempt."""
        log.info("worker started", extra={"owner": self._owner})
        self._sweep_scratch()
        while not self._is_stopping:
            try:
                self._turn()
            except (PeeweeException, OSError):
                log.exception("the worker could not reach what it needs, and tries again")
                close_database()
                time.sleep(1)
        self._shut_down()

    def _turn(self) -> None:
        if self._is_due("reap", REAP_SECONDS):
            jobs.release_dead()
            jobs.reap()
        if self._is_due("heartbeat", self._limits.lease_seconds / 3):
            jobs.heartbeat(self._leases(), seconds=self._limits.lease_seconds)
        if self._is_due("check", POLL_SECONDS):
            self._check_children()
        self._hand_out()
        self._listen()

    def _is_due(self, what: str, seconds: float) -> bool:
        now = time.monotonic()
        if now < self._due.get(what, 0):
            return False
        self._due[what] = now + seconds
        return True

    def _leases(self) -> list[Lease]:
        return [child.lease for child in self._children if child.lease is not None]

    def _check_children(self) -> None:
        """Kill what was stopped or takes too much; dismiss what has had nothing to do."""
        held = jobs.held(self._leases())
        for child in list(self._children):
            if child.state == FREE:
                if child.seconds() > IDLE_SECONDS:
                    self._remove(child)
            elif reason := self._excess(child):
                self._remove(child)
                if child.lease is not None:
                    fail(child.lease, reason)
            elif child.lease is not None and child.lease.job not in held:
                if child.is_missed:
                    log.info("job stopped", extra={"job": child.lease.job, "document": child.lease.document})
                    self._remove(child)
                child.is_missed = True

    def _excess(self, child: _Child) -> str:
        """What a child takes too much of, in a sentence; empty while it keeps to its limits."""
        if child.seconds() > self._limits.document_seconds:
            return f"The file took longer than {self._limits.document_seconds:g} seconds."
        if child.lease is not None and child.bytes() - child.held > self._limits.document_bytes:
            return f"The file needs more memory than one document may take ({self._limits.document_bytes >> 20} MB). Divide it into smaller files."
        return ""

    def _hand_out(self) -> None:
        for child in [child for child in self._children if child.state == FREE]:
            lease = jobs.claim(self._owner, seconds=self._limits.lease_seconds)
            if lease is None:
                return
            child.become(BUSY, lease)
            with suppress(BrokenPipeError):  # a dead child is noticed, and its job freed, by the next look at it
                child.connection.send(lease)
        if self._may_start_child() and jobs.is_work_waiting():
            self._start_child()

    def _may_start_child(self) -> bool:
        is_starting = any(child.state == STARTING for child in self._children)
        return len(self._children) < self._limits.children and not is_starting and time.monotonic() >= self._due.get("start", 0)

    def _start_child(self) -> None:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(target=serve, args=(theirs, self._start, self._folder), name="dovetail-ingest")
        process.start()
        theirs.close()
        self._children.append(_Child(process, ours, self._folder / str(process.pid)))

    def _listen(self) -> None:
        """Hear children out, for no longer than a poll."""
        speaking = wait([child.connection for child in self._children], timeout=POLL_SECONDS)
        if self._is_stopping:
            return  # a signal to the whole group may have ended a child too, and that is no fault of its document
        for child in [child for child in self._children if child.connection in speaking]:
            self._hear(child)

    def _hear(self, child: _Child) -> None:
        """Take a child's word for what it is at; or see that it died."""
        try:
            child.become(child.connection.recv())
        except (EOFError, OSError):
            self._bury(child)
        if child.state == LEAVING:
            self._remove(child)

    def _bury(self, child: _Child) -> None:
        """Remove a child that died, and let its job be tried again at once unless it has been too often."""
        self._remove(child)
        if child.lease is not None:
            work = {"job": child.lease.job, "document": child.lease.document, "attempt": child.lease.attempt}
            log.error("a child process died at work", extra=work)
            jobs.end_lease(child.lease)
            self._due["reap"] = 0
        elif child.state == STARTING:
            log.error("a child process could not start")
            self._due["start"] = time.monotonic() + RESTART_SECONDS

    def _remove(self, child: _Child) -> None:
        self._children.remove(child)
        _kill(child.process)
        child.process.join()
        child.connection.close()
        shutil.rmtree(child.folder, ignore_errors=True)

    def _shut_down(self) -> None:
        leases = self._leases()
        for child in list(self._children):
            self._remove(child)
        with suppress(PeeweeException):  # the leases run out by themselves
            for lease in leases:
                jobs.hand_back(lease)
        shutil.rmtree(self._folder, ignore_errors=True)
        log.info("worker stopped", extra={"handed_back": len(leases)})

    def _sweep_scratch(self) -> None:
        """Remove what killed workers of this host left behind."""
        for folder in self._scratch.glob("*:*:*"):
            if jobs.is_gone(folder.name):
                shutil.rmtree(folder, ignore_errors=True)


def _kill(process: BaseProcess) -> None:
    """Kill a child and all that it started; one that has just begun has no group of its own yet."""
    try:
        os.killpg(process.pid or 0, signal.SIGKILL)
    except ProcessLookupError:
        process.kill()
