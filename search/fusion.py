"""Two measures of a chunk become one similarity (retrieval.md 1a): pure functions of arrays."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def term_similarity(share: Floats) -> Floats:
    """0..1 from the share of the BM25 bound (0..1), monotone: every question term once in an average chunk gives .64, not .45."""
    return 2.2 * share / (1 + 1.2 * share)


def vector_similarity(cosines: Floats, *, floor: float) -> Floats:
    """0..1 from raw cosines; `floor`, the cosine of unrelated texts under the model, and all below it are 0."""
    return np.clip((cosines - floor) / (1 - floor), 0.0, 1.0)


def similarity(by_terms: Floats, by_vector: Floats, *, weight: float) -> Floats:
    """0..1: `weight` (clamped to 0..1) of the vector similarity, the rest of the term similarity."""
    weight = min(max(weight, 0.0), 1.0)
    return (1 - weight) * by_terms + weight * by_vector
