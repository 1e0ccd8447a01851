"""The life of an ingest child: one job at a time, whatever the files do to it, until the supervisor ends it."""

from __future__ import annotations

import ctypes
import logging
import multiprocessing
import os
import resource
import shutil
import signal
import sys
import tempfile
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

from ingest.progress import fail
from models.jobs import Lease

log = logging.getLogger(__name__)

Start = Callable[[], None]

# What a child says of itself: it can take a job; its job has ended; it is about to end, too.
FREE, TIDYING, LEAVING = "free", "tidying", "leaving"
REST_SECONDS = 1.0  # without work for so long it gives memory back
LARGEST_SIZE = 600 << 20  # bytes: having grown beyond this it leaves after its job
OCR_SIZE = 1 << 30  # bytes that reading pictures takes beside: its models stay from job to job, for they take seconds to load
NICENESS = 5  # searches go before parsing
CRASHED = "The file could not be processed because of an internal error; the server's log has the details."


def serve(connection: Connection, start: Start, scratch: Path) -> None:
    """Get ready by `start`, then do the jobs that come down the line; say each time when one has ended."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)  # the supervisor decides when a child ends
    os.setpgid(0, 0)  # what a job starts, such as LibreOffice, ends with its child
    threading.Thread(target=_end_with_parent, daemon=True).start()
    os.nice(NICENESS)
    start()
    folder = scratch / str(os.getpid())
    connection.send(FREE)
    while True:
        if not connection.poll(REST_SECONDS):
            _give_memory_back()
        try:
            lease = connection.recv()
        except EOFError:
            return
        tidy = _done(lease, folder)
        connection.send(TIDYING)
        shutil.rmtree(folder, ignore_errors=True)
        tidy()
        connection.send(FREE if _largest_size() < _allowed_size() else LEAVING)


def _done(lease: Lease, folder: Path) -> Callable[[], None]:
    """Do one job, whatever happens; returns what is left to do when it has ended."""
    from ingest import pipeline  # here, because the supervisor never needs what it imports

    try:
        folder.mkdir(parents=True)
        tempfile.tempdir = str(folder)
        return pipeline.run(lease, folder)
    except Exception:  # noqa: B902  the worker loop: a parser may fail in any way, and the next document must not suffer
        log.exception("job crashed", extra={"job": lease.job, "document": lease.document})
        fail(lease, CRASHED)
        return lambda: None


def _largest_size() -> int:
    """The most bytes this process ever held in memory."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def _allowed_size() -> int:
    """How large this process may have been and still take another job."""
    return LARGEST_SIZE + (OCR_SIZE if "rapidocr" in sys.modules else 0)


def _give_memory_back() -> None:
    """Return to the system what the last document needed, where the C library keeps it otherwise (glibc does)."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def _end_with_parent() -> None:
    """End this process, and what it started, when the supervisor is gone, however it went."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os.killpg(os.getpid(), signal.SIGKILL)
