"""A real PostgreSQL of the tests' own, in a folder, with a new database for whoever asks."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

import psycopg

from tests.running import free_port

OTHER_USER = "nobody"  # PostgreSQL refuses to run as root
PACKAGED = Path("/usr/lib/postgresql")  # where Debian puts each version


class Missing(Exception):
    """PostgreSQL is not on this machine."""


class PostgreSQL:
    """A server that keeps its data in a temporary folder, which another user can reach."""

    def __init__(self) -> None:
        self._temporary = tempfile.TemporaryDirectory(prefix="postgresql-", ignore_cleanup_errors=True)
        self._folder = Path(self._temporary.name)
        self._port = free_port()
        self._made = 0

    def start(self) -> None:
        """Make the data folder and start. Raises Missing."""
        if os.geteuid() == 0:
            shutil.chown(self._folder, OTHER_USER)
        self._run("initdb", "--auth=trust", "--username=dovetail", "--no-sync", "--encoding=UTF8")
        options = f"-p {self._port} -k {self._folder} -c listen_addresses=127.0.0.1"
        self._run("pg_ctl", "--wait", "--log", str(self._folder / "log"), "--options", options, "start")

    def stop(self) -> None:
        """Stop at once."""
        self._run("pg_ctl", "--wait", "--mode=immediate", "stop")
        self._temporary.cleanup()

    def new_database(self) -> str:
        """The URL of a new, empty database."""
        self._made += 1
        place = f"127.0.0.1:{self._port}"
        with psycopg.connect(f"postgresql://dovetail@{place}/postgres", autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE test{self._made}")  # type: ignore[arg-type]  # a number is all that is put in
        return f"postgresql://dovetail@{place}/test{self._made}"

    def _run(self, program: str, *words: str) -> None:
        as_other = {"user": OTHER_USER, "group": pwd.getpwnam(OTHER_USER).pw_gid, "extra_groups": []} if os.geteuid() == 0 else {}
        command = [_program(program), "--pgdata", str(self._folder), *words]
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, cwd="/", **as_other)


def _program(name: str) -> str:
    versions = sorted(PACKAGED.glob(f"*/bin/{name}"), key=lambda path: float(path.parts[-3]))
    found = str(versions[-1]) if versions else shutil.which(name)
    if found is None:
        raise Missing(f"{name} is missing: install your system's package of PostgreSQL to run the tests on it")
    return found
