"""The ingest worker beside the web server is watched from its first moment on."""

from __future__ import annotations

import os
import signal
import threading
import time

from conf import serving
from tests.running import wait_for

STARTS = 20
REST = "import time; time.sleep(60)"


def test_a_worker_started_while_web_processes_are_forked_is_watched_at_once(tmp_path, monkeypatch):
    """A forked process kept a pipe of the start open, so that the server waited for it and never saw its worker die."""
    script = tmp_path / "app.py"
    script.write_text(REST)
    monkeypatch.setattr(serving, "APP", script)
    monkeypatch.setattr(serving, "_RESTART_SECONDS", 0.0)
    sidecar, forked, over = serving.Sidecar(), [], threading.Event()

    def fork() -> None:
        while not over.wait(0.002):
            forked.append(_sleeping_child())

    forking = threading.Thread(target=fork)
    forking.start()
    try:
        sidecar.start()
        for _ in range(STARTS):
            first = wait_for(lambda: sidecar.process, 5)
            first.kill()
            wait_for(lambda first=first: sidecar.process is not first, 5)
    finally:
        over.set()
        forking.join()
        for child in forked:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
        sidecar.stop()


def _sleeping_child() -> int:
    child = os.fork()
    if child == 0:
        time.sleep(60)
        os._exit(0)
    return child
