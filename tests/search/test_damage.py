"""An index whose files are missing, damaged or unfit is noticed, and built anew from the rows."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from models.errors import Unavailable
from search import engine, outbox, terms
from search.embedded import Space
from search.rebuild import rebuild
from tests.search.rooms import DIMENSION, KEY, ask, found, make_document, remove, require_equal_to_rows, space, vector_of, write


def cut(path: Path) -> None:
    """Keep the first half, in a file of its own: mapped files must not be cut, that would end this process."""
    rewrite(path, path.read_bytes()[: path.stat().st_size // 2])


def empty(path: Path) -> None:
    """Keep nothing."""
    rewrite(path, b"")


def flip(path: Path) -> None:
    """Change one byte."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0x40
    rewrite(path, bytes(data))


def garble(path: Path) -> None:
    """Other bytes, as many."""
    rewrite(path, b"\xa5" * path.stat().st_size)


def delete(path: Path) -> None:
    """Take the file away."""
    path.unlink()


def rewrite(path: Path, data: bytes) -> None:
    """Put a file in place of another."""
    path.unlink()
    path.write_bytes(data)


FILES = ["manifest.json", "v-*", "terms/meta.json", "terms/*.idx", "terms/*.term", "terms/*.fast", "terms/*.store", "terms/*.fieldnorm"]


def reopen(folder: Path, opened_space: Callable[[str], Space] = space) -> None:
    """What a restart does."""
    engine.close()
    engine.open_indexes(folder / "indexes", space=opened_space)


@pytest.fixture
def folder(rooms: Path) -> Path:
    """The current folder of an index of a hundred chunks, a few of them deleted."""
    slots = write(make_document(), [f"every apple number {number}" for number in range(100)])
    outbox.catch_up(KEY)
    remove(slots[:7])
    outbox.catch_up(KEY)
    (current,) = rooms.glob("indexes/*/CURRENT")
    return current.resolve()


@pytest.mark.parametrize("damage", [cut, empty, flip, garble, delete])
@pytest.mark.parametrize("pattern", FILES)
def test_a_damaged_file_is_noticed_and_the_rebuilt_index_answers_the_same(
    rooms: Path, folder: Path, pattern: str, damage: Callable[[Path], None]
) -> None:
    before = ask("apple 42", like=vector_of(1))
    for path in list(folder.glob(pattern)):
        damage(path)
    reopen(rooms)
    assert list(engine.verify_all(outbox.keys())) == [KEY] and engine.opened().problem(KEY)
    rebuild(KEY)
    require_equal_to_rows()
    after = ask("apple 42", like=vector_of(1))
    assert sorted(after.slots.tolist()) == sorted(before.slots.tolist())
    by_slot = dict(zip(before.slots.tolist(), before.cosines.tolist(), strict=True))
    assert dict(zip(after.slots.tolist(), after.cosines.tolist(), strict=True)) == by_slot


@pytest.mark.parametrize("pattern", FILES)
def test_a_reader_of_a_shortened_file_is_told_and_survives(rooms: Path, folder: Path, pattern: str) -> None:
    for path in list(folder.glob(pattern)):
        cut(path)
    reopen(rooms)
    with pytest.raises(Unavailable):
        ask("apple", like=vector_of(1))


def test_a_deleted_folder_is_noticed_by_its_missing_rows(rooms: Path, folder: Path) -> None:
    shutil.rmtree(rooms / "indexes")
    reopen(rooms)
    assert list(engine.verify_all(outbox.keys())) == [KEY]
    rebuild(KEY)
    require_equal_to_rows()


def test_a_lost_commit_is_noticed_by_its_missing_rows(rooms: Path, folder: Path) -> None:
    kept = rooms / "kept"
    engine.close()
    shutil.copytree(folder, kept)
    write(make_document(), ["every pear"])
    assert len(found("pear")) == 1
    engine.close()
    shutil.rmtree(folder)
    kept.rename(folder)
    assert list(engine.verify_all([KEY])) == [KEY]


def test_an_index_is_whole_while_changes_wait(rooms: Path, folder: Path) -> None:
    write(make_document(), ["every pear"])
    assert engine.verify_all(outbox.keys()) == {}


def test_an_index_without_rows_and_files_is_whole(rooms: Path) -> None:
    make_document()
    told: list[float] = []
    assert engine.verify_all(outbox.keys(), told.append) == {} and told == [1.0]


def test_an_index_of_another_model_or_tokeniser_is_unfit(rooms: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not engine.opened().problem(KEY)
    reopen(rooms, lambda model: Space(np.zeros(DIMENSION, dtype=np.float32), digest="another"))
    assert engine.opened().problem(KEY)
    reopen(rooms)
    monkeypatch.setattr(terms, "VERSION", terms.VERSION + 1)
    assert engine.opened().problem(KEY)


def test_what_a_dead_writer_left_of_its_commit_does_not_stop_the_next(rooms: Path, folder: Path) -> None:
    meta = json.loads((folder / "terms" / "meta.json").read_bytes())
    for opstamp in range(meta["opstamp"] + 1, meta["opstamp"] + 20):
        for own in meta["segments"]:
            (folder / "terms" / f"{own['segment_id'].replace('-', '')}.{opstamp}.del").write_bytes(b"half")
    left = len(found("apple"))
    remove([ask("apple 42", like=vector_of(1)).slots.tolist()[0]])
    outbox.catch_up(KEY)
    assert len(found("apple")) == left - 1
    assert engine.verify_all([KEY]) == {}
