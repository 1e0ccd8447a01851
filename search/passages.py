"""The vector of a passage: its text, with a little of its document's title (RAGFlow v1 contract 4.3; retrieval.md 1a)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from search.embedding import embedder

TITLE_WEIGHT = 0.1
_TABLE_MARKUP = re.compile(r"</?(?:table|caption|thead|tbody|tr|td|th)\b[^<>]{0,64}>", re.IGNORECASE)


def passage_vectors(
    model: str, title: str, texts: Sequence[str], *, title_weight: float = TITLE_WEIGHT
) -> NDArray[np.float16]:
    """float16 [n, dim], unit length: title_weight of the title and the rest of each text, normalised again.

    Raises InvalidInput for a vector that is zero or not finite, Unavailable when the model does not answer.
    """
    weight = title_weight if title.strip() else 0.0
    vectors = embedder(model).embed_passages([_embeddable(text) for text in texts])
    if weight:
        vectors = (1 - weight) * vectors + weight * _title_vector(model, title)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors.astype(np.float16)


def embedded_text(content: str, questions: Sequence[str]) -> str:
    """What of a chunk is embedded: its questions when it has any, else its content."""
    return "\n".join(questions) if questions else content


def _embeddable(text: str) -> str:
    """The text without table markup; the literal None stands for nothing, as RAGFlow embeds it."""
    return _TABLE_MARKUP.sub(" ", text).strip() or "None"


@lru_cache(maxsize=256)
def _title_vector(model: str, title: str) -> NDArray[np.float32]:
    vector: NDArray[np.float32] = embedder(model).embed_passages([title])[0]
    return vector
