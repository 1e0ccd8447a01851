"""The database proxy, ids, and the columns that every row shares."""

from __future__ import annotations

import secrets
import time
import uuid
from typing import Any

from peewee import SQL, BigAutoField, BigIntegerField, DatabaseProxy, Model, NodeList, SqliteDatabase

database = DatabaseProxy()


def new_id() -> str:
    """A UUID version 1 with a random node, as 32 lower-case hex digits (decisions A3)."""
    return uuid.uuid1(node=secrets.randbits(48) | 1 << 40, clock_seq=secrets.randbits(14)).hex


def now_ms() -> int:
    """Milliseconds since the epoch, UTC."""
    return time.time_ns() // 1_000_000


class SlotField(BigAutoField):
    """An integer key that is never used twice, also not after its row was deleted.

    PostgreSQL and MySQL never reuse a sequence; SQLite does unless the key says AUTOINCREMENT, and there
    the key must be spelled INTEGER.
    """

    def ddl(self, ctx: Any) -> Any:
        if not isinstance(database.obj, SqliteDatabase):
            return super().ddl(ctx)
        return NodeList((self.column, SQL("INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT")))


class Row(Model):
    """A table of the shared database."""

    class Meta:
        database = database
        legacy_table_names = False


class TimedRow(Row):
    """A row with creation and update times, in milliseconds since the epoch, UTC."""

    create_time = BigIntegerField(default=now_ms)
    update_time = BigIntegerField(default=now_ms)

    @classmethod
    def change(cls, *where: Any, **fields: Any) -> int:
        """Update the rows that match and their `update_time`; returns how many there were."""
        return cls.update(update_time=now_ms(), **fields).where(*where).execute()
