"""The set of changes that an index still has to apply, and making it equal to the rows again.

An entry says that a slot, a document or a dataset changed. Whoever applies reads all entries there are, makes the index equal
the rows in those scopes by one commit, and then deletes exactly those entries: dying anywhere in between only repeats work.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from peewee import ModelSelect, PeeweeException, chunked

from models.base import database
from models.database import reading
from models.errors import InvalidInput, Unavailable
from models.tables import Outbox
from search import engine, rows
from search.embedded.index import unavailable_on_failure
from search.index import Changes, Entry, IndexKey

log = logging.getLogger(__name__)

BATCH = 500
_ANNOUNCED = 5_000  # changes looked at to tell a new index from a lost one; beyond, it is made anew, which is right for both
_FIELDS = (Outbox.tenant, Outbox.model, Outbox.scope, Outbox.target)

keys = rows.keys


@dataclass(frozen=True, slots=True)
class _Scopes:
    """What changed, each thing once."""

    slots: tuple[int, ...]
    documents: tuple[str, ...]
    datasets: tuple[str, ...]

    def changes(self, key: IndexKey) -> Changes:
        """What makes the index equal the rows here; the rows are read while the changes are applied."""
        entries = rows.entries(key, slots=self.slots, documents=self.documents, datasets=self.datasets)
        return Changes(slots=self.slots, documents=self.documents, datasets=self.datasets, entries=entries)


def record(key: IndexKey, *, slots: Sequence[int] = (), documents: Sequence[str] = (), datasets: Sequence[str] = ()) -> None:
    """Note that slots, documents or datasets changed; belongs into the transaction that changes their rows."""
    scopes = (("slot", map(str, slots)), ("document", documents), ("dataset", datasets))
    targets = [(key.tenant, key.model, scope, target) for scope, changed in scopes for target in changed]
    for batch in chunked(targets, BATCH):
        Outbox.insert_many(batch, fields=_FIELDS).execute()


def catch_up(key: IndexKey) -> None:
    """Make the index equal the rows, before it is read. Raises Unavailable, keeping the set.

    One SELECT when there is nothing to do.
    """
    if _waiting(key).exists():
        with steady(key):
            pass


@contextmanager
def steady(key: IndexKey) -> Iterator[None]:
    """Keep the index equal to the rows as the block reads them: all are of one state, and nobody brings the index further meanwhile.

    Others wait for the index, so this is for a read that could not be had otherwise. Raises Unavailable, keeping the set.
    """
    with engine.exclusive(key):
        with reading():
            entries = list(rows.tuples_of(_waiting(key)))
            scopes = _scopes((scope, target) for _, scope, target in entries)
            if entries:
                engine.index(key).apply(scopes.changes(key))
            yield
        if entries:
            _note(key, scopes)
            _forget([id for id, _, _ in entries])


def restore(key: IndexKey) -> None:
    """Make an index that was lost under a running server anew: it is not there, and there are rows that no change announces.

    Raises Unavailable.
    """
    if engine.is_made(key):
        return
    waiting = _scopes((scope, target) for _, scope, target in rows.tuples_of(_waiting(key).limit(_ANNOUNCED)))
    if rows.has_others(key, slots=waiting.slots, documents=waiting.documents, datasets=waiting.datasets):
        rebuild(key)


def settle(keys: Iterable[IndexKey]) -> None:
    """Bring indexes up to date after a commit, so that the next reader need not: what fails here is no failure of the write.

    An index whose model left the catalogue keeps its changes until the model is back.
    """
    for key in keys:
        try:
            restore(key)
            catch_up(key)
        except (Unavailable, InvalidInput, PeeweeException):
            log.warning("index left to the next reader", exc_info=True, extra={"tenant": key.tenant})


def rebuild(key: IndexKey, report: Callable[[float], None] | None = None) -> None:
    """Make the index anew from the rows and put it in place in one step, while others read and write; report gets 0..1.

    Raises Unavailable, the old index still in place.
    """
    with engine.replacement(key) as fresh:
        with engine.exclusive(key), unavailable_on_failure():
            engine.journal(key).write_bytes(b"")  # before the first row is read, so that no change falls between
        try:
            fresh.apply(Changes(entries=_reported(rows.all_entries(key), key, report)))
            with engine.exclusive(key), reading():
                fresh.apply(_noted(key).changes(key))
                engine.replace(key, fresh)
        finally:
            engine.journal(key).unlink(missing_ok=True)
    if report is not None:
        report(1.0)


def _waiting(key: IndexKey) -> ModelSelect[Outbox]:
    return Outbox.select(Outbox.id, Outbox.scope, Outbox.target).where(Outbox.tenant == key.tenant, Outbox.model == key.model)


def _forget(ids: Sequence[int]) -> None:
    with database.atomic():
        for batch in chunked(ids, BATCH):
            Outbox.delete().where(Outbox.id.in_(batch)).execute()


def _scopes(entries: Iterable[tuple[str, str]]) -> _Scopes:
    targets: dict[str, dict[str, None]] = {"slot": {}, "document": {}, "dataset": {}}
    for scope, target in entries:
        targets[scope][target] = None
    return _Scopes(tuple(map(int, targets["slot"])), tuple(targets["document"]), tuple(targets["dataset"]))


def _note(key: IndexKey, scopes: _Scopes) -> None:
    """Tell a rebuild under way what it may have read too early. A note of one that died is thrown away."""
    path = engine.journal(key)
    if not path.exists():
        return
    with unavailable_on_failure():
        if not engine.is_replacing(key):
            path.unlink(missing_ok=True)
            return
        with path.open("a", encoding="utf-8") as file:
            file.write("\n" + json.dumps([scopes.slots, scopes.documents, scopes.datasets]))


def _noted(key: IndexKey) -> _Scopes:
    """What was noted; a line cut short belongs to a process that died, whose entries are still in the outbox."""
    entries: list[tuple[str, str]] = []
    with unavailable_on_failure():
        lines = engine.journal(key).read_text("utf-8").splitlines()
    for line in lines:
        try:
            slots, documents, datasets = json.loads(line)
        except ValueError:
            continue
        entries += [("slot", slot) for slot in slots] + [("document", id) for id in documents] + [("dataset", id) for id in datasets]
    return _scopes(entries)


def _reported(entries: Iterable[Entry], key: IndexKey, report: Callable[[float], None] | None) -> Iterator[Entry]:
    """The entries, telling how far they are."""
    total = max(rows.counts()[key], 1) if report is not None else 1
    for number, entry in enumerate(entries):
        if report is not None and number % BATCH == 0:
            report(min(number / total, 1.0))
        yield entry
