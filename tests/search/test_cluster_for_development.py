"""What `make elasticsearch` says when it cannot start or go on."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests import elastic
from tests.running import free_port


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that the user of a cluster may reach."""
    made = Path(tempfile.mkdtemp(prefix="dovetail-elasticsearch-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made, ignore_errors=True)


def line(folder: Path, port: int) -> list[str]:
    return [sys.executable, "-m", "tests.elastic", "--heap", "512m", "--folder", str(folder), "--port", str(port)]


def test_a_second_one_in_the_same_folder_is_told_and_the_first_ends_when_its_server_is_killed(folder: Path) -> None:
    try:
        elastic.java()
    except elastic.Missing as missing:
        pytest.skip(str(missing))
    with subprocess.Popen(line(folder, free_port()), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as first:
        try:
            assert first.stdout is not None
            assert "Starting" in first.stdout.readline() and "answers at" in first.stdout.readline()
            second = subprocess.run(line(folder, free_port()), capture_output=True, text=True, timeout=30)
            assert second.returncode == 1 and f"runs in {folder} already" in second.stderr
            server = max(psutil.Process(first.pid).children(recursive=True), key=lambda process: process.memory_info().rss)
            os.kill(server.pid, signal.SIGKILL)
            _, said = first.communicate(timeout=30)
            assert first.returncode == 1 and "Elasticsearch ended by itself" in said
        finally:
            first.terminate()


def test_one_whose_port_is_taken_is_told(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        ended = subprocess.run(line(folder, port), capture_output=True, text=True, timeout=30)
    assert ended.returncode == 1 and f"Something else answers at http://127.0.0.1:{port} already" in ended.stderr
