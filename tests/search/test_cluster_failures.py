"""What happens to a cluster happens to a real one here: nothing that was acknowledged is lost, and nobody has to do anything."""

from __future__ import annotations

import json
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from models.base import new_id
from models.errors import Unavailable
from models.tables import Outbox
from search import engine, outbox, ranking
from search.elastic import breaker
from search.elastic.options import Options
from search.index import Candidates, Filter, Query
from tests import elastic
from tests.proxy import Proxy, basic, make_certificate
from tests.running import wait_for
from tests.search import rooms as search_rooms
from tests.search.rooms import ALL, KEY, found, make_document, require_equal_to_rows, space, write

DISK = (
    "cluster.routing.allocation.disk.watermark.low: 98%",
    "cluster.routing.allocation.disk.watermark.high: 98.5%",
    "cluster.routing.allocation.disk.watermark.flood_stage: 99%",
    "cluster.info.update.interval: 10s",
)
KINDS = ("low", "high", "flood_stage")


@pytest.fixture(scope="module")
def node() -> Iterator[elastic.Elasticsearch]:
    """A cluster that may be harmed."""
    try:
        with elastic.running(*DISK) as started:
            yield started
    except elastic.Missing as missing:
        pytest.skip(str(missing))


@pytest.fixture
def proxy(node: elastic.Elasticsearch) -> Iterator[Proxy]:
    """A proxy before it."""
    with Proxy(node.url) as passing:
        yield passing


@pytest.fixture
def own(node: elastic.Elasticsearch, proxy: Proxy, tmp_path: Path) -> Iterator[Path]:
    """Rooms whose indexes are in that cluster, asked through the proxy."""
    with search_rooms.opened(tmp_path, Options([proxy.url], prefix=f"test-{new_id()}", replicas=0, timeout_seconds=3, retries=2)):
        yield tmp_path


def read(text: str) -> list[int]:
    """The slots that answer, as a reader gets them."""

    def answer() -> Candidates:
        return engine.index(KEY).search(Query([text], Filter(), text_candidates=ALL))

    return sorted(ranking.read([KEY], answer).slots.tolist())


def told_soon(text: str) -> None:
    """A reader is told that it cannot be answered, and need not wait for it."""
    begun = time.monotonic()
    with pytest.raises(Unavailable):
        read(text)
    assert time.monotonic() - begun < 15


def settled_in() -> float:
    """The seconds that a writer waits after the commit."""
    begun = time.monotonic()
    outbox.settle([KEY])
    return time.monotonic() - begun


def set_watermarks(node: elastic.Elasticsearch, percents: dict[str, str | None]) -> None:
    names: dict[str, Any] = {f"cluster.routing.allocation.disk.watermark.{name}": value for name, value in percents.items()}
    body = json.dumps({"persistent": names}).encode()
    request = urllib.request.Request(f"{node.url}/_cluster/settings", body, {"Content-Type": "application/json"}, method="PUT")
    urllib.request.urlopen(request, timeout=30).close()


def test_a_node_that_is_killed_in_mid_bulk_loses_nothing(own: Path, node: elastic.Elasticsearch, proxy: Proxy) -> None:
    document = make_document()
    slots = write(document, ["every apple"])
    assert found("apple") == slots
    slots += write(document, [f"every apple {number}" for number in range(6_000)])
    bulks = []

    def kill_at_the_third(method: str, path: str) -> int:
        if "_bulk" in path:
            bulks.append(path)
            if len(bulks) == 3:
                threading.Thread(target=node.kill).start()
        return 0

    proxy.refuse = kill_at_the_third
    with pytest.raises(Unavailable):
        outbox.catch_up(KEY)
    assert len(bulks) >= 3 and Outbox.select().count() == 6_000
    told_soon("appl")
    slots += write(document, ["every apple written while nobody was there"])
    outbox.settle([KEY])
    node.start()
    assert wait_for(lambda: engine.opened().is_healthy())
    assert found("apple") == slots
    require_equal_to_rows()


def test_a_cluster_whose_data_was_wiped_is_filled_again_by_the_first_reader(own: Path, node: elastic.Elasticsearch) -> None:
    slots = write(make_document(), [f"every apple {number}" for number in range(200)])
    assert read("appl") == slots
    node.kill()
    node.wipe()
    node.start()
    time.sleep(1.1)  # a process that met the dead node asks it again after a second
    assert read("appl") == slots
    require_equal_to_rows()


def test_a_node_that_hangs_is_told_soon_and_read_again_when_it_wakes(own: Path, node: elastic.Elasticsearch) -> None:
    document = make_document()
    slots = write(document, ["every apple"])
    assert read("appl") == slots
    node.pause()
    try:
        told_soon("appl")
        slots += write(document, ["every apple pie"])
        outbox.settle([KEY])
        told_soon("appl")
    finally:
        node.resume()
    assert wait_for(lambda: _readable("appl")) == slots
    require_equal_to_rows()


