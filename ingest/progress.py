"""What a document shows of its parsing: a fraction and a log, written seldom and only while the job is ours (contract 4.2)."""

from __future__ import annotations

import time

from models import jobs
from models.jobs import Lease
from models.tables import Document

INTERVAL = 0.5  # seconds between writes
RECEIVED = 0.01
FINISHING = 0.99


class Lost(Exception):
    """The job was stopped, taken over or deleted: what was done for it is to be thrown away."""


class Progress:
    """The progress of one parse; raises Lost from any write that finds the lease gone."""

    def __init__(self, lease: Lease, log: str) -> None:
        self.log = log
        self._lease = lease
        self._fraction = RECEIVED
        self._next = 0.0

    def note(self, text: str) -> None:
        """Add a line to the log; it is seen with the next write."""
        self.log = jobs.logged(self.log, text)

    def show(self, fraction: float, text: str = "") -> None:
        """Add a line, if any, and write when the last write is long enough ago; the fraction never goes back."""
        if text:
            self.note(text)
        self._fraction = min(max(self._fraction, fraction), FINISHING)
        if time.monotonic() >= self._next:
            self.write()

    def write(self) -> None:
        """Write now, before a step that may take long."""
        if not jobs.report(self._lease, progress=self._fraction, log=self.log):
            raise Lost
        self._next = time.monotonic() + INTERVAL


def fail(lease: Lease, reason: str) -> None:
    """End the job with this reason in the document's log; the document's chunks and counters stay as they were."""
    document = Document.get_or_none(Document.id == lease.document)
    if document is not None:
        jobs.fail(lease, jobs.logged(document.progress_msg, f"[ERROR]{reason}"))
