"""A real Elasticsearch of our own: for tests, for the benchmark, and for development as `make elasticsearch`."""

from __future__ import annotations

import argparse
import fcntl
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, TypeVar

VERSION = "8.19.21"
ARTIFACT = f"org.elasticsearch.distribution.integ-test-zip:elasticsearch:{VERSION}:zip"
ZIP = Path.home() / f".m2/repository/org/elasticsearch/distribution/integ-test-zip/elasticsearch/{VERSION}/elasticsearch-{VERSION}.zip"
JAVAS = Path("/usr/lib/jvm")
OLDEST, NEWEST = 17, 25  # the Java that this version runs on; from 21 on it compares vectors by wide instructions, two to three times as fast
OTHER_USER = "nobody"  # Elasticsearch refuses to run as root
START_SECONDS = 120.0


class Missing(Exception):
    """What it takes to start one is not on this machine."""


class Elasticsearch:
    """One node in a folder of its own. `settings` are further lines of elasticsearch.yml."""

    def __init__(self, folder: Path, *, port: int = 0, heap: str = "512m", settings: tuple[str, ...] = ()) -> None:
        self.folder = folder
        self.port = port or _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._heap = heap
        self._settings = settings
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the node and wait until it has all its data. Raises Missing."""
        home = _home()
        self._configure(home)
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "ES_PATH_CONF": str(self.folder / "config"),
            "ES_JAVA_HOME": java(),
            "ES_JAVA_OPTS": f"-Xms{self._heap} -Xmx{self._heap}",
        }
        with (self.folder / "output").open("ab") as output:
            self._process = subprocess.Popen(
                [home / "bin" / "elasticsearch"], cwd=self.folder, env=environment, stdout=output, stderr=output, start_new_session=True, **as_other()
            )
        self._wait()

    def kill(self) -> None:
        """End it as a power cut does."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End it in good order."""
        self._end(signal.SIGTERM)

    def wait(self) -> int:
        """Wait until it ends by itself; returns its status."""
        assert self._process is not None
        return self._process.wait()

    def pause(self) -> None:
        """Let it answer nothing, without closing a connection."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on after a pause."""
        self._signal(signal.SIGCONT)

    def wipe(self) -> None:
        """Lose all its data, while it is stopped."""
        shutil.rmtree(self.folder / "data", ignore_errors=True)

    def hand_over(self) -> None:
        """Give all its files to the user that it runs as."""
        if os.geteuid() == 0:
            for path in (self.folder, *self.folder.rglob("*")):
                shutil.chown(path, OTHER_USER, _group())

    def _configure(self, home: Path) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        shutil.copytree(home / "config", self.folder / "config", dirs_exist_ok=True)
        lines = (
            "discovery.type: single-node",
            *(() if any(line.startswith("xpack.security.enabled:") for line in self._settings) else ("xpack.security.enabled: false",)),
            f"http.port: {self.port}",
            f"transport.port: {_free_port()}",
            f"path.data: {self.folder / 'data'}",
            f"path.logs: {self.folder / 'logs'}",
            *(self._settings or ("cluster.routing.allocation.disk.threshold_enabled: false",)),
        )
        (self.folder / "config" / "elasticsearch.yml").write_text("\n".join(lines) + "\n")
        for name in ("data", "logs", "config"):
            (self.folder / name).mkdir(exist_ok=True)
        self._add_to(home)
        self.hand_over()

    def _add_to(self, home: Path) -> None:
        """For a node with more in its configuration."""

    def _wait(self) -> None:
        end = time.monotonic() + START_SECONDS
        while not self._answers():
            assert self._process is not None
            if self._process.poll() is not None or time.monotonic() > end:
                self.kill()
                raise RuntimeError(f"Elasticsearch did not start:\n{(self.folder / 'output').read_text()[-4000:]}")
            time.sleep(0.1)

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/_cluster/health?wait_for_status=yellow&timeout=1s", timeout=5) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def _end(self, how: signal.Signals) -> None:
        self._signal(how)
        if self._process is not None:
            self._process.wait(60)
        self._process = None

    def _signal(self, which: signal.Signals) -> None:
        """To the launcher and to the server that it started."""
        if self._process is not None:
            try:
                os.killpg(self._process.pid, which)
            except ProcessLookupError:
                self._process = None


Node = TypeVar("Node", bound=Elasticsearch)


@contextmanager
def running(*settings: str, heap: str = "512m") -> Iterator[Elasticsearch]:
    """A node in a folder that its user may reach, which is removed with it. Raises Missing."""
    with kept(Elasticsearch, *settings, heap=heap) as node:
        yield node


