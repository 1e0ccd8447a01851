"""Making an index anew from the rows, beside the one that serves.

A target is filled by ascending slots and put in place in one step. Changes that are applied to the old index meanwhile are noted
and applied to the target too. Both the notes and how far it came are rows, so that any process can go on where one died.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import islice

from peewee import chunked

from models.base import database, now_ms
from models.database import reading
from models.errors import Unavailable
from models.tables import Rebuild, RebuildChange
from search import rows
from search.engine import Engine, Turn, opened
from search.index import Changes, Entry, IndexKey
from search.scopes import Scopes, scopes_of

BATCH = 500
KEPT_MS = 24 * 3600 * 1000  # an interrupted rebuild can be gone on with for so long
_SWAPS = 3  # tries to put a target in place while the turn lasts

Report = Callable[[float], None]


def rebuild(key: IndexKey, report: Report = lambda share: None, *, unless: Callable[[], bool] = lambda: False) -> None:
    """Make the index anew from the rows and put it in place in one step, while others read and write; report gets 0..1.

    Goes on with what an interrupted one left. `unless` is asked when the right to do so is had, which another may have used
    meanwhile. Raises Unavailable, the old index still in place.
    """
    engine = opened()
    with engine.rebuilding(key):
        if unless():
            return
        row = _started(engine, key)
        try:
            _fill(engine, key, row, report)
            _put_in_place(engine, key, row)
        except Unavailable:
            if engine.piece is None:
                _drop(row)
                engine.sweep(key)
            raise
        engine.sweep(key)
    report(1.0)


def tidy(key: IndexKey) -> None:
    """Remove what rebuilds left that nobody will go on with. Raises Unavailable."""
    engine = opened()
    if engine.is_rebuilding(key):
        return
    with engine.rebuilding(key):
        row = _under_way(key)
        if row is not None and (engine.piece is None or _is_old(row)):
            _drop(row)
            row = None
        engine.sweep(key, keep=row.target if row is not None else "")


def note(key: IndexKey, scopes: Scopes) -> None:
    """Tell a rebuild under way what it may have read too early; belongs into the transaction that forgets the changes."""
    row = _under_way(key)
    if row is None:
        return
    if _is_abandoned(key, row):
        _drop(row)
        return
    for batch in chunked(scopes.targets(), BATCH):
        named = [(row.id, kind, name) for kind, name in batch]
        RebuildChange.insert_many(named, fields=(RebuildChange.rebuild, RebuildChange.scope, RebuildChange.target)).execute()


def _started(engine: Engine, key: IndexKey) -> Rebuild:
    """The rebuild that was interrupted, or a new one: noted before its first row is read, so that no change falls between."""
    row = _under_way(key)
    if row is not None and (_is_old(row) or not engine.fits(key, row.target)):
        _drop(row)
        row = None
    engine.sweep(key, keep=row.target if row is not None else "")
    with _turn(engine, key) as turn:
        if row is None:
            return Rebuild.create(tenant=key.tenant, model=key.model, target=engine.begin(key), version=turn.version, touched=now_ms())
        Rebuild.update(version=turn.version, touched=now_ms()).where(Rebuild.id == row.id).execute()
    return Rebuild.get_by_id(row.id)


def _fill(engine: Engine, key: IndexKey, row: Rebuild, report: Report) -> None:
    """Give the target the rows that it lacks, piece by piece."""
    total = max(rows.counts()[key], 1)
    done = rows.count_up_to(key, row.slot) if row.slot else 0
    entries = rows.all_entries(key, after=row.slot)
    while True:
        piece = _Piece(islice(entries, engine.piece), done, lambda number: report(min(number / total, 1.0)))
        engine.fill(key, row.target, Changes(entries=piece), version=row.version)
        if engine.piece is None or piece.number == done:
            return
        done = piece.number
        if not Rebuild.update(slot=piece.last, touched=now_ms()).where(Rebuild.id == row.id, Rebuild.version == row.version).execute():
            raise Unavailable("index")  # another process goes on with it
        report(min(done / total, 1.0))


def _put_in_place(engine: Engine, key: IndexKey, row: Rebuild) -> None:
    """Bring the target up to date and let it serve; again when the turn was lost on the way, for others then knew the old one."""
    if not any(_swapped(engine, key, row) for _ in range(_SWAPS)):
        raise Unavailable("index")


def _swapped(engine: Engine, key: IndexKey, row: Rebuild) -> bool:
    with _turn(engine, key) as turn:
        with reading():
            engine.fill(key, row.target, _noted(row).changes(key), version=turn.version)
        if not turn.lasts():
            return False
        engine.put_in_place(key, row.target)
        with database.atomic():
            kept = turn.end()
            if kept:
                _drop(row)
        return kept


class _Piece:
    """Entries that are counted as they are taken, beginning with a number; every so often `report` gets how many."""

    def __init__(self, entries: Iterable[Entry], number: int, report: Callable[[int], None]) -> None:
        self._entries = entries
        self._report = report
        self.number = number
        self.last = 0

    def __iter__(self) -> Iterator[Entry]:
        for entry in self._entries:
            if self.number % BATCH == 0:
                self._report(self.number)
            self.number += 1
            self.last = entry.slot
            yield entry


@contextmanager
def _turn(engine: Engine, key: IndexKey) -> Iterator[Turn]:
    with engine.exclusive(key) as turn:
        if turn is None:
            raise Unavailable("index")
        yield turn


def _under_way(key: IndexKey) -> Rebuild | None:
    return Rebuild.get_or_none((Rebuild.tenant == key.tenant) & (Rebuild.model == key.model))


def _is_abandoned(key: IndexKey, row: Rebuild) -> bool:
    return (opened().piece is None or _is_old(row)) and not opened().is_rebuilding(key)


def _is_old(row: Rebuild) -> bool:
    return now_ms() - row.touched > KEPT_MS


def _noted(row: Rebuild) -> Scopes:
    changes = RebuildChange.select(RebuildChange.scope, RebuildChange.target).where(RebuildChange.rebuild == row.id)
    return scopes_of(rows.tuples_of(changes))


def _drop(row: Rebuild) -> None:
    with database.atomic():
        RebuildChange.delete().where(RebuildChange.rebuild == row.id).execute()
        Rebuild.delete().where(Rebuild.id == row.id).execute()
