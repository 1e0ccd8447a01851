"""What happens when the cluster is busy, slow or not there: scripted answers, for a real server gives none of them when asked."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from models.errors import Unavailable
from search.elastic import breaker, connection
from search.elastic.cluster import Cluster
from search.elastic.connection import Connection
from search.elastic.options import Options
from search.index import IndexKey
from tests.search.elastic.conftest import SPACE

Answer = tuple[int, Any]


class Scripted:
    """A server that answers what `answer` says to the lines of each request, and keeps them; None never answers."""

    def __init__(self) -> None:
        self.requests: list[list[Any]] = []
        self.authorizations: list[str | None] = []
        self.answer: Callable[[list[Any]], Answer | None] = lambda lines: (200, {})
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                lines = [json.loads(line) for line in self.rfile.read(int(self.headers["Content-Length"] or 0)).splitlines()]
                outer.requests.append(lines)
                outer.authorizations.append(self.headers["Authorization"])
                answer = outer.answer(lines)
                if answer is None:
                    outer.released.wait(20)
                    return
                body = json.dumps(answer[1]).encode()
                self.send_response(answer[0])
                for name, value in (("X-Elastic-Product", "Elasticsearch"), ("Content-Type", "application/json"), ("Content-Length", str(len(body)))):
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            do_PUT = do_POST

            def log_message(self, *parts: object) -> None:
                """Say nothing."""

        self.released = threading.Event()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def scripted() -> Iterator[Scripted]:
    """A scripted server."""
    server = Scripted()
    yield server
    server.released.set()
    server.server.shutdown()
    server.server.server_close()


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "BACKOFF_SECONDS", 0.01)


def open_connection(url: str, **options: Any) -> Connection:
    """A connection that gives up soon."""
    return Connection(Options([url], **{"timeout_seconds": 0.5, "retries": 2, **options}))


def action(slot: int) -> tuple[str, str]:
    """The lines of one action."""
    return json.dumps({"index": {"_id": str(slot)}}), json.dumps({"slot": slot})


def items(lines: list[Any], status: dict[str, int]) -> Answer:
    """The answer to a bulk: 201, or the status of an id."""
    ids = [line["index"]["_id"] for line in lines[::2]]
    found = [{"_id": id, "status": status.get(id, 201), **({"error": {"type": "busy"}} if id in status else {})} for id in ids]
    return 200, {"errors": bool(status), "items": [{"index": item} for item in found]}


@pytest.mark.parametrize("status", [429, 503])
def test_items_that_are_refused_for_the_moment_are_sent_again_and_only_they(scripted: Scripted, status: int) -> None:
    scripted.answer = lambda lines: items(lines, {"2": status} if len(scripted.requests) == 1 else {})
    open_connection(scripted.url).bulk("alias", [action(1), action(2), action(3)])
    assert [[line["index"]["_id"] for line in lines[::2]] for lines in scripted.requests] == [["1", "2", "3"], ["2"]]


def test_items_that_stay_refused_fail_the_bulk(scripted: Scripted) -> None:
    scripted.answer = lambda lines: items(lines, {"2": 429})
    with pytest.raises(Unavailable):
        open_connection(scripted.url).bulk("alias", [action(1), action(2)])
    assert len(scripted.requests) == 3


def test_an_item_that_loses_against_a_newer_version_is_done_with(scripted: Scripted) -> None:
    scripted.answer = lambda lines: items(lines, {"1": 409})
    open_connection(scripted.url).bulk("alias", [action(1), action(2)])
    assert len(scripted.requests) == 1


def test_an_item_that_the_mapping_refuses_fails_the_bulk_at_once(scripted: Scripted) -> None:
    scripted.answer = lambda lines: items(lines, {"1": 400})
    with pytest.raises(Unavailable):
        open_connection(scripted.url).bulk("alias", [action(1)])
    assert len(scripted.requests) == 1


@pytest.mark.parametrize("status", [429, 503])
def test_a_request_that_a_busy_node_refuses_is_sent_again(scripted: Scripted, status: int) -> None:
    scripted.answer = lambda lines: (status, {"error": "busy"}) if len(scripted.requests) == 1 else (200, {"responses": [{"hits": {}}]})
    assert open_connection(scripted.url).search("alias", [{}], preference="x") == [{"hits": {}}]


def test_a_search_that_missed_a_shard_is_no_answer(scripted: Scripted) -> None:
    scripted.answer = lambda lines: (200, {"responses": [{"hits": {}}, {"error": {"type": "no_shard_available"}, "status": 503}]})
    with pytest.raises(Unavailable):
        open_connection(scripted.url).search("alias", [{}, {}], preference="x")
    assert all(header["allow_partial_search_results"] is False for header in scripted.requests[0][::2])


def test_a_silent_cluster_is_given_up_after_the_time_of_one_request_and_not_asked_by_the_next_threads(scripted: Scripted) -> None:
    scripted.answer = lambda lines: None
    silent = open_connection(scripted.url)
    begun = time.monotonic()
    for _ in range(5):
        with pytest.raises(Unavailable):
            silent.search("alias", [{}], preference="x")
    assert time.monotonic() - begun < 1.5 and len(scripted.requests) == 1


def test_a_cluster_that_is_not_there_is_told_at_once_and_tried_again_later(scripted: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        nowhere = f"http://127.0.0.1:{probe.getsockname()[1]}"
    absent = open_connection(nowhere)
    begun = time.monotonic()
    with pytest.raises(Unavailable):
        absent.count("alias", {})
    assert time.monotonic() - begun < 1
    monkeypatch.setattr(breaker, "PAUSE_SECONDS", 0.0)
    with pytest.raises(Unavailable):
        absent.count("alias", {})


def test_a_fork_asks_over_a_connection_of_its_own(scripted: Scripted) -> None:
    scripted.answer = lambda lines: (200, {"count": 3})
    cluster = Cluster(Options([scripted.url]))
    assert cluster.index(IndexKey("a", "b"), lambda: SPACE).count() == 3
    before = cluster._connection._client()
    cluster.forget()
    assert cluster.index(IndexKey("a", "b"), lambda: SPACE).count() == 3 and cluster._connection._client() is not before


def test_waiting_says_why_once_and_ends(scripted: Scripted) -> None:
    said: list[str] = []
    with pytest.raises(Unavailable):
        Cluster(Options(["http://127.0.0.1:9"])).wait(1.2, said.append)
    assert said and "http://127.0.0.1:9 does not answer" in said[0] and len(said) == len(set(said))
