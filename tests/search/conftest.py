"""Rooms for tests of the search room."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from search.elastic.options import Options
from tests.search import rooms as search_rooms


@pytest.fixture
def rooms(tmp_path: Path, cluster: Options | None) -> Iterator[Path]:
    """Empty tables, and indexes in a folder of their own or, for tests of both engines, under a prefix of their own; yields the folder."""
    with search_rooms.opened(tmp_path, cluster):
        yield tmp_path
