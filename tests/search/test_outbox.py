"""The outbox: the index equals the rows at every read."""

from __future__ import annotations

import threading

import pytest

from models.base import database
from models.tables import Chunk, Dataset, Document, Outbox
from search import outbox
from search.index import Filter, IndexKey
from search.rebuild import rebuild
from tests.engines import both_engines
from tests.search.rooms import KEY, MODEL, TENANT, ask, found, make_dataset, make_document, remove, require_equal_to_rows, write

pytestmark = [both_engines, pytest.mark.usefixtures("rooms")]


def test_a_chunk_is_found_by_the_next_read_and_its_entry_is_gone() -> None:
    (slot,) = write(make_document(), ["every apple"])
    assert found("apple") == [slot]
    assert Outbox.select().count() == 0


def test_a_change_that_was_rolled_back_never_reaches_the_index() -> None:
    document = make_document()
    with pytest.raises(RuntimeError), database.atomic():
        write(document, ["every apple"])
        raise RuntimeError
    assert found("apple") == []


def test_a_deleted_chunk_is_gone_from_the_next_read() -> None:
    first, second = write(make_document(), ["every apple", "every apple pie"])
    assert found("apple") == [first, second]
    remove([first])
    assert found("apple") == [second]
    require_equal_to_rows()


def test_switching_a_document_off_and_on_is_one_entry() -> None:
    document = make_document()
    slots = write(document, [f"every apple {number}" for number in range(50)])
    assert found("apple") == slots
    for available in (False, True):
        Chunk.update(available=available).where(Chunk.document == document.id).execute()
        outbox.record(KEY, documents=[document.id])
        assert found("apple") == (slots if available else [])
        assert len(ask("apple", filter=Filter(with_unavailable=True)).slots) == 50


def test_a_dataset_whose_rows_are_gone_leaves_the_index_by_one_entry() -> None:
    document, other = make_document(), make_document()
    write(document, ["every apple"] * 3)
    kept = write(other, ["every apple"])
    assert len(found("apple")) == 4
    with database.atomic():
        Chunk.delete().where(Chunk.dataset == document.dataset).execute()
        Dataset.delete().where(Dataset.id == document.dataset).execute()
        outbox.record(KEY, datasets=[document.dataset])
    assert found("apple") == kept
    require_equal_to_rows()


def test_a_renamed_document_is_found_by_words_of_its_new_name_without_the_extension() -> None:
    document = make_document(name="Pump manual.pdf")
    slots = write(document, ["every apple"])
    assert found("pump") == slots and found("pdf") == []
    Document.update(name="Valve guide.pdf").where(Document.id == document.id).execute()
    outbox.record(KEY, documents=[document.id])
    assert found("pump") == [] and found("valve guides") == slots


def test_an_untitled_chunk_is_not_found_by_its_documents_name() -> None:
    (slot,) = write(make_document(name="Pump manual.pdf"), ["every apple"])
    Chunk.update(titled=False).execute()
    assert found("pump") == []
    assert found("apple") == [slot]


def test_rows_of_another_model_or_owner_stay_out_of_an_index() -> None:
    write(make_document(), ["every apple"])
    foreign = make_document(make_dataset(tenant="1" * 32))
    theirs = IndexKey("1" * 32, MODEL)
    write(foreign, ["every apple"], key=theirs)
    outbox.record(KEY, documents=[foreign.id], datasets=[foreign.dataset])
    assert len(found("apple")) == 1 and len(found("apple", key=theirs)) == 1


def test_the_keys_are_those_of_datasets_and_of_waiting_changes() -> None:
    make_dataset()
    make_dataset(tenant="1" * 32, model="left the catalogue")
    outbox.record(IndexKey("2" * 32, MODEL), datasets=["gone"])
    assert outbox.keys() == [IndexKey(TENANT, MODEL), IndexKey("2" * 32, MODEL)]


def test_a_large_dataset_is_applied_in_one_commit() -> None:
    document = make_document()
    slots = write(document, [f"every apple {number}" for number in range(1300)])
    assert len(found("apple")) == 1300
    outbox.record(KEY, datasets=[document.dataset], documents=[document.id], slots=slots)
    require_equal_to_rows()


def test_rebuilding_gives_the_same_answers() -> None:
    document = make_document()
    slots = write(document, [f"every apple number {number} of {number % 7}" for number in range(300)])
    outbox.catch_up(KEY)
    seen: list[float] = []
    before = ask("apple number 3")
    rebuild(KEY, seen.append)
    after = ask("apple number 3")
    assert seen[-1] == 1.0 and seen == sorted(seen)
    assert (before.slots.tolist(), before.terms.tolist()) == (after.slots.tolist(), after.terms.tolist())
    remove(slots[:10])
    require_equal_to_rows()


def test_a_rebuild_loses_no_change_that_is_applied_meanwhile() -> None:
    document = make_document()
    slots = write(document, [f"every apple {number}" for number in range(700)])
    changed = threading.Event()

    def change_in_the_middle(share: float) -> None:
        if share > 0 and not changed.is_set():
            changed.set()
            worker = threading.Thread(target=change)
            worker.start()
            worker.join(30)
            assert not worker.is_alive()

    def change() -> None:
        write(document, ["every pear"])
        remove(slots[:3])
        Chunk.update(available=False).where(Chunk.slot == slots[5]).execute()
        outbox.record(KEY, slots=[slots[5]])
        assert len(found("pear")) == 1
        database.close()

    rebuild(KEY, change_in_the_middle)
    assert changed.is_set() and Outbox.select().count() == 0
    assert len(found("pear")) == 1
    assert not set(found("apple")) & {*slots[:3], slots[5]}
    require_equal_to_rows()
