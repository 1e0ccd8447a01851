"""A server of our own: started by its command on a folder of its own, weighed, stopped."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

import httpx
import psutil  # type: ignore[import-untyped]

from tests import elastic

ROOT = Path(__file__).parents[1]
MODELS = ROOT / ".tools" / "models"
START_SECONDS = 120.0


@contextmanager
def cluster() -> Iterator[str]:
    """The URL of an Elasticsearch: the one that ES_URL names, or one of our own."""
    if named := os.environ.get("ES_URL"):
        yield named
        return
    with elastic.running(heap="1g") as node:
        yield node.url


class Server:
    """`dovetail serve` as a user starts it; `key` is its first API key. `cluster` is the URL of an Elasticsearch, or nothing."""

    def __init__(self, cluster: str = "") -> None:
        self._home = Path(tempfile.mkdtemp(prefix="dovetail-bench-"))
        self.folder = self._home / "data"
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        self.base = f"http://127.0.0.1:{port}"
        kept = {name: value for name, value in os.environ.items() if not name.startswith("DOVETAIL_") or name == "DOVETAIL_CONFIG"}
        self.environment = {
            **kept,
            "DOVETAIL_DATA__FOLDER": str(self.folder),
            "DOVETAIL_EMBEDDING__FOLDER": str(MODELS),
            "DOVETAIL_HTTP__PORT": str(port),
        }
        self._cluster = cluster
        self._prefix = f"bench-{secrets.token_hex(4)}"
        if cluster:
            self.environment |= {
                "DOVETAIL_SEARCH__ENGINE": "elasticsearch",
                "DOVETAIL_SEARCH__HOSTS": cluster,
                "DOVETAIL_SEARCH__PREFIX": self._prefix,
                "DOVETAIL_SEARCH__REPLICAS": "0",
            }
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def key(self) -> str:
        """The API key that the first start made."""
        return (self.folder / "api-key").read_text().strip()

    def start(self, environment: Mapping[str, str] = {}) -> float:
        """Start with these settings beside its own, and return the seconds until an authenticated request was answered."""
        self.environment |= environment
        begun = time.monotonic()
        with (self._home / "log").open("ab") as log:
            self._process = subprocess.Popen([sys.executable, "-m", "app", "serve"], cwd=ROOT, env=self.environment, stdout=log, stderr=log)
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() - begun > START_SECONDS:
                raise RuntimeError(f"The server did not start:\n{(self._home / 'log').read_text()}")
            time.sleep(0.02)
        return time.monotonic() - begun

    def stop(self) -> None:
        """End the server and wait for it."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            self._process.wait(60)

    def new_key(self) -> str:
        """Make a tenant and return a key of it."""
        email = f"bench-{time.time_ns()}@localhost"
        self.command("user", "create", email)
        return self.command("key", "create", "--user", email).splitlines()[-1].strip()

    def memory(self) -> tuple[float, int]:
        """The sum of PSS of the server and all its children in MB, and how many processes that is."""
        assert self._process is not None
        master = psutil.Process(self._process.pid)
        family = [master, *master.children(recursive=True)]
        return sum(one.memory_full_info().pss for one in family) / 1e6, len(family)

    def disk(self) -> int:
        """The bytes in the data folder, and in the cluster's indexes."""
        sizes = httpx.get(f"{self._cluster}/{self._prefix}-*/_stats/store").json()["_all"]["primaries"] if self._cluster else {}
        indexed = int(sizes.get("store", {}).get("size_in_bytes", 0))
        return indexed + sum(path.stat().st_size for path in self.folder.rglob("*") if path.is_file())

    def command(self, *words: str) -> str:
        """What a `dovetail` command on the same settings prints."""
        line = [sys.executable, "-m", "app", *words]
        return subprocess.run(line, cwd=ROOT, env=self.environment, check=True, capture_output=True, text=True).stdout

    def __enter__(self) -> Server:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()
        if error is not None:
            print((self._home / "log").read_text()[-4000:], file=sys.stderr)
        shutil.rmtree(self._home, ignore_errors=True)
        if self._cluster:
            names = [one["index"] for one in httpx.get(f"{self._cluster}/_cat/indices/{self._prefix}-*?format=json").json()]
            httpx.delete(f"{self._cluster}/{','.join(names)}") if names else None

    def _answers(self) -> bool:
        try:
            answer = httpx.get(f"{self.base}/api/v1/datasets", headers={"Authorization": f"Bearer {self.key}"})
            return bool(answer.json()["code"] == 0)
        except (httpx.TransportError, OSError, ValueError, KeyError):
            return False
