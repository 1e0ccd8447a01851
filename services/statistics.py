"""How much sessions of the legacy API were used, day by day (legacy contract 6.1)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from models.tables import Session
from services.access import Principal
from services.sessions import LEGACY

DAY = 24 * 60 * 60 * 1000


@dataclass(frozen=True, slots=True)
class Day:
    """One day with sessions: its beginning in milliseconds UTC, how many there were, with how many callers, of how many rounds."""

    start: int
    sessions: int
    callers: int
    rounds: int


def of_days(principal: Principal, *, begin: int, end: int) -> list[Day]:
    """The days from `begin` to `end`, both included, in milliseconds; a day without sessions is left out."""
    columns = (Session.create_time, Session.caller, Session.references)
    mine = (Session.tenant == principal.tenant) & (Session.kind == LEGACY)
    days: dict[int, list[tuple[str, int]]] = defaultdict(list)
    for time, caller, references in Session.select(*columns).where(mine, Session.create_time.between(begin, end)).tuples():
        days[time // DAY * DAY].append((caller, len(references)))
    return [_day(start, held) for start, held in sorted(days.items())]


def _day(start: int, held: list[tuple[str, int]]) -> Day:
    return Day(start, len(held), len({caller for caller, _ in held}), sum(rounds for _, rounds in held))
