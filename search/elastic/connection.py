"""The one module that talks to the cluster: requests and plain answers; whatever fails is Unavailable("search engine")."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from itertools import islice
from typing import Any, cast

import urllib3
from elasticsearch import ApiError, ConnectionError, ConnectionTimeout, Elasticsearch, TransportError, helpers

from models.errors import Unavailable
from search import patience
from search.elastic.breaker import Breaker
from search.elastic.options import Options

CONNECT_SECONDS = 2.0
PROBE_SECONDS = 1.0  # in which a living node tells who it is, however busy
BULK_ACTIONS, BULK_BYTES = 1_000, 8 << 20  # of one request
BACKOFF_SECONDS = 0.5  # before the first repetition of refused items, then twice as long each time
PASSING = (429, 502, 503, 504)  # answers of a node that is busy, starting, or out of disk for the moment
NEEDLESS = ("-responses._shards", "-responses.hits.hits._index")  # a third of an answer of a thousand hits
_BAD, _MISSING, _CONFLICT = 400, 404, 409

Body = dict[str, Any]


class Gone(Exception):
    """An alias leads nowhere."""


class Refused(Exception):
    """The cluster took a request and did not do all of it."""


class Connection:
    """One client per process, made when it is first needed. Every request raises Unavailable; those that take an alias, Gone."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._breaker = Breaker()
        self.forget()

    def forget(self) -> None:
        """Start anew in a forked child; the sockets stay the parent's."""
        self._breaker.forget()
        self._lock = threading.Lock()
        self._made: Elasticsearch | None = None

    def close(self) -> None:
        """Close the sockets; the next request opens new ones."""
        with self._lock:
            if self._made is not None:
                self._made.close()
            self._made = None

    def health(self) -> Body:
        """The cluster's health in its own words, asked once."""
        with patience.within(CONNECT_SECONDS), self._requests() as client:
            return dict(client.cluster.health().body)

    def create(self, name: str, body: Body) -> None:
        """Make an index; one of that name that is there already is left as it is."""
        with self._requests() as client:
            answer = client.options(ignore_status=_BAD).indices.create(index=name, **body)
            if answer.get("error", {}).get("type") not in (None, "resource_already_exists_exception"):
                raise Refused(f"{name} was not made: {answer['error']}")

    def is_alias(self, alias: str) -> bool:
        """Whether an alias leads anywhere."""
        with self._requests() as client:
            return bool(client.indices.exists_alias(name=alias))

    def indexes(self, pattern: str) -> dict[str, Body]:
        """The `_meta` and the aliases of each index whose name fits."""
        with self._requests() as client:
            answer = client.indices.get(index=pattern, ignore_unavailable=True, features=["aliases", "mappings"])
        return {name: {"meta": own["mappings"].get("_meta", {}), "aliases": list(own["aliases"])} for name, own in answer.items()}

    def update_aliases(self, actions: Sequence[Body]) -> None:
        """Change aliases and remove indexes in one step."""
        with self._requests() as client:
            client.indices.update_aliases(actions=actions)

    def delete(self, names: Sequence[str]) -> None:
        """Remove indexes, by their own names; what is not there is ignored."""
        with self._requests() as client:
            if names:
                client.indices.delete(index=list(names), ignore_unavailable=True)

    def refresh(self, alias: str) -> None:
        """Make visible what was written."""
        with self._requests() as client:
            answer = _present(client.options(ignore_status=_MISSING).indices.refresh(index=alias).body)
            if answer["_shards"]["failed"]:
                raise Refused(f"{alias} was not refreshed: {answer['_shards']}")

    def bulk(self, alias: str, actions: Iterable[tuple[str, str]]) -> None:
        """Write lines of a bulk, durably; items that are refused for the moment are repeated, those that lose to a newer version are done with.

        The next lines are made while the ones before are sent; they are made by the calling thread, which has the rows' transaction.
        """
        with self._requests() as client, ThreadPoolExecutor(1) as sender:
            sent: Future[None] | None = None
            source = iter(actions)
            while batch := list(islice(source, BULK_ACTIONS)):
                if sent is not None:
                    sent.result()
                sent = sender.submit(self._send, self._bounded(client), alias, batch, self._retries())
            if sent is not None:
                sent.result()

    def search(self, alias: str, bodies: Sequence[Body], *, preference: str) -> list[Body]:
        """Several searches in one request, each on the same copy of every shard, and whole or not at all."""
        header: Body = {"preference": preference, "allow_partial_search_results": False}
        if self._options.shards > 1:
            header["search_type"] = "dfs_query_then_fetch"
        with self._requests() as client:
            searches = [line for body in bodies for line in (header, body)]
            answers = client.msearch(index=alias, searches=searches, filter_path=NEEDLESS)["responses"]
            return [_present(answer) for answer in answers]

    def count(self, alias: str, query: Body) -> int:
        """How many documents fit."""
        with self._requests() as client:
            return int(_present(client.options(ignore_status=_MISSING).count(index=alias, query=query).body)["count"])

    def _send(self, client: Elasticsearch, alias: str, batch: Sequence[tuple[str, str]], retries: int) -> None:
        results = helpers.streaming_bulk(
            client,
            cast(Iterable[Any], batch),
            chunk_size=BULK_ACTIONS,
            max_chunk_bytes=BULK_BYTES,
            expand_action_callback=lambda lines: cast(Any, lines),
            raise_on_error=False,
            yield_ok=False,
            max_retries=retries,
            initial_backoff=BACKOFF_SECONDS,
            retry_on_status=PASSING,
            index=alias,
            require_alias=True,
        )
        for _, item in results:
            _require_done(item)

    @contextmanager
    def _requests(self) -> Iterator[Elasticsearch]:
        """The client; the one place where its errors become ours."""
        self._breaker.check(self._silence)
        try:
            yield self._bounded(self._client())
        except (ApiError, TransportError, Refused) as error:
            if isinstance(error, ConnectionError | ConnectionTimeout) and not self._is_only_slow():
                self._breaker.open(error)
            raise Unavailable("search engine") from error

    def _bounded(self, client: Elasticsearch) -> Elasticsearch:
        """The client for a thread whose patience has an end, where nothing is repeated. Raises Unavailable after it."""
        left = patience.left()
        if left is None:
            return client
        if left <= 0:
            raise Unavailable("search engine")
        return client.options(request_timeout=min(left, self._options.timeout_seconds), max_retries=0)

    def _retries(self) -> int:
        return self._options.retries if patience.left() is None else 0

    def _is_only_slow(self) -> bool:
        """Whether a request failed for want of patience: a cluster that is busy, or has lost one node of several, serves others."""
        return patience.left() is not None and self._silence() is None

    def _silence(self) -> Exception | None:
        """Why the cluster answers nothing at all; any answer is one."""
        try:
            self._client().options(request_timeout=PROBE_SECONDS, max_retries=0).info()
        except (ConnectionError, ConnectionTimeout) as error:
            return error
        except (ApiError, TransportError):
            return None
        return None

    def _client(self) -> Elasticsearch:
        with self._lock:
            if self._made is None:
                self._made = _client(self._options)
            return self._made


