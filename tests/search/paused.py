"""A process that applies changes, is paused between reading the rows and writing them, and dies after writing them late."""

from __future__ import annotations

import os
import signal
import sys
from dataclasses import replace
from pathlib import Path

from models import leases
from search import outbox
from search.elastic.index import ElasticIndex
from search.index import Changes
from tests.search.rooms import KEY, open_rooms

write = ElasticIndex.write


def late(self: ElasticIndex, changes: Changes, *, version: int) -> None:
    """Read the rows, wait for a line, write them, and die when it says so."""
    read = replace(changes, entries=list(changes.entries))
    print("read", flush=True)
    word = sys.stdin.readline().strip()
    write(self, read, version=version)
    if word == "die":
        os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    leases.SECONDS = 1.0
    open_rooms(Path(sys.argv[1]))
    ElasticIndex.write = late  # type: ignore[method-assign]
    outbox.catch_up(KEY)
