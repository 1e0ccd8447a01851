"""The similarity of a chunk, whatever the scores are."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from search.fusion import similarity, term_similarity, vector_similarity

SHARES = st.lists(st.floats(0, 1), min_size=1, max_size=20).map(lambda values: np.array(sorted(values)))
COSINES = st.lists(st.floats(-1, 1), min_size=1, max_size=20).map(lambda values: np.array(sorted(values)))
FLOORS = st.floats(0, 0.95)
WEIGHTS = st.floats(-2, 12)


def rises(values: np.ndarray) -> bool:
    """Whether no value is below the one before, but for the last digit."""
    return bool((np.diff(values) >= -1e-12).all())


@given(SHARES)
def test_the_term_similarity_rises_from_0_to_1(shares: np.ndarray) -> None:
    values = term_similarity(shares)
    assert rises(values) and (values >= shares - 1e-12).all() and (values <= 1 + 1e-12).all()


@given(COSINES, FLOORS)
def test_the_vector_similarity_rises_from_0_to_1(cosines: np.ndarray, floor: float) -> None:
    values = vector_similarity(cosines, floor=floor)
    assert rises(values) and (values >= 0).all() and (values <= 1).all()
    assert not values[cosines <= floor].any()


@given(SHARES, st.floats(0, 1), WEIGHTS)
def test_the_similarity_rises_with_each_measure_and_stays_between_them(shares: np.ndarray, other: float, weight: float) -> None:
    others = np.full(len(shares), other)
    for left, right in ((shares, others), (others, shares)):
        values = similarity(left, right, weight=weight)
        assert rises(values)
        assert (values >= np.minimum(left, right) - 1e-12).all() and (values <= np.maximum(left, right) + 1e-12).all()


def test_every_term_once_in_an_average_chunk_gives_64_hundredths() -> None:
    assert term_similarity(np.array([0.45])).round(2) == 0.64


def test_a_weight_outside_0_to_1_is_the_nearest_inside() -> None:
    by_terms, by_vector = np.array([0.2]), np.array([0.9])
    assert similarity(by_terms, by_vector, weight=10) == by_vector and similarity(by_terms, by_vector, weight=-1) == by_terms
