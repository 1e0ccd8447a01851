"""The search for the nearest vectors: exact when few, by sign bits and exact rescoring when many."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from search.embedded import EmbeddedIndex, Space, draft, vectors
from search.index import Changes, Entry, Filter, Query

DIMENSION = 384
COUNT = 12_000


@pytest.fixture(scope="module")
def drawn() -> np.ndarray:
    """Unit vectors in clusters around a common mean, as those of real models are."""
    rng = np.random.default_rng(3)
    centres = rng.normal(size=(200, DIMENSION))
    points = centres[rng.integers(0, 200, COUNT)] + 0.8 * rng.normal(size=(COUNT, DIMENSION)) + 2 * np.abs(rng.normal(size=DIMENSION))
    return (points / np.linalg.norm(points, axis=1, keepdims=True)).astype(np.float16)


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory, drawn: np.ndarray) -> EmbeddedIndex:
    """An index of all of them, in several segments, a tenth of it deleted."""
    space = Space(drawn.astype(np.float32).mean(axis=0))
    made = EmbeddedIndex(tmp_path_factory.mktemp("indexes") / "index", lambda: space)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(draft, "ROWS", 2_000)
        made.apply(Changes(entries=[Entry(slot + 1, f"d{slot % 3}", "p", ["word"], vector) for slot, vector in enumerate(drawn)]))
        made.apply(Changes(slots=range(1, COUNT, 10)))
    return made


@pytest.mark.parametrize("exact", [vectors.EXACT, 0], ids=["all compared", "sign bits first"])
@pytest.mark.parametrize("dataset", [None, "d1"])
def test_the_ten_nearest_are_found(
    index: EmbeddedIndex, drawn: np.ndarray, exact: int, dataset: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vectors, "EXACT", exact)
    monkeypatch.setattr(vectors, "POOL", 600)
    there = np.array([slot for slot in range(COUNT) if slot % 10 and (dataset is None or slot % 3 == 1)])
    recalled = []
    for seed in range(30):
        query = drawn[seed * 7].astype(np.float32) + 0.02 * np.random.default_rng(seed).normal(size=DIMENSION).astype(np.float32)
        query /= np.linalg.norm(query)
        cosines = drawn[there].astype(np.float32) @ query
        nearest = set((there[np.argsort(-cosines)[:10]] + 1).tolist())
        found = index.search(Query((), Filter(datasets=[dataset] if dataset else None), query, vector_candidates=50))
        assert len(found.slots) == 50
        assert found.cosines == pytest.approx(drawn[found.slots - 1].astype(np.float32) @ query, abs=2e-6)
        recalled.append(len(nearest & set(found.slots.tolist())) / 10)
    assert np.mean(recalled) >= (1 if exact else 0.99)


def test_the_segments_stay_few_and_none_is_mostly_deleted(tmp_path: Path, drawn: np.ndarray) -> None:
    index = EmbeddedIndex(tmp_path / "index", lambda: Space(np.zeros(DIMENSION, dtype=np.float32)))
    for first in range(1, 200, 4):
        index.apply(Changes(entries=[Entry(slot, "d", "p", ["word"], drawn[slot]) for slot in range(first, first + 4)]))
    assert len(list(tmp_path.glob("index/g-*/v-*"))) < 16
    index.apply(Changes(slots=range(1, 190)))
    assert index.count() == 11
    assert sum(path.stat().st_size for path in tmp_path.glob("index/g-*/v-*")) < 60_000
