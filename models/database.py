"""Opening, locking and migrating the database behind `models.base.database`."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import peewee
from peewee import PostgresqlDatabase, SqliteDatabase
from playhouse import db_url
from playhouse.migrations import Runner

from models.base import database

MIGRATIONS = Path(__file__).parent / "migrations"
BUSY_SECONDS = 60
STALE_SECONDS = 300

# Immediate: a deferred transaction that reads and then writes fails under concurrent writers instead of waiting.
_SQLITE: dict[str, Any] = {
    "pragmas": {"journal_mode": "wal", "synchronous": "full"},
    "lock_type": "IMMEDIATE",
    "timeout": BUSY_SECONDS,
    "max_connections": 64,
    "check_same_thread": False,  # a pooled connection serves one thread after the other, never two at once
}
_SERVER: dict[str, Any] = {"max_connections": 64, "stale_timeout": STALE_SECONDS, "timeout": BUSY_SECONDS}


class FolderInUse(RuntimeError):
    """Another server already works in this data folder."""


class DriverMissing(RuntimeError):
    """The package that speaks to this kind of database is not installed."""


def open_database(url: str) -> None:
    """Bind the shared proxy to `url`, any URL of playhouse.db_url; connections are pooled and opened on first use.

    Raises DriverMissing, naming the package.
    """
    scheme, _, rest = url.partition("://")
    if scheme == "mysql" and peewee.mysql is None:
        raise DriverMissing("pymysql")
    options = _SQLITE if scheme == "sqlite" else _SERVER
    database.initialize(db_url.connect(f"{scheme}+pool://{rest}", **options))


def missing_file() -> Path | None:
    """Where the SQLite database would be made that is not there; None when it is there, and for any other kind."""
    if not isinstance(database.obj, SqliteDatabase):
        return None
    name = str(database.obj.database)
    return None if name.startswith((":", "file:")) or Path(name).exists() else Path(name)


def close_database() -> None:
    """Close every pooled connection of this process."""
    database.close_all()


def migrate() -> list[str]:
    """Apply the migrations that are due, in order; returns their names."""
    applied: list[str] = Runner(database.obj, str(MIGRATIONS)).up()
    return applied


def give_back() -> None:
    """Return this thread's connection to the pool before a long wait, unless a transaction needs it: there are more threads than connections."""
    if not database.is_closed() and not database.in_transaction():
        database.close()


@contextmanager
def reading() -> Iterator[None]:
    """A transaction whose reads all see one state; on SQLite it does not hold writers up. It must not write."""
    if isinstance(database.obj, SqliteDatabase):
        with database.atomic("DEFERRED"):
            yield
        return
    with database.atomic():
        if isinstance(database.obj, PostgresqlDatabase):  # whose reads see what others commit meanwhile, unless told otherwise
            database.execute_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        yield


def make_folder(folder: Path) -> None:
    """Make a data folder that its owner alone can enter; one that is there stays as it is."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def lock_folder(folder: Path) -> IO[str]:
    """Claim a data folder for this server until the returned file is closed or the process ends.

    Raises FolderInUse, naming the process that holds it.
    """
    make_folder(folder)
    handle = (folder / "lock").open("a+")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        handle.seek(0)
        holder = handle.read().strip() or "unknown"
        handle.close()
        raise FolderInUse(f"The data folder {folder} is in use by another Dovetail server (process {holder}).") from None
    handle.truncate(0)
    handle.write(str(os.getpid()))
    handle.flush()
    return handle
