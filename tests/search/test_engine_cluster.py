"""What only the engine of a cluster has: turns that were lost, refreshes that are paid for, rebuilds that are gone on with."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from models.base import database
from models.errors import Unavailable
from models.tables import Chunk, Outbox, Rebuild, RebuildChange
from search import engine, outbox, ranking
from search.elastic.engine import ElasticEngine
from search.elastic.options import Options
from search.index import Candidates, Filter, Query
from search.rebuild import rebuild, tidy
from tests import engines
from tests.search.paused import __name__ as paused
from tests.search.rebuilding import PIECE
from tests.search.rebuilding import __name__ as rebuilding
from tests.search.rooms import ALL, KEY, found, make_document, open_rooms, remove, require_equal_to_rows, space, write

ROOT = Path(__file__).parents[2]
pytestmark = [pytest.mark.parametrize("engine", ["elasticsearch"], indirect=True), pytest.mark.usefixtures("rooms")]


def read(text: str) -> list[int]:
    """The slots that answer, as a reader gets them."""

    def answer() -> Candidates:
        return engine.index(KEY).search(Query([text], Filter(), text_candidates=ALL))

    return sorted(ranking.read([KEY], answer).slots.tolist())


def refreshes(cluster: Options) -> int:
    """How often the index was refreshed for a reader."""
    with urllib.request.urlopen(f"{cluster.hosts[0]}/{cluster.prefix}*/_stats/refresh", timeout=30) as answer:
        return int(json.load(answer)["_all"]["primaries"]["refresh"]["external_total"])


def start(module: str, *arguments: object) -> subprocess.Popen[str]:
    """A process of the tests' own."""
    line = [sys.executable, "-m", module, *map(str, arguments)]
    return subprocess.Popen(line, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_only_a_read_after_a_write_pays_for_a_refresh(cluster: Options) -> None:
    document = make_document()
    write(document, ["every apple"])
    assert len(found("apple")) == 1
    before = refreshes(cluster)
    for number in range(10):
        write(document, [f"every apple {number}"])
        outbox.settle([KEY])
    assert Outbox.select().count() == 0 and refreshes(cluster) == before
    for _ in range(3):
        assert len(found("apple")) == 11
        assert refreshes(cluster) == before + 1


def test_what_another_process_applied_is_refreshed_by_whoever_reads(rooms: Path) -> None:
    document = make_document()
    write(document, ["every apple"])
    assert len(found("apple")) == 1
    code = f"from pathlib import Path; from tests.search.rooms import *; open_rooms(Path({str(rooms)!r})); outbox.settle([KEY])"
    for number in range(3):
        write(document, [f"every apple {number}"])
        subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
        assert Outbox.select().count() == 0
        assert len(found("apple")) == number + 2


@pytest.mark.parametrize("word", ["die", "go on"])
def test_a_writer_that_was_paused_and_taken_over_puts_nothing_old_over_new(rooms: Path, word: str) -> None:
    document = make_document()
    kept, off, gone = write(document, ["every apple", "every apple pie", "every apple tart"])
    slow = start(paused, rooms)
    assert slow.stdin is not None and slow.stdout is not None
    assert slow.stdout.readline() == "read\n"
    slow.send_signal(signal.SIGSTOP)
    Chunk.update(available=False).where(Chunk.slot == off).execute()
    outbox.record(KEY, slots=[off])
    remove([gone])
    begun = time.monotonic()
    assert found("apple") == [kept]
    assert time.monotonic() - begun < 10
    slow.send_signal(signal.SIGCONT)
    _, errors = slow.communicate(word + "\n" * 5, timeout=60)
    assert slow.returncode == (-signal.SIGKILL if word == "die" else 0), errors
    engine.index(KEY).refresh()  # type: ignore[attr-defined]
    assert found("apple") == [kept]
    require_equal_to_rows()


def test_a_slot_without_a_row_that_a_late_writer_left_is_removed_by_the_first_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    document = make_document()
    kept, ghost = write(document, ["every apple", "every apple pie"])
    assert found("apple") == [kept, ghost]
    Chunk.delete().where(Chunk.slot == ghost).execute()
    monkeypatch.setattr(ranking, "rebuild", lambda key: pytest.fail("made anew"))

    def answer() -> list[int]:
        slots = engine.index(KEY).search(Query(["appl"], Filter(), text_candidates=ALL)).slots.tolist()
        if missing := [slot for slot in slots if slot not in ranking._chunk_ids(slots)]:
            raise ranking.Moved(KEY, missing)
        return slots

    assert ranking.read([KEY], answer) == [kept]
    require_equal_to_rows()


def test_an_index_that_went_under_a_running_process_is_made_anew_by_the_first_reader(cluster: Options) -> None:
    slots = write(make_document(), [f"every apple {number}" for number in range(30)])
    assert read("appl") == slots
    engines.remove(cluster.hosts[0], cluster.prefix)
    assert read("appl") == slots
    require_equal_to_rows()


def test_an_index_that_went_is_not_taken_for_a_new_one_by_a_writer(cluster: Options) -> None:
    document = make_document()
    slots = write(document, [f"every apple {number}" for number in range(30)])
    assert found("apple") == slots
    engines.remove(cluster.hosts[0], cluster.prefix)
    slots += write(document, ["every apple more"])
    outbox.settle([KEY])
    assert read("appl") == slots
    require_equal_to_rows()


def test_a_rebuild_that_was_killed_is_gone_on_with_and_leaves_nothing(rooms: Path, cluster: Options, monkeypatch: pytest.MonkeyPatch) -> None:
    document = make_document()
    slots = write(document, [f"every apple {number}" for number in range(10 * PIECE)])
    assert found("apple") == slots
    died = start(rebuilding, rooms)
    died.communicate(timeout=60)
    assert died.returncode == -signal.SIGKILL and Rebuild.get().slot >= 3 * PIECE
    assert len(engines.names(cluster.hosts[0], cluster.prefix)) == 2
    remove(slots[:5])  # which the target has already
    slots = slots[5:] + write(document, ["every apple more"])
    assert found("apple") == slots and RebuildChange.select().count() == 6
    filled = []
    monkeypatch.setattr(ElasticEngine, "piece", PIECE)
    rebuild(KEY, filled.append)
    assert min(filled) >= 0.25 and filled[-1] == 1.0
    assert found("apple") == slots
    assert Rebuild.select().count() == RebuildChange.select().count() == 0
    assert len(engines.names(cluster.hosts[0], cluster.prefix)) == 1
    require_equal_to_rows()


def test_what_a_killed_rebuild_left_and_nobody_goes_on_with_is_cleared_away(rooms: Path, cluster: Options) -> None:
    document = make_document()
    write(document, [f"every apple {number}" for number in range(5 * PIECE)])
    outbox.catch_up(KEY)
    start(rebuilding, rooms).communicate(timeout=60)
    tidy(KEY)
    assert len(engines.names(cluster.hosts[0], cluster.prefix)) == 2 and Rebuild.select().count() == 1
    Rebuild.update(touched=0).execute()
    write(document, ["every apple more"])
    outbox.catch_up(KEY)
    assert RebuildChange.select().count() == Rebuild.select().count() == 0
    tidy(KEY)
    assert len(engines.names(cluster.hosts[0], cluster.prefix)) == 1
    require_equal_to_rows()


def test_an_index_of_another_mapping_is_noticed_and_made_anew(rooms: Path, cluster: Options) -> None:
    write(make_document(), [f"every apple {number}" for number in range(30)])
    outbox.catch_up(KEY)
    engine.close()
    engine.open_indexes(Options(cluster.hosts, prefix=cluster.prefix, vector_index="int8_hnsw"), space=space)
    assert "another vectors" in engine.verify_all([KEY])[KEY]
    rebuild(KEY)
    require_equal_to_rows()


def test_an_index_that_lacks_rows_is_noticed(rooms: Path, cluster: Options) -> None:
    slots = write(make_document(), [f"every apple {number}" for number in range(30)])
    outbox.catch_up(KEY)
    Outbox.delete().execute()
    with database.atomic():
        engine.index(KEY).write(outbox.Scopes(tuple(slots[:2])).changes(KEY).__class__(slots=slots[:2]), version=2**60)  # type: ignore[attr-defined]
        engine.index(KEY).refresh()  # type: ignore[attr-defined]
    assert engine.verify_all([KEY]) == {KEY: "it has 28 of 30 chunks"}


def test_a_cluster_that_is_not_there_is_told_soon_and_every_change_is_kept(rooms: Path) -> None:
    document = make_document()
    slots = write(document, ["every apple"])
    assert found("apple") == slots
    engine.close()
    engine.open_indexes(Options(["http://127.0.0.1:9"]), space=space)
    slots += write(document, ["every apple pie"])
    outbox.settle([KEY])
    begun = time.monotonic()
    for _ in range(5):
        with pytest.raises(Unavailable):
            read("appl")
    assert time.monotonic() - begun < 5
    assert not engine.opened().is_healthy()
    open_rooms(rooms)
    assert found("apple") == slots
