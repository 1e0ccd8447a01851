"""Gunicorn: threaded web processes that share what the master loaded. Also for use without `dovetail serve`:

`dovetail migrate`, then `gunicorn --config conf/gunicorn.conf.py 'app:wsgi()'` with `dovetail worker` beside it.
"""

from __future__ import annotations

import gc
import os
from typing import Any

from conf import logs
from conf.settings import load

_settings = load()

bind = _settings.address
workers = _settings.http.workers
threads = _settings.http.threads
worker_class = "gthread"
preload_app = True
timeout = 120
graceful_timeout = 10
keepalive = 75  # longer than nginx keeps an idle connection, so that it never picks one that is just closing
control_socket_disable = True
logconfig_dict = logs.configuration(_settings.log.level)

# prometheus_client decides by this variable, when it is first imported, that processes add up.
_metrics = _settings.folder / "metrics"
_metrics.mkdir(parents=True, exist_ok=True)
os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(_metrics)


def on_starting(server: Any) -> None:
    """Forget the counts of the previous run."""
    for file in _metrics.glob("*.db"):
        file.unlink()


def pre_fork(server: Any, worker: Any) -> None:
    """Keep the collector away from what the master loaded, or every page would be copied."""
    gc.collect()
    gc.freeze()


def child_exit(server: Any, worker: Any) -> None:
    """Let the gauges of a dead process go; its counts stay."""
    from prometheus_client import multiprocess

    multiprocess.mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]
