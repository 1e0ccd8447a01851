"""An ingest worker inside the test's process: a thread that does the jobs as a worker's child does them."""

from __future__ import annotations

import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ingest import pipeline
from models import jobs
from models.base import database

OWNER = jobs.owner_name()


@contextmanager
def worker() -> Iterator[None]:
    """Do jobs as they come, until the block ends."""
    ending = threading.Event()
    thread = threading.Thread(target=_work, args=(ending,), daemon=True)
    thread.start()
    yield
    ending.set()
    thread.join(30)


def _work(ending: threading.Event) -> None:
    while not ending.is_set():
        lease = jobs.claim(OWNER, seconds=60)
        if lease is None:
            database.close()
            time.sleep(0.01)
            continue
        folder = Path(tempfile.mkdtemp())
        pipeline.run(lease, folder)()
        shutil.rmtree(folder)
    database.close()
