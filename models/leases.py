"""Leases: a named right that one process at a time holds, over all machines that share the database.

A holder that pauses for longer than its lease may find it taken over. Whatever it does late carries its token, which is smaller
than that of whoever came after it, and what it says last (`end`) is refused: nobody has to trust a clock.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from peewee import IntegrityError, PeeweeException

from models import jobs
from models.base import database, now_ms
from models.tables import Lease

SECONDS = 10.0  # how long a machine that fell silent keeps a lease; a process that died on this machine loses it at once
_POLL = 0.01


class Busy(Exception):
    """Another process has the lease, and patience ran out."""


@dataclass(frozen=True, slots=True)
class Held:
    """A lease taken; `token` is larger than that of every holder before."""

    name: str
    token: int


def acquire(name: str) -> Held | None:
    """Take a lease that nobody holds, or whose holder is silent or gone."""
    row = Lease.get_or_none(Lease.name == name)
    if row is None:
        return _acquire_new(name)
    if row.until > now_ms() and not jobs.is_gone(row.owner):
        return None
    # By the clock too, so that a database put back from a backup does not repeat what an index has seen.
    token = max(row.token + 1, now_ms())
    free = (Lease.name == name) & (Lease.token == row.token) & (Lease.until == row.until)
    taken = Lease.update(owner=jobs.owner_name(), until=_until(), token=token).where(free).execute()
    return Held(name, token) if taken else None


@contextmanager
def holding(name: str, *, patience: float, needed: Callable[[], bool] = lambda: True) -> Iterator[Held | None]:
    """Hold a lease for the length of the block, renewed by a thread; None when, after waiting, it is not needed any more. Raises Busy."""
    held = _waited(name, time.monotonic() + patience, needed)
    if held is None:
        yield None
        return
    try:
        with renewed(held):
            yield held
    finally:
        Lease.update(until=0).where(_ours(held), Lease.until > 0).execute()


@contextmanager
def renewed(held: Held) -> Iterator[None]:
    """Have a thread renew a lease for the length of the block; it is the caller's to give back."""
    over = threading.Event()
    renewing = threading.Thread(target=_renew, args=(held, over), name="lease", daemon=True)
    renewing.start()
    try:
        yield
    finally:
        over.set()
        renewing.join()


def forget(held: Held) -> None:
    """Give back a lease that nobody may ask for again: its row goes too."""
    Lease.delete().where(_ours(held)).execute()


def end(held: Held) -> bool:
    """Give the lease back after a change of the index, inside the transaction that says so; False when it was lost before.

    The caller must then not say so: whoever took over did not know of the change.
    """
    return bool(Lease.update(until=0, applied=held.token).where(_ours(held)).execute())


def holds(held: Held) -> bool:
    """Tell whether nobody took the lease over."""
    return Lease.select(Lease.name).where(_ours(held)).exists()


def is_held(name: str) -> bool:
    """Tell whether a living process holds the lease."""
    row = Lease.get_or_none(Lease.name == name)
    return row is not None and row.until > now_ms() and not jobs.is_gone(row.owner)


def unshown(name: str) -> int:
    """The token of the last change that searches may not see yet; 0 when they see all."""
    row = Lease.get_or_none(Lease.name == name)
    return row.applied if row is not None and row.applied > row.shown else 0


def show(name: str, token: int) -> None:
    """Note that searches see the changes up to a token, which was asked for before they were made to."""
    Lease.update(shown=token).where((Lease.name == name) & (Lease.shown < token)).execute()


def _acquire_new(name: str) -> Held | None:
    """Take a lease that has no row yet; None when another was quicker."""
    held = Held(name, now_ms())
    try:
        with database.atomic():
            Lease.insert(name=name, owner=jobs.owner_name(), until=_until(), token=held.token).execute()
    except IntegrityError:
        return None
    return held


def _waited(name: str, deadline: float, needed: Callable[[], bool]) -> Held | None:
    while True:
        held = acquire(name)
        if held is not None:
            return held
        if time.monotonic() >= deadline:
            raise Busy
        time.sleep(_POLL)
        if not needed():
            return None


def _renew(held: Held, over: threading.Event) -> None:
    """Renew until it is over; when the database fails, the lease lapses."""
    with suppress(PeeweeException):
        while not over.wait(SECONDS / 3) and _renewed(held):
            pass


def _renewed(held: Held) -> bool:
    with database.connection_context():
        return bool(Lease.update(until=_until()).where(_ours(held), Lease.until > 0).execute())


def _ours(held: Held) -> Any:
    return (Lease.name == held.name) & (Lease.token == held.token)


def _until() -> int:
    return now_ms() + int(SECONDS * 1000)
