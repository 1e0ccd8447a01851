"""Passages of several searches as one material, numbered through."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from chat.cite import Vectors
from chat.exchange import DocumentCount
from chat.writing import Material


def merged(materials: Sequence[Material]) -> Material:
    """All passages in their order. Sentences are matched to them only where one embedding model made all vectors."""
    found = [material for material in materials if material.passages]
    if len(found) < 2:
        return found[0] if found else Material()
    counts: dict[str, DocumentCount] = {}
    for one in (document for material in found for document in material.documents):
        known = counts.get(one.id)
        counts[one.id] = DocumentCount(one.id, one.name, one.count + (known.count if known else 0))
    return Material(
        total=sum(material.total for material in found),
        passages=tuple(passage for material in found for passage in material.passages),
        documents=tuple(counts.values()),
        vectors=_vectors(found),
        embed=found[0].embed,
        meta={id: fields for material in found for id, fields in material.meta.items()},
    )


def _vectors(found: Sequence[Material]) -> Callable[[], Vectors] | None:
    if len({material.space for material in found}) > 1 or any(material.vectors is None for material in found):
        return None

    def vectors() -> Vectors:
        return np.concatenate([material.vectors() for material in found if material.vectors])

    return vectors
