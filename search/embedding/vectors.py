"""Unit vectors, and what is measured of a model: its floor and its mean."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.errors import InvalidInput

Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Measures:
    """`floor`: mean cosine of unrelated texts (retrieval.md 1a); `mean`: float32 [dimension], not of unit length."""

    dimension: int
    floor: float
    mean: Vectors


def unit(vectors: NDArray[np.generic]) -> Vectors:
    """Scale the rows of [n, dim] to unit length.

    Raises InvalidInput (condition `vector.unusable`) for a row that is zero or not finite, which no cosine can rank.
    """
    rows = np.asarray(vectors, dtype=np.float64)
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    if not np.isfinite(lengths).all() or (lengths < 1e-12).any():
        raise InvalidInput("content", "This text has no usable vector under the embedding model.", condition="vector.unusable")
    return np.asarray(rows / lengths, dtype=np.float32)


def encodable(text: str) -> str:
    """The text with lone surrogates, which JSON lets through, as question marks."""
    return text.encode("utf-8", "replace").decode()


@cache
def samples() -> tuple[tuple[str, ...], ...]:
    """Texts that have nothing to do with each other, the same for every model: English ones, Chinese ones."""
    paths = [Path(__file__).with_name(f"sample.{language}.txt") for language in ("en", "zh")]
    return tuple(tuple(path.read_text(encoding="utf-8").splitlines()) for path in paths)


def measure(embed: Callable[[Sequence[str]], Vectors]) -> Measures:
    """Embed the fixed samples; the one whose texts the model tells apart best, its own language, gives floor and mean."""
    return min((_measured(np.asarray(embed(texts), dtype=np.float64)) for texts in samples()), key=lambda measures: measures.floor)


def _measured(vectors: NDArray[np.float64]) -> Measures:
    count, dimension = vectors.shape
    total = vectors.sum(axis=0)
    pairs = (float(total @ total) - float((vectors * vectors).sum())) / (count * (count - 1))
    return Measures(dimension, round(max(0.0, min(pairs, 0.95)), 4), np.asarray(total / count, dtype=np.float32))


def remembered(folder: Path, identity: str, embed: Callable[[Sequence[str]], Vectors]) -> Measures:
    """Measure once per folder and `identity` of the model; measures.json keeps what came of it."""
    path = folder / "measures.json"
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        if kept["identity"] == identity:
            return Measures(kept["dimension"], kept["floor"], np.array(kept["mean"], dtype=np.float32))
    except (OSError, ValueError, KeyError):
        pass  # absent or damaged: measured again
    fresh = measure(embed)
    folder.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".measures-{os.getpid()}.json")
    values = {"identity": identity, "dimension": fresh.dimension, "floor": fresh.floor, "mean": fresh.mean.tolist()}
    draft.write_text(json.dumps(values), encoding="utf-8")
    draft.replace(path)
    return fresh
