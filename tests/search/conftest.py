"""Rooms for tests of the search room."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.search import rooms as search_rooms


@pytest.fixture
def rooms(tmp_path: Path) -> Iterator[Path]:
    """Empty tables and indexes in a folder of their own; yields the folder."""
    with search_rooms.opened(tmp_path):
        yield tmp_path
