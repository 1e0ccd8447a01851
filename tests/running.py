"""`dovetail serve` as a process: started on a free port, waited for, stopped or killed."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

import psutil
import requests

ROOT = Path(__file__).parents[1]
START_SECONDS = 60.0


class Server:
    """A server on a data folder; `url` is its address, `key` its first API key, `log` the file with its output, `environment` its settings."""

    def __init__(self, folder: Path, model_folder: Path, environment: Mapping[str, str] = {}) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder.parent / f"{folder.name}.log"
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("DOVETAIL_")},
            "DOVETAIL_DATA__FOLDER": str(folder),
            "DOVETAIL_EMBEDDING__FOLDER": str(model_folder),
            "DOVETAIL_HTTP__PORT": str(self.port),
            **environment,
        }
        self.process: subprocess.Popen[bytes]

    @property
    def key(self) -> str:
        """The API key that the first start made."""
        return (self.folder / "api-key").read_text().strip()

    @property
    def headers(self) -> dict[str, str]:
        """The header that authenticates as the first tenant."""
        return {"Authorization": f"Bearer {self.key}"}

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run `dovetail WORDS` with this server's settings."""
        line = [sys.executable, "-m", "app", *words]
        return subprocess.run(line, cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=120)

    def new_key(self) -> str:
        """An API key of a new user, who has a tenant of its own."""
        email = f"{secrets.token_hex(8)}@example.org"
        self.command("user", "create", email).check_returncode()
        return self.command("key", "create", "--user", email).stdout.strip()

    def start(self, *line: str) -> Server:
        """Start `dovetail serve`, or the given command line with the same settings, and wait until it answers."""
        line = line or (sys.executable, "-m", "app", "serve")
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(line, cwd=ROOT, env=self.environment, stdout=log, stderr=log, start_new_session=True)
        deadline = time.monotonic() + START_SECONDS
        while not self.answers():
            assert self.process.poll() is None and time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.02)
        return self

    def answers(self) -> bool:
        """Whether the server is up."""
        try:
            return requests.get(f"{self.url}/healthz", timeout=5).ok
        except requests.ConnectionError:
            return False

    def family(self) -> list[psutil.Process]:
        """The server's process and all below it: web processes, ingest worker and its children."""
        master = psutil.Process(self.process.pid)
        return [master, *master.children(recursive=True)]

    def worker(self) -> psutil.Process:
        """The ingest worker; waits for it, as it starts after the first answer."""

        def found() -> psutil.Process | None:
            try:
                return next((one for one in self.family() if "--parent" in one.cmdline()), None)
            except psutil.NoSuchProcess:
                return None

        return wait_for(found)

    def stop(self, sign: int = signal.SIGTERM) -> int:
        """Signal the server and wait for its end; returns the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(sign)
        return self.process.wait(60)

    def __enter__(self) -> Server:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()


def wait_for(question: Callable[[], Any], seconds: float = 30.0) -> Any:
    """The first truthy answer; fails when none came in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if answer := question():
            return answer
        time.sleep(0.05)
    raise AssertionError(f"{question} stayed false for {seconds} s")


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
