"""Clusters of vectors that lie close together: spherical k-means, with a place in several clusters for what lies between them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

MEMBERS = 8  # vectors of a cluster that are aimed at
SHARPNESS = 20.0  # how soon the share of a farther cluster fades: by exp(-20 x difference of cosines)
_ROUNDS = 20
_MOST_CLUSTERS = 2  # that one vector may belong to

Vectors = NDArray[np.float32]


def clusters(vectors: Vectors, *, most: int, threshold: float, seed: int) -> list[list[int]]:
    """The members of each cluster, ascending; every vector (unit length, [n, dim]) is in at least one.

    A vector belongs to its closest cluster, and to the next when its share there is at least `threshold`. Never more than
    `most` clusters, or than half the vectors, so that summaries of summaries come to an end.
    """
    count = max(1, min(most, -(-len(vectors) // MEMBERS), len(vectors) // 2))
    centres = _centres(vectors, count, np.random.default_rng(seed))
    shares = np.exp(SHARPNESS * (vectors @ centres.T - 1))
    shares /= shares.sum(axis=1, keepdims=True)
    best = np.argsort(-shares, axis=1)[:, : min(_MOST_CLUSTERS, count)]
    members: list[list[int]] = [[] for _ in range(count)]
    for number, chosen in enumerate(best):
        for place, cluster in enumerate(chosen):
            if place == 0 or shares[number, cluster] >= max(threshold, 1e-6):
                members[cluster].append(number)
    return [one for one in members if one]


def _centres(vectors: Vectors, count: int, random: np.random.Generator) -> Vectors:
    """The centres after some rounds of k-means, begun with vectors far from each other."""
    chosen = [int(random.integers(len(vectors)))]
    nearest = vectors @ vectors[chosen[0]]
    while len(chosen) < count:
        chosen.append(int(np.argmin(nearest)))
        nearest = np.maximum(nearest, vectors @ vectors[chosen[-1]])
    centres = vectors[chosen]
    for _ in range(_ROUNDS):
        closest = np.argmax(vectors @ centres.T, axis=1)
        moved = np.stack([_middle(vectors[closest == number], centres[number]) for number in range(count)])
        if np.allclose(moved, centres, atol=1e-5):
            break
        centres = moved
    return centres


def _middle(members: Vectors, before: Vectors) -> Vectors:
    if not len(members):
        return before
    middle = members.mean(axis=0)
    length = float(np.linalg.norm(middle))
    return middle / length if length else before