@contextmanager
def kept(kind: type[Node], *settings: str, heap: str = "512m") -> Iterator[Node]:
    """As `running`, of any kind of node."""
    folder = Path(tempfile.mkdtemp(prefix="dovetail-elasticsearch-"))
    folder.chmod(0o755)
    node = kind(folder, heap=heap, settings=settings)
    try:
        node.start()
        yield node
    finally:
        node.kill()
        shutil.rmtree(folder, ignore_errors=True)


def _home() -> Path:
    """The unpacked distribution, shared by all that start one; fetched and unpacked when first needed."""
    home = Path(tempfile.gettempdir()) / f"dovetail-elasticsearch-{os.geteuid()}" / f"elasticsearch-{VERSION}"
    if not home.exists():
        _fetch()
        home.parent.mkdir(exist_ok=True)
        unpacked = Path(tempfile.mkdtemp(dir=home.parent))
        with zipfile.ZipFile(ZIP) as archive:
            for member in archive.infolist():
                path = Path(archive.extract(member, unpacked))
                path.chmod(0o755 if path.is_dir() else (member.external_attr >> 16 & 0o777) | 0o444)
        unpacked.chmod(0o755)
        try:
            (unpacked / home.name).rename(home)
        except OSError:  # somebody else was faster
            shutil.rmtree(unpacked / home.name)
        unpacked.rmdir()
    return home


def _fetch() -> None:
    if ZIP.exists():
        return
    maven = shutil.which("mvn")
    if maven is None:
        raise Missing("Elasticsearch is fetched by Maven: install `mvn`, or name a server with ES_URL")
    subprocess.run([maven, "-q", "dependency:get", f"-Dartifact={ARTIFACT}", "-Dtransitive=false"], check=True)


def java() -> str:
    """ES_JAVA_HOME, or else the newest Java that fits."""
    if named := os.environ.get("ES_JAVA_HOME"):
        return named
    fitting = [(version, home) for home in JAVAS.glob("*") if OLDEST <= (version := _java_version(home)) <= NEWEST]
    if not fitting:
        raise Missing(f"Elasticsearch needs Java {OLDEST} to {NEWEST}: install it in {JAVAS}, name it with ES_JAVA_HOME, or a server with ES_URL")
    return str(max(fitting)[1])


def _java_version(home: Path) -> int:
    try:
        lines = (home / "release").read_text().splitlines()
    except OSError:
        return 0
    version = next((line for line in lines if line.startswith("JAVA_VERSION=")), '="0"').split('"')[1]
    return int(version.split(".")[0]) if (home / "bin" / "java").exists() else 0


def as_other() -> dict[str, Any]:
    """Options of a process that may not be root's."""
    return {"user": OTHER_USER, "group": _group(), "extra_groups": []} if os.geteuid() == 0 else {}


def _group() -> int:
    return pwd.getpwnam(OTHER_USER).pw_gid


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def main() -> None:
    """Start one and keep it until Ctrl-C."""
    parser = argparse.ArgumentParser(prog="make elasticsearch", description=main.__doc__)
    parser.add_argument("--port", type=int, default=9200)
    parser.add_argument("--folder", type=Path, default=Path("data/elasticsearch"))
    parser.add_argument("--heap", default="1g")
    given = parser.parse_args()
    node = Elasticsearch(given.folder.absolute(), port=given.port, heap=given.heap)
    signal.signal(signal.SIGTERM, _interrupted)
    try:
        with _alone(node):
            print(f"Starting Elasticsearch {VERSION} in {given.folder}", flush=True)
            node.start()
            print(f"Elasticsearch answers at {node.url}; Ctrl-C stops it", flush=True)
            sys.exit(f"Elasticsearch ended by itself with status {node.wait()}; {given.folder}/output tells more")
    except KeyboardInterrupt:
        pass
    except (Missing, RuntimeError) as problem:
        sys.exit(str(problem))
    finally:
        node.stop()


@contextmanager
def _alone(node: Elasticsearch) -> Iterator[None]:
    """Keep the folder to this process. Raises RuntimeError when another one has it, or something else has the port."""
    node.folder.mkdir(parents=True, exist_ok=True)
    with (node.folder / "lock").open("w") as lock, socket.socket() as probe:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RuntimeError(f"An Elasticsearch runs in {node.folder} already; another folder is ARGS='--folder data/other --port 9201'") from None
        if probe.connect_ex(("127.0.0.1", node.port)) == 0:
            raise RuntimeError(f"Something else answers at {node.url} already; another port is ARGS='--port 9201'")
        yield


def _interrupted(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
