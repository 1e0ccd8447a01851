"""The door to databases: statements that read, at a database on the operator's list, with bounded results."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from threading import Thread
from typing import Any
from urllib.parse import SplitResult, quote, unquote, urlsplit

from chat.canvas.cutoff import cut_off
from chat.canvas.world import Doors
from models.errors import AppError

BATCH = 100  # rows fetched at a time
LONGEST = 256 * 1024  # bytes that a statement of SQLite, or one of its values, may have: no step of it can be stopped
LONGEST_PATTERN = 1_000  # bytes of a pattern of LIKE, which takes that much more for each byte of a value
_KINDS = {"postgres": "postgresql", "postgresql": "postgresql", "mysql": "mysql", "mariadb": "mysql", "sqlite": "sqlite"}
_PORTS = {"postgresql": 5432, "mysql": 3306}
_READS = frozenset((sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE))


class StatementFailed(Exception):
    """What the database said about a statement, in one line."""


@dataclass(frozen=True, slots=True)
class Target:
    """The database that a component names."""

    kind: str
    host: str
    port: int
    database: str
    username: str
    password: str


@dataclass(frozen=True, slots=True)
class Table:
    """A result; `cut` when there was more of it."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    cut: bool


def read(target: Target, statement: str, doors: Doors, *, rows: int, seconds: float) -> Table:
    """The result of one statement, bounded in rows and seconds. Raises AppError door.closed, door.refused or door.failed, and StatementFailed."""
    if not doors.databases:
        raise AppError("door.closed", "ExeSQL is switched off here: no database is on the list of those it may read.")
    url = next((parts for listed in doors.databases if _is_meant(parts := urlsplit(listed), target)), None)
    if url is None:
        raise AppError("door.refused", f"ExeSQL may not read {target.database[:100]}: it is not on the list.")
    return _READERS[_KINDS[url.scheme]](url, target, statement, _Bounds(min(rows, doors.rows), doors.bytes, min(seconds, doors.seconds)))


@dataclass(frozen=True, slots=True)
class _Bounds:
    rows: int
    bytes: int
    seconds: float


def _is_meant(url: SplitResult, target: Target) -> bool:
    kind = _KINDS.get(url.scheme.partition("+")[0])
    if kind is None or kind != _KINDS.get(target.kind):
        return False
    if kind == "sqlite":
        path = _path(url)
        return target.database in (path, path.rpartition("/")[2])
    here = (url.hostname, url.port or _PORTS[kind], unquote(url.path.lstrip("/")))
    return here == (target.host.lower(), target.port or _PORTS[kind], target.database)


def _path(url: SplitResult) -> str:
    """Of `sqlite:////absolute/path` and `sqlite:///absolute/path`."""
    return "/" + unquote(url.path).lstrip("/")


def _of_sqlite(url: SplitResult, target: Target, statement: str, bounds: _Bounds) -> Table:
    deadline = time.monotonic() + bounds.seconds
    try:
        with closing(sqlite3.connect(f"file:{quote(_path(url))}?mode=ro", uri=True, timeout=min(bounds.seconds, 5.0))) as connection:
            connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LONGEST)
            connection.setlimit(sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH, LONGEST_PATTERN)
            connection.set_authorizer(_authorized)
            connection.set_progress_handler(lambda: time.monotonic() > deadline, 100)
            return _bounded(connection.execute(statement), bounds)
    except sqlite3.Error as error:
        raise StatementFailed(_line(error)) from None


def _authorized(action: int, first: str | None, second: str | None, *place: str | None) -> int:
    """Reading is all that a statement may do, and it loads nothing."""
    return sqlite3.SQLITE_OK if action in _READS and second != "load_extension" else sqlite3.SQLITE_DENY