def test_a_writer_waits_a_moment_for_a_node_that_hangs_and_the_next_ones_not_at_all(
    node: elastic.Elasticsearch, tmp_path: Path
) -> None:
    with search_rooms.opened(tmp_path, Options([node.url], prefix=f"test-{new_id()}")):
        document = make_document()
        slots = write(document, ["every apple"])
        assert read("appl") == slots
        node.pause()
        try:
            slots += write(document, ["every apple pie"])
            assert settled_in() < 4
            begun = time.monotonic()
            for number in range(20):
                slots += write(document, [f"every apple {number}"])
                outbox.settle([KEY])
                with pytest.raises(Unavailable):
                    read("appl")
            assert time.monotonic() - begun < 2
            time.sleep(breaker.HUNG_SECONDS)
            slots += write(document, ["every apple after a while"])
            assert settled_in() < 2
            assert Outbox.select().count() == 22
        finally:
            node.resume()
        assert wait_for(lambda: _readable("appl")) == slots
        assert Outbox.select().count() == 0
        require_equal_to_rows()


def test_a_writer_leaves_a_bulk_that_is_merely_slow_to_the_reader_who_is_served(own: Path, proxy: Proxy) -> None:
    document = make_document()
    slots = write(document, ["every apple"])
    assert read("appl") == slots
    slowly = threading.Event()

    def slow(method: str, path: str) -> int:
        if "_bulk" in path:
            slowly.wait(2.5)
        return 0

    proxy.refuse = slow
    slots += write(document, ["every apple pie"])
    assert settled_in() < 4 and Outbox.select().count() == 1
    assert read("appl") == slots
    slots += write(document, ["every apple cake"])
    outbox.settle([KEY], patiently=True)
    assert Outbox.select().count() == 0
    proxy.refuse = lambda method, path: 0
    require_equal_to_rows()


def test_a_disk_that_is_nearly_full_refuses_writes_until_there_is_room_again(own: Path, node: elastic.Elasticsearch) -> None:
    document = make_document()
    slots = write(document, ["every apple"])
    assert found("apple") == slots
    set_watermarks(node, {"low": "0.001%", "high": "0.002%", "flood_stage": "0.003%"})
    try:
        wait_for(lambda: _is_blocked(node), seconds=60)
        slots += write(document, ["every apple pie"])
        outbox.settle([KEY])
        assert Outbox.select().count() == 1
        told_soon("appl")
    finally:
        set_watermarks(node, dict.fromkeys(KINDS))
    assert wait_for(lambda: _readable("appl"), seconds=60) == slots
    require_equal_to_rows()


@pytest.mark.parametrize("status", [429, 503])
def test_answers_that_refuse_for_the_moment_are_repeated_and_then_told(own: Path, proxy: Proxy, status: int) -> None:
    document = make_document()
    slots = write(document, ["every apple"])
    assert read("appl") == slots
    refused = []

    def now_and_then(method: str, path: str) -> int:
        refused.append(path)
        return status if len(refused) % 2 else 0

    proxy.refuse = now_and_then
    for number in range(3):
        slots += write(document, [f"every apple {number}"])
        assert read("appl") == slots
    proxy.refuse = lambda method, path: status
    slots += write(document, ["every apple pie"])
    outbox.settle([KEY])
    told_soon("appl")
    assert Outbox.select().count() == 1
    proxy.refuse = lambda method, path: 0
    assert wait_for(lambda: _readable("appl")) == slots
    require_equal_to_rows()


@pytest.mark.parametrize("by", ["password", "key"])
def test_a_cluster_with_tls_and_security_is_used_with_its_authority_and_a_secret(
    node: elastic.Elasticsearch, tmp_path: Path, by: str, capfd: pytest.CaptureFixture[str]
) -> None:
    certificate, authority = make_certificate(tmp_path)
    secrets: dict[str, str] = {"username": "elastic", "password": "s3cret"} if by == "password" else {"api_key": "s3cretkey"}
    with Proxy(node.url, certificate=certificate, accepted=(basic("elastic", "s3cret"), "ApiKey s3cretkey")) as proxy:
        options = Options([proxy.url], prefix=f"test-{new_id()}", replicas=0, ca_file=str(authority), retries=0, **secrets)
        assert "s3cret" not in repr(options)
        with search_rooms.opened(tmp_path):
            engine.open_indexes(options, space=space)
            slots = write(make_document(), ["every apple"])
            assert read("appl") == slots
            require_equal_to_rows()
            for wrong in (Options([proxy.url], ca_file=str(authority)), Options([proxy.url], **secrets)):
                engine.open_indexes(wrong, space=space)
                assert not engine.opened().is_healthy()
                reasons: list[str] = []
                with pytest.raises(Unavailable):
                    engine.opened().wait(0, reasons.append)
                assert reasons and "s3cret" not in str(reasons)
    assert "s3cret" not in "".join(capfd.readouterr())


def _readable(text: str) -> list[int]:
    try:
        return read(text)
    except Unavailable:
        return []


def _is_blocked(node: elastic.Elasticsearch) -> bool:
    with urllib.request.urlopen(f"{node.url}/_all/_settings?flat_settings=true", timeout=30) as answer:
        return "read_only_allow_delete" in answer.read().decode()
