"""ChunkIndex in a cluster: an alias leads to the index in use, another one to the index that is to follow it."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from search.elastic import layout, queries
from search.elastic.answer import answer, nothing
from search.elastic.connection import Connection, Gone
from search.elastic.options import Options
from search.index import Candidates, Changes, IndexKey, Lost, Query, Space


class ElasticIndex:
    """The Elasticsearch adapter of ChunkIndex. `space` is asked for the model's vectors only when it is needed.

    It remembers that the index was made: when it is gone then, whatever finds that raises Lost and forgets it.
    """

    def __init__(self, connection: Connection, key: IndexKey, space: Callable[[], Space], options: Options) -> None:
        self._connection = connection
        self._space = space
        self._options = options
        self._alias = layout.alias(key, options.prefix)
        self._made = False

    def apply(self, changes: Changes) -> None:
        """As ChunkIndex.apply; of two at the same time, the one that began later wins. Raises InvalidInput for a vector of another model."""
        self.write(changes, version=time.time_ns() // 1_000_000)
        self.refresh()

    def write(self, changes: Changes, *, version: int) -> None:
        """Make the changes durable, unseen before `refresh`; of each slot the change with the largest version stays, however late others come.

        Raises Unavailable, InvalidInput for a vector of another model, before anything of its batch is sent.
        """
        if not self.is_made():
            self._connection.create(self._new_name(), layout.body(self._space(), self._options, alias=self._alias))
            self._made = True
        with self._present():
            _write(self._connection, self._alias, changes, self._space(), version)

    def refresh(self) -> None:
        """Make visible what was written, in every process. Raises Unavailable."""
        with self._present():
            self._connection.refresh(self._alias)

    def search(self, query: Query) -> Candidates:
        """As ChunkIndex.search. Raises Unavailable, InvalidInput for a vector of another model."""
        if query.vector is not None:
            layout.require_dimension(len(query.vector), self._space().dimension)
        with self._present():
            return answer(partial(self._connection.search, self._alias, preference=secrets.token_hex(4)), query)
        return nothing()

    def count(self) -> int:
        """As ChunkIndex.count. Raises Unavailable."""
        with self._present():
            return self._connection.count(self._alias, queries.EVERYTHING)
        return 0

    def drop(self) -> None:
        """As ChunkIndex.drop, with whatever rebuilds left. Raises Unavailable."""
        self._connection.delete(list(self._indexes()))
        self._made = False

    def close(self) -> None:
        """As ChunkIndex.close; the sockets are the cluster's."""

    def is_made(self) -> bool:
        """Tell whether anything was ever put into it; asks the cluster until it was so. Raises Unavailable."""
        self._made = self._made or self._connection.is_alias(self._alias)
        return self._made

    def verify(self) -> bool:
        """Tell whether the index fits program, model and settings; one that does not exist does. Raises Unavailable."""
        return not self.problem()

    def problem(self) -> str:
        """Say why the index does not fit, or nothing. Raises Unavailable."""
        wanted = layout.fingerprint(self._space(), self._options)
        for name, own in self._indexes().items():
            differing = [part for part in wanted if own["meta"].get(part) != wanted[part]]
            if self._alias in own["aliases"] and differing:
                return f"{name} was made with another {' and '.join(differing)}"
        return ""

    def begin(self) -> Replacement:
        """Make a new, empty index beside the one in use. Raises Unavailable."""
        fresh = self._replacement(self._new_name())
        self._connection.create(fresh.name, layout.body(self._space(), self._options, alias=fresh.alias))
        return fresh

    def unfinished(self) -> Replacement | None:
        """The newest index that was begun, fits, and is not in use yet. Raises Unavailable."""
        wanted = layout.fingerprint(self._space(), self._options)
        found = [self._replacement(name) for name, own in self._indexes().items() if own["meta"] == wanted and self._alias not in own["aliases"]]
        return max(found, key=lambda fresh: layout.number_of(fresh.name), default=None)

    def serves(self, name: str) -> bool:
        """Tell whether that index is the one in use. Raises Unavailable."""
        return self._alias in self._indexes().get(name, {"aliases": ()})["aliases"]

    def replace_by(self, fresh: Replacement) -> None:
        """Put a replacement in place and remove all others, in one step; nothing when it is in place already. Raises Unavailable."""
        there = self._indexes()
        if fresh.name in there and self._alias not in there[fresh.name]["aliases"]:
            self._connection.refresh(fresh.alias)
            self._connection.update_aliases(
                [
                    {"add": {"index": fresh.name, "alias": self._alias}},
                    {"remove": {"index": fresh.name, "alias": fresh.alias}},
                    *({"remove_index": {"index": name}} for name in there if name != fresh.name),
                ]
            )
        self._made = True

    def sweep(self, keep: str = "") -> None:
        """Remove what rebuilds left: every index but the one in use and `keep`. Raises Unavailable."""
        self._connection.delete([name for name, own in self._indexes().items() if name != keep and self._alias not in own["aliases"]])

    def _new_name(self) -> str:
        """A name that no index has, not even one that is to follow."""
        return layout.numbered(self._alias, 1 + max(map(layout.number_of, self._indexes()), default=0))

    def _indexes(self) -> dict[str, layout.Body]:
        return self._connection.indexes(f"{self._alias}-*")

    def _replacement(self, name: str) -> Replacement:
        return Replacement(self._connection, name, self._space())

    @contextmanager
    def _present(self) -> Iterator[None]:
        """An alias that leads nowhere means nothing while the index was never made, and a loss when it was."""
        try:
            yield
        except Gone as error:
            if self._made:
                self._made = False
                raise Lost from error
        else:
            self._made = True


class Replacement:
    """An index that is filled before it is put in place; its alias keeps a write from making one of its own when it is gone."""

    def __init__(self, connection: Connection, name: str, space: Space) -> None:
        self.name = name
        self.alias = f"{name}.next"
        self._connection = connection
        self._space = space

    def apply(self, changes: Changes, *, version: int) -> None:
        """As ElasticIndex.write. Raises Lost when the index is gone."""
        try:
            _write(self._connection, self.alias, changes, self._space, version)
        except Gone as error:
            raise Lost from error

    def count(self) -> int:
        """How many entries it has. Raises Unavailable."""
        try:
            self._connection.refresh(self.alias)
            return self._connection.count(self.alias, queries.EVERYTHING)
        except Gone as error:
            raise Lost from error

    def drop(self) -> None:
        """Remove it. Raises Unavailable."""
        self._connection.delete([self.name])


def _write(connection: Connection, alias: str, changes: Changes, space: Space, version: int) -> None:
    """Put the entries first, then remove what else is in the scopes, so that nothing is removed only to come back."""
    there = _in_scope(connection, alias, changes) if changes.documents or changes.datasets else []
    put: set[int] = set()

    def actions() -> Iterator[tuple[str, str]]:
        for entry in changes.entries:
            put.add(entry.slot)
            yield layout.lines(entry, version, space.dimension)
        for slot in {*changes.slots, *there} - put:
            yield layout.removal(slot, version)

    connection.bulk(alias, actions())


def _in_scope(connection: Connection, alias: str, changes: Changes) -> list[int]:
    """The slots of the documents and datasets, those included that nobody has seen yet."""
    connection.refresh(alias)
    found: list[int] = []
    while True:
        body = queries.scope(changes.documents, changes.datasets, after=found[-1] if found else -1)
        page = queries.in_scope(connection.search(alias, [body], preference="scope")[0])
        found += page
        if len(page) < queries.SCOPE_PAGE:
            return found
