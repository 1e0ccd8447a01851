"""Several processes over one index, some of them killed: nothing is lost, nothing is there twice."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from models.tables import Chunk
from search import engine, outbox
from search.rebuild import rebuild
from tests.engines import both_engines
from tests.search.rooms import KEY, found, make_document, require_equal_to_rows, write
from tests.search.writer import STEPS

ROOT = Path(__file__).parents[2]


def start(folder: Path, *arguments: object) -> subprocess.Popen[str]:
    """A writer process."""
    command = [sys.executable, "-m", "tests.search.writer", str(folder), *map(str, arguments)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.fixture
def folder(rooms: Path) -> Path:
    """Rooms with one document and a few chunks."""
    write(make_document(), [f"every apple {number}" for number in range(40)])
    outbox.catch_up(KEY)
    return rooms


@pytest.mark.parametrize("step", STEPS)
def test_a_process_killed_before_a_step_loses_nothing(folder: Path, step: str) -> None:
    writer = start(folder, 1, 20, step)
    writer.communicate(timeout=60)
    assert writer.returncode == -signal.SIGKILL
    require_equal_to_rows()
    assert len(found("apple")) == 40
    write(make_document(), ["every pear"])
    assert len(found("pear")) == 1
    require_equal_to_rows()


@both_engines
def test_processes_killed_at_any_moment_lose_nothing(folder: Path) -> None:
    rng = random.Random(5)
    for turn in range(5):
        writer = start(folder, turn, 30)
        assert writer.stdout is not None
        writer.stdout.readline()
        time.sleep(rng.uniform(0.0, 0.25))
        writer.kill()
        writer.communicate(timeout=30)
        require_equal_to_rows()
    assert Chunk.select().count() > 45


@both_engines
def test_four_processes_write_and_each_reads_its_own_writes(folder: Path) -> None:
    writers = [start(folder, number, 5) for number in range(4)]
    rebuilt = 0
    while any(writer.poll() is None for writer in writers):
        rebuild(KEY)
        rebuilt += 1
        assert len(found("apple")) == 40
        time.sleep(0.2)
    for writer in writers:
        printed, errors = writer.communicate(timeout=60)
        assert (writer.returncode, errors) == (0, ""), errors
        assert len(printed.splitlines()) > 3
    assert rebuilt > 3 and engine.index(KEY).count() > 50
    require_equal_to_rows()