def describe(cause: BaseException | None) -> str:
    """What went wrong, in the client's words without its ornaments."""
    return str(cause.args[0] if isinstance(cause, TransportError) and cause.args else cause)


def _client(options: Options) -> Elasticsearch:
    secure: Body = {"ca_certs": options.ca_file} if options.ca_file else {}
    if options.api_key:
        secure["api_key"] = options.api_key
    elif options.username:
        secure["basic_auth"] = (options.username, options.password)
    # The pool takes this for a number of seconds; what cannot be reached is told sooner than what is slow to answer.
    timeout: Any = urllib3.Timeout(connect=min(CONNECT_SECONDS, options.timeout_seconds), read=options.timeout_seconds)
    return Elasticsearch(list(options.hosts), request_timeout=timeout, max_retries=options.retries, retry_on_status=PASSING, **secure)


def _present(answer: Any) -> Any:
    """An answer without error. Raises Gone when its alias leads nowhere, Refused for any other error."""
    if "error" not in answer:
        return answer
    raise Gone if answer.get("status") == _MISSING else Refused(str(answer["error"]))


def _require_done(item: Body) -> None:
    """Raises Refused unless the item of a bulk left what it wanted, or something newer is there; Gone when there is no index."""
    [result] = item.values()
    if result["status"] == _CONFLICT:
        return
    if result["error"].get("type") == "index_not_found_exception":
        raise Gone
    raise Refused(f"{result['_id']}: {result['error']}")