def _of_postgresql(url: SplitResult, target: Target, statement: str, bounds: _Bounds) -> Table:
    import psycopg

    deadline, cancel = time.monotonic() + bounds.seconds, None
    options = f"-c default_transaction_read_only=on -c statement_timeout={int(1000 * bounds.seconds)}"
    user, password = _credentials(url, target)
    try:
        with psycopg.connect(
            host=url.hostname, port=url.port or 5432, dbname=target.database, user=user, password=password, connect_timeout=5, options=options
        ) as connection:
            connection.read_only = True
            cancel = connection.pgconn.get_cancel()
            # A named cursor declares one query: neither a second statement nor anything but reading fits into it.
            with cut_off(connection.fileno(), deadline - time.monotonic()), connection.cursor(name="reading") as cursor:
                cursor.itersize = BATCH
                cursor.execute(statement.encode())
                return _bounded(cursor, bounds)
    except psycopg.OperationalError as error:
        if cancel is not None and time.monotonic() > deadline:
            # The server works on until it is told; a server that does not listen keeps nobody waiting.
            Thread(target=_told, args=(cancel,), daemon=True).start()
            raise StatementFailed(f"the statement took longer than its {bounds.seconds:g} seconds") from None
        raise _lost(error, target, sent=error.sqlstate is not None) from None
    except psycopg.Error as error:
        raise StatementFailed(_line(error)) from None


def _told(cancel: Any) -> None:
    import psycopg

    with suppress(psycopg.Error):
        cancel.cancel()


def _of_mysql(url: SplitResult, target: Target, statement: str, bounds: _Bounds) -> Table:
    try:
        import pymysql  # type: ignore[import-not-found,import-untyped,unused-ignore]
    except ImportError:
        raise AppError("door.failed", "ExeSQL has no driver for MySQL here: install pymysql beside Dovetail.") from None
    user, password = _credentials(url, target)
    where = {"host": url.hostname, "port": url.port or 3306, "database": target.database, "user": user, "password": password}
    try:
        with closing(pymysql.connect(**where, connect_timeout=5, read_timeout=bounds.seconds, cursorclass=pymysql.cursors.SSCursor)) as connection:
            with connection.cursor() as cursor:
                cursor.execute(f"SET SESSION MAX_EXECUTION_TIME={int(1000 * bounds.seconds)}")
                cursor.execute("START TRANSACTION READ ONLY")
                cursor.execute(statement)
                return _bounded(cursor, bounds)
    except pymysql.Error as error:
        raise StatementFailed(_line(error)) from None


def _credentials(url: SplitResult, target: Target) -> tuple[str, str]:
    """The operator's where the list has them, else the component's."""
    if url.username:
        return unquote(url.username), unquote(url.password or "")
    return target.username, target.password


def _bounded(cursor: Any, bounds: _Bounds) -> Table:
    """The rows as far as they are wanted."""
    if cursor.description is None:
        raise StatementFailed("the statement reads nothing")
    columns = tuple(str(column[0]) for column in cursor.description)
    kept: list[tuple[Any, ...]] = []
    size = 0
    for row in _rows(cursor):
        size += sum(len(str(value)) for value in row)
        if len(kept) == bounds.rows or size > bounds.bytes:
            return Table(columns, tuple(kept), cut=True)
        kept.append(tuple(row))
    return Table(columns, tuple(kept), cut=False)


def _rows(cursor: Any) -> Iterator[Iterable[Any]]:
    while batch := cursor.fetchmany(BATCH):
        yield from batch


def _lost(error: Exception, target: Target, *, sent: bool) -> Exception:
    return StatementFailed(_line(error)) if sent else AppError("door.failed", f"ExeSQL gets no connection to {target.database[:100]}.")


def _line(error: Exception) -> str:
    return (str(error).strip().splitlines() or ["it failed"])[0][:500]


_READERS: dict[str, Callable[[SplitResult, Target, str, _Bounds], Table]] = {
    "sqlite": _of_sqlite,
    "postgresql": _of_postgresql,
    "mysql": _of_mysql,
}
