"""Gunicorn: threaded web processes that share what the master loaded. Also for use without `dovetail serve`:

`dovetail migrate`, then `gunicorn --config conf/gunicorn.conf.py 'app:wsgi()'` with `dovetail worker` beside it.
"""

from __future__ import annotations

import gc
import hashlib
import os
import shutil
import time
from pathlib import Path
from typing import Any

from gunicorn.http.errors import ParseException

from conf import logs
from conf.settings import load

_settings = load()

bind = _settings.address
workers = _settings.http.workers
threads = _settings.http.threads
worker_class = "conf.refusals.JsonWorker"
preload_app = True
timeout = 120
graceful_timeout = 10
keepalive = 75  # longer than nginx keeps an idle connection, so that it never picks one that is just closing
control_socket_disable = True
logconfig_dict = logs.configuration(_settings.log.level)

_LINGER_SECONDS = 5.0

limit_request_line = 8190  # the most it takes: a question may be asked in an address

# prometheus_client decides by this variable, when it is first imported, that processes add up. It maps its files, and a mapped
# file on a full disk ends the process, so they are in memory where the system has room for that.
_shared = Path("/dev/shm")
_name = f"dovetail-{hashlib.sha256(str(_settings.folder.resolve()).encode()).hexdigest()[:16]}"
_metrics = _shared / _name if os.access(_shared, os.W_OK) else _settings.folder / "metrics"
_metrics.mkdir(mode=0o700, parents=True, exist_ok=True)
os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(_metrics)


def on_starting(server: Any) -> None:
    """Forget the counts of the previous run."""
    for file in _metrics.glob("*.db"):
        file.unlink()


def pre_fork(server: Any, worker: Any) -> None:
    """Keep the collector away from what the master loaded, or every page would be copied."""
    gc.collect()
    gc.freeze()


def on_exit(server: Any) -> None:
    """Leave nothing in memory."""
    shutil.rmtree(_metrics, ignore_errors=True)


def post_request(worker: Any, request: Any, environ: dict[str, Any], response: Any) -> None:
    """Take what a refusal left unread of its request: a proxy that still sends it would find the connection cut, and answer 502."""
    deadline = time.monotonic() + _LINGER_SECONDS
    try:
        request.unreader.sock.settimeout(_LINGER_SECONDS)
        while request.body.read(1 << 20) and time.monotonic() < deadline:
            pass
    except (OSError, ParseException):
        return  # the client left, or sent what is no body; its answer has gone out


def child_exit(server: Any, worker: Any) -> None:
    """Let the gauges of a dead process go; its counts stay."""
    from prometheus_client import multiprocess

    multiprocess.mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]
