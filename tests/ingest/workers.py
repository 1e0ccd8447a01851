"""Fixtures: rooms over a folder of the test's own, and ingest workers as processes; a module imports the ones it uses."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.ingest import rooms
from tests.running import ROOT

StartWorker = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture(scope="module", name="endpoint")
def endpoint_fixture() -> Iterator[rooms.Endpoint]:
    """An embedding endpoint that answers; a test that holds it up lets it go again."""
    endpoint = rooms.Endpoint()
    yield endpoint
    endpoint.close()


@pytest.fixture(name="store")
def store_fixture(tmp_path: Path, endpoint: rooms.Endpoint) -> Iterator[None]:
    """Database, blobs, indexes and model, open in this process."""
    with rooms.opened(tmp_path, endpoint.url):
        yield
    endpoint.status = 200
    endpoint.gate.set()


@pytest.fixture(name="start_worker")
def start_worker_fixture(tmp_path: Path, store: None, endpoint: rooms.Endpoint) -> Iterator[StartWorker]:
    """Start workers on the store: start_worker(children=2, kill="ingest/publish:publish:call")."""
    started: list[subprocess.Popen[bytes]] = []

    def start(**settings: object) -> subprocess.Popen[bytes]:
        words = [f"{name}={value}" for name, value in settings.items()]
        line = [sys.executable, "-m", "tests.ingest.worker_process", str(tmp_path), endpoint.url, *words]
        with (tmp_path / "worker.log").open("ab") as log:
            started.append(subprocess.Popen(line, cwd=ROOT, stdout=log, stderr=log))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()
