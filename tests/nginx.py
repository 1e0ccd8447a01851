"""A real nginx with conf/nginx.conf as it is shipped, but for ports, folders and what a test says."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

import psutil
import pytest

from tests.running import ROOT, free_port, wait_for

SHIPPED = ROOT / "conf" / "nginx.conf"
# Where Debian puts it is not on every user's path.
BINARY = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


class Nginx:
    """nginx before one or more upstream ports; `url` is its address, `folder` holds its logs and temporary files."""

    def __init__(self, folder: Path, *upstreams: int, changes: Mapping[str, str] = {}) -> None:
        if BINARY is None:
            pytest.skip("nginx is missing: install your system's package of that name, as `make test` does on Debian when root runs it")
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.errors = folder / "error.log"
        self._upstreams = upstreams
        self._changes = changes
        self.process: subprocess.Popen[bytes]

    def configuration(self) -> str:
        """The shipped text with each change made exactly once."""
        servers = "\n".join(f"server 127.0.0.1:{port} max_fails=3 fail_timeout=5s;" for port in self._upstreams)
        folders = "\n".join(f"{kind}_temp_path {self.folder}/{kind};" for kind in TEMPORARY)
        text = SHIPPED.read_text()
        places = {
            "user www-data;": "user root;" if os.geteuid() == 0 else "",  # pytest's folders are closed to other users
            "/run/nginx.pid": f"{self.folder}/pid",
            "/var/log/nginx/access.log": f"{self.folder}/access.log",
            "/var/log/nginx/error.log": f"{self.folder}/error.log",
            "http {\n": f"http {{\n{folders}\n",
            "\n        server 127.0.0.1:9380 max_fails=3 fail_timeout=5s;": f"\n{servers}",
            "\n        listen 80 default_server;": f"\n        listen 127.0.0.1:{self.port} default_server;",
        }
        for shipped, mine in {**places, **self._changes}.items():
            assert text.count(shipped) == 1, f"conf/nginx.conf has {shipped!r} {text.count(shipped)} times"
            text = text.replace(shipped, mine)
        return text

    def start(self) -> Nginx:
        """Start it and wait until it listens."""
        file = self.folder / "nginx.conf"
        file.write_text(self.configuration())
        line = [str(BINARY), "-c", str(file), "-p", str(self.folder), "-e", str(self.errors), "-g", "daemon off;"]
        with (self.folder / "output").open("ab") as output:
            self.process = subprocess.Popen(line, stdout=output, stderr=output)
        wait_for(self._listens)
        return self

    def stop(self) -> None:
        """End it in order, and at once when it does not."""
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(10)

    def memory(self) -> int:
        """Bytes that its processes hold of their own."""
        master = psutil.Process(self.process.pid)
        return sum(one.memory_full_info().uss for one in (master, *master.children()))

    def told(self) -> str:
        """What it has logged about errors."""
        return self.errors.read_text()

    def _listens(self) -> bool:
        assert self.process.poll() is None, (self.folder / "output").read_text() + self.told()
        with socket.socket() as probe:
            probe.settimeout(1)
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def __enter__(self) -> Nginx:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()
