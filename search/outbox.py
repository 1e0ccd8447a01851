"""The set of changes that an index still has to apply, and making it equal to the rows again.

An entry says that a slot, a document or a dataset changed. Whoever applies reads all entries there are, makes the index equal
the rows in those scopes by one commit, and then deletes exactly those entries: dying anywhere in between only repeats work.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext

from peewee import ModelSelect, PeeweeException, chunked

from models.base import database
from models.database import reading
from models.errors import InvalidInput, Unavailable
from models.tables import Outbox
from search import patience, rows
from search.engine import Turn, opened
from search.index import IndexKey
from search.rebuild import note, rebuild
from search.scopes import Scopes, scopes_of

log = logging.getLogger(__name__)

BATCH = 500
_ANNOUNCED = 5_000  # changes looked at to tell a new index from a lost one; beyond, it is made anew, which is right for both
SETTLE_SECONDS = 1.5  # that whoever wrote waits for a cluster, which takes a second more to be found hung
_PASSES = 3  # tries to apply what waits, when another process takes the turn over meanwhile
_FIELDS = (Outbox.tenant, Outbox.model, Outbox.scope, Outbox.target)

keys = rows.keys


def record(key: IndexKey, *, slots: Sequence[int] = (), documents: Sequence[str] = (), datasets: Sequence[str] = ()) -> None:
    """Note that slots, documents or datasets changed; belongs into the transaction that changes their rows."""
    _record(key, Scopes(tuple(slots), tuple(documents), tuple(datasets)))


def catch_up(key: IndexKey) -> None:
    """Let searches of the index see what the rows are, before it is read. Raises Unavailable, keeping the set.

    One or two SELECTs when there is nothing to do.
    """
    if _is_waiting(key) and not any(_apply_waiting(key, wait=True) for _ in range(_PASSES)):
        raise Unavailable("index")
    opened().show(key)


@contextmanager
def steady(keys: Sequence[IndexKey]) -> Iterator[None]:
    """Keep indexes equal to the rows as the block reads them: all are of one state, and nobody brings them further meanwhile.

    Others wait for the indexes, so this is for a read that could not be had otherwise. Raises Unavailable, keeping the set.
    """
    with ExitStack() as stack:
        turns = [stack.enter_context(_turn(key)) for key in keys]
        with reading():
            applied = [_apply(key, turn) for key, turn in zip(keys, turns, strict=True)]
            for turn in turns:
                turn.show()
            yield
        for key, turn, (ids, scopes) in zip(keys, turns, applied, strict=True):
            _forget(key, turn, ids, scopes)


def restore(key: IndexKey) -> None:
    """Make an index that was lost under a running server anew. Raises Unavailable."""
    if _is_lost(key):
        log.warning("An index is not there any more and is made anew.", extra={"tenant": key.tenant})
        rebuild(key, unless=lambda: opened().is_made(key))


def settle(keys: Iterable[IndexKey], *, patiently: bool = False) -> None:
    """Apply changes after a commit, so that the next reader need not: what fails here is no failure of the write.

    Somebody waits for the write, so what takes longer than a moment is left to the next reader, unless it is done `patiently`.
    So is an index that was lost, for which a reader has to wait anyway; one whose model left the catalogue keeps its changes
    until the model is back.
    """
    with nullcontext() if patiently else patience.within(SETTLE_SECONDS):
        for key in keys:
            _settle(key)


def _settle(key: IndexKey) -> None:
    try:
        if not _is_lost(key):
            _apply_waiting(key, wait=False)
    except Unavailable as error:
        log.warning("index left to the next reader: %s (%s)", error.message, error.__cause__, extra={"tenant": key.tenant})
    except (InvalidInput, PeeweeException):
        log.warning("index left to the next reader", exc_info=True, extra={"tenant": key.tenant})


def _is_lost(key: IndexKey) -> bool:
    """Whether an index is not there, and there are rows that no change announces. Raises Unavailable."""
    if opened().is_made(key):
        return False
    with reading():  # of one state: rows written after the set was read would seem to be announced by nothing
        waiting = scopes_of((scope, target) for _, scope, target in rows.tuples_of(_waiting(key).limit(_ANNOUNCED)))
        others = rows.has_others(key, slots=waiting.slots, documents=waiting.documents, datasets=waiting.datasets)
    return others and not opened().is_made(key)  # asked again, for it may have been made, and the changes applied, meanwhile


def _apply_waiting(key: IndexKey, *, wait: bool) -> bool:
    """Apply what waits, when it is our turn; False when the turn was lost, and then it waits again."""
    with opened().exclusive(key, needed=lambda: _is_waiting(key), wait=wait) as turn:
        if turn is None:
            return True
        with reading():
            ids, scopes = _apply(key, turn)
        return _forget(key, turn, ids, scopes)


def _apply(key: IndexKey, turn: Turn) -> tuple[list[int], Scopes]:
    """Make the index equal to the rows where they changed; what changed goes from the set afterwards, by `_forget`."""
    entries = list(rows.tuples_of(_waiting(key)))
    scopes = scopes_of((scope, target) for _, scope, target in entries)
    if entries:
        turn.apply(scopes.changes(key))
    return [id for id, _, _ in entries], scopes


def _forget(key: IndexKey, turn: Turn, ids: Sequence[int], scopes: Scopes) -> bool:
    """Take applied changes from the set. False when the turn was lost: they may have come too late, and wait again."""
    if not ids:
        return True
    with database.atomic():
        if not turn.end():
            _record(key, scopes)
            return False
        note(key, scopes)
        for batch in chunked(ids, BATCH):
            Outbox.delete().where(Outbox.id.in_(batch)).execute()
    return True


def _record(key: IndexKey, scopes: Scopes) -> None:
    for batch in chunked(scopes.targets(), BATCH):
        Outbox.insert_many([(key.tenant, key.model, kind, name) for kind, name in batch], fields=_FIELDS).execute()


@contextmanager
def _turn(key: IndexKey) -> Iterator[Turn]:
    with opened().exclusive(key) as turn:
        if turn is None:
            raise Unavailable("index")
        yield turn


def _waiting(key: IndexKey) -> ModelSelect[Outbox]:
    return Outbox.select(Outbox.id, Outbox.scope, Outbox.target).where(Outbox.tenant == key.tenant, Outbox.model == key.model)


def _is_waiting(key: IndexKey) -> bool:
    return _waiting(key).exists()
