"""The cluster as a process sees it: its indexes, its health, and waiting for it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from models.errors import Unavailable
from search.elastic.connection import Connection, describe
from search.elastic.index import ElasticIndex
from search.elastic.options import Options
from search.index import IndexKey, Space

POLL_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Health:
    """`status` is green, yellow (copies are missing) or red (data is missing)."""

    status: str
    nodes: int
    detail: str


class Cluster:
    """One connection, and the indexes that were asked for."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._connection = Connection(options)
        self._indexes: dict[IndexKey, ElasticIndex] = {}

    def index(self, key: IndexKey, space: Callable[[], Space]) -> ElasticIndex:
        """The index of a key, the same each time; asks the cluster nothing."""
        return self._indexes.setdefault(key, ElasticIndex(self._connection, key, space, self._options))

    def health(self) -> Health:
        """Ask once. Raises Unavailable."""
        told = self._connection.health()
        detail = f"{told['number_of_nodes']} nodes, {told['unassigned_shards']} unassigned shards"
        return Health(str(told["status"]), int(told["number_of_nodes"]), detail)

    def wait(self, seconds: float, report: Callable[[str], None]) -> None:
        """Wait until the cluster answers and has all its data; report gets a sentence whenever the reason changes. Raises Unavailable."""
        end = time.monotonic() + seconds
        last = ""
        while reason := self._reason():
            if reason != last:
                report(reason)
            last = reason
            if time.monotonic() > end:
                raise Unavailable("search engine")
            time.sleep(POLL_SECONDS)

    def forget(self) -> None:
        """Start anew in a forked child."""
        self._connection.forget()
        self._indexes = {}

    def close(self) -> None:
        """Close the connection and let go of the indexes."""
        self._connection.close()
        self._indexes = {}

    def _reason(self) -> str:
        """Why the cluster cannot be used at this moment."""
        hosts = ", ".join(self._options.hosts)
        try:
            health = self.health()
        except Unavailable as error:
            return f"Elasticsearch at {hosts} does not answer ({describe(error.__cause__)})"
        return f"Elasticsearch at {hosts} is red: {health.detail}" if health.status == "red" else ""
