"""What only the embedded engine has: files that grow, disks that are full, folders that a rebuild left."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from models.base import now_ms
from models.errors import Unavailable
from models.tables import Chunk, Outbox, Rebuild, RebuildChange
from search import engine, outbox
from search.index import Filter
from tests.search.rooms import KEY, ask, found, make_document, require_equal_to_rows, write

pytestmark = pytest.mark.usefixtures("rooms")


def test_switching_a_document_off_and_on_is_one_entry_and_keeps_one_vector_per_chunk(rooms: Path) -> None:
    document = make_document()
    slots = write(document, [f"every apple {number}" for number in range(50)])
    assert found("apple") == slots
    vectors = {path.name for path in rooms.glob("indexes/*/g-*/v-*") if path.stat().st_size > 1000}
    for available in (False, True):
        Chunk.update(available=available).where(Chunk.document == document.id).execute()
        outbox.record(KEY, documents=[document.id])
        assert found("apple") == (slots if available else [])
        assert len(ask("apple", filter=Filter(with_unavailable=True)).slots) == 50
    assert {path.name for path in rooms.glob("indexes/*/g-*/v-*") if path.stat().st_size > 1000} == vectors


def test_notes_for_a_rebuild_that_died_are_thrown_away() -> None:
    died = Rebuild.create(tenant=KEY.tenant, model=KEY.model, target=engine.opened().begin(KEY), touched=now_ms())
    RebuildChange.create(rebuild=died.id, scope="slot", target="1")
    write(make_document(), ["every apple"])
    assert len(found("apple")) == 1
    assert Rebuild.select().count() == RebuildChange.select().count() == 0


@pytest.mark.parametrize("limit", [1, 200, 2_000, 8_000, 30_000])
def test_a_full_disk_is_told_and_loses_nothing(limit: int) -> None:
    document = make_document()
    write(document, ["every apple"])
    outbox.catch_up(KEY)
    write(document, [f"every apple {number}" * 5 for number in range(800)])
    with file_size_limited(limit), pytest.raises(Unavailable):
        outbox.catch_up(KEY)
    assert Outbox.select().count() > 0
    require_equal_to_rows()


@contextmanager
def file_size_limited(limit: int) -> Iterator[None]:
    """No file may grow beyond this: every write fails as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
