"""Leases: one holder at a time on every machine, tokens that grow, and a last word that only the holder has."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from models import jobs, leases
from models.base import database, now_ms
from models.database import close_database, open_database
from models.tables import Lease
from tests.postgresql import Missing, PostgreSQL

NAME = "apply tenant model"


@pytest.fixture(scope="module")
def postgresql() -> Iterator[PostgreSQL]:
    server = PostgreSQL()
    try:
        server.start()
    except Missing as missing:
        pytest.skip(str(missing))
    yield server
    server.stop()


@pytest.fixture(autouse=True, params=["sqlite", "postgresql"])
def _table(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[None]:
    on_sqlite = request.param == "sqlite"
    open_database(f"sqlite:///{tmp_path}/rows.db" if on_sqlite else request.getfixturevalue("postgresql").new_database())
    database.create_tables([Lease])
    yield
    close_database()


def let_lapse() -> None:
    """What the time does to a holder that fell silent."""
    Lease.update(until=now_ms() - 1).where(Lease.name == NAME).execute()


def test_a_lease_is_held_by_one_at_a_time_and_each_token_is_larger() -> None:
    tokens = []
    for _ in range(3):
        with leases.holding(NAME, patience=0) as held:
            assert held is not None and leases.is_held(NAME) and leases.acquire(NAME) is None
            tokens.append(held.token)
        assert not leases.is_held(NAME)
    assert tokens == sorted(set(tokens)) and tokens[0] <= now_ms()


def test_a_token_grows_when_the_clock_goes_back() -> None:
    with leases.holding(NAME, patience=0):
        pass
    ahead = now_ms() + 10**9
    Lease.update(token=ahead).where(Lease.name == NAME).execute()
    held = leases.acquire(NAME)
    assert held is not None and held.token == ahead + 1


def test_a_holder_that_fell_silent_is_taken_over_and_has_no_last_word() -> None:
    slow = leases.acquire(NAME)
    let_lapse()
    quick = leases.acquire(NAME)
    assert slow is not None and quick is not None and quick.token > slow.token
    assert not leases.holds(slow) and not leases.end(slow)
    assert leases.end(quick) and not leases.is_held(NAME)
    assert leases.unshown(NAME) == quick.token


def test_a_holder_that_was_late_but_not_taken_over_still_has_the_last_word() -> None:
    held = leases.acquire(NAME)
    let_lapse()
    assert held is not None and leases.holds(held) and leases.end(held)


def test_a_lease_of_a_process_of_this_machine_that_ended_is_free_at_once() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    assert leases.acquire(NAME) is not None
    Lease.update(owner=jobs.owner_name(child.pid)).where(Lease.name == NAME).execute()
    assert leases.acquire(NAME) is None
    child.kill()
    child.communicate()
    assert not leases.is_held(NAME) and leases.acquire(NAME) is not None


def test_a_lease_of_another_machine_is_waited_for() -> None:
    assert leases.acquire(NAME) is not None
    Lease.update(owner="elsewhere:1:1").where(Lease.name == NAME).execute()
    with pytest.raises(leases.Busy), leases.holding(NAME, patience=0.1):
        pass
    let_lapse()
    with leases.holding(NAME, patience=0.1) as held:
        assert held is not None


def test_who_waits_for_what_is_not_needed_any_more_goes_away() -> None:
    assert leases.acquire(NAME) is not None
    with leases.holding(NAME, patience=30, needed=lambda: False) as held:
        assert held is None


def test_a_lease_is_renewed_while_it_is_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leases, "SECONDS", 0.6)
    with leases.holding(NAME, patience=0) as held:
        until = time.monotonic() + 1.5
        while time.monotonic() < until:
            assert leases.acquire(NAME) is None
            time.sleep(0.02)
        assert held is not None and leases.end(held)


def test_many_who_want_a_lease_have_it_one_after_the_other() -> None:
    inside: list[int] = []
    most: list[int] = []

    def work() -> None:
        with database.connection_context():
            for _ in range(5):
                with leases.holding(NAME, patience=30) as held:
                    assert held is not None
                    inside.append(held.token)
                    most.append(len(inside))
                    time.sleep(0.002)
                    inside.remove(held.token)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(most) == 30 and max(most) == 1


def test_what_was_changed_is_unshown_until_a_refresh_that_began_after_it() -> None:
    assert leases.unshown(NAME) == 0
    first = leases.acquire(NAME)
    assert first is not None and leases.end(first)
    due = leases.unshown(NAME)
    second = leases.acquire(NAME)
    assert second is not None and leases.end(second)
    leases.show(NAME, due)  # the refresh that began before the second change
    assert leases.unshown(NAME) == second.token
    leases.show(NAME, second.token)
    leases.show(NAME, due)  # one that was slow
    assert leases.unshown(NAME) == 0
