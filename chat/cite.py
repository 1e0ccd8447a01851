"""Citations for an answer that has none: each sentence is matched to the passages it rests on (RAGFlow v1 contract 6 step 10)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from chat import markers, sentences
from chat.exchange import Passage
from search import terms

Vectors = NDArray[np.float32]

FIRST_THRESHOLD, LAST_THRESHOLD, EASING = 0.63, 0.3, 0.8
NEAR_BEST = 0.99  # of its best score that a further passage of a sentence needs
MOST = 4  # passages that one sentence cites
SHORTEST = 5  # characters of a sentence that is cited at all


def with_markers(
    answer: str, passages: Sequence[Passage], vectors: Vectors, *, embed: Callable[[Sequence[str]], Vectors], weight: float
) -> str:
    """The answer with a marker behind each sentence that a passage bears out; reasoning before `</think>` stays as it is.

    `vectors` are the passages', float32 [n, dimension]; `weight` is that of the vectors in a score.
    """
    reasoning, mark, text = answer.rpartition("</think>")
    spans = sentences.split(text)
    pieces = [text[start:end].strip() for start, end in spans]
    citable = [number for number, piece in enumerate(pieces) if len(piece) >= SHORTEST]
    if not citable or not passages:
        return answer
    scores = _scores([pieces[number] for number in citable], passages, vectors, embed, weight)
    chosen = dict(zip(citable, _choose(scores), strict=True))
    written = [_cited(text[start:end], chosen.get(number, [])) for number, (start, end) in enumerate(spans)]
    return reasoning + mark + "".join(written)


def _scores(
    pieces: Sequence[str], passages: Sequence[Passage], vectors: Vectors, embed: Callable[[Sequence[str]], Vectors], weight: float
) -> NDArray[np.float64]:
    """How well each passage bears out each sentence, float64 [sentences, passages]."""
    held = [set(terms.chunk_terms(content=one.content, title=one.document_name, important_keywords=one.important_keywords)) for one in passages]
    words = [terms.question_terms(piece) for piece in pieces]
    by_terms = np.array([[sum(word in has for word in said) / max(len(said), 1) for has in held] for said in words])
    by_vector = np.clip(embed(pieces) @ vectors.T, 0.0, 1.0)
    weight = min(max(weight, 0.0), 1.0)
    return (1 - weight) * by_terms + weight * by_vector


def _choose(scores: NDArray[np.float64]) -> list[list[int]]:
    """The passages of each sentence; the threshold is eased while no sentence has any. A passage is cited once."""
    threshold = FIRST_THRESHOLD
    best = scores.max(axis=1) * NEAR_BEST
    while threshold > LAST_THRESHOLD and not (best >= threshold).any():
        threshold *= EASING
    if threshold <= LAST_THRESHOLD:
        return [[] for _ in best]
    cited: set[int] = set()
    chosen = []
    for row, near in zip(scores, best, strict=True):
        fits = [number for number in np.flatnonzero(row > near).tolist() if near >= threshold][:MOST]
        chosen.append([number for number in fits if number not in cited])
        cited.update(fits)
    return chosen


def _cited(piece: str, numbers: Sequence[int]) -> str:
    bare = piece.rstrip()
    if bare.count(markers.FENCE) % 2:  # code that never ends: a marker would be part of it
        return piece
    fence = "\n" if numbers and bare.endswith("```") else ""  # a fence must end its line
    return bare + fence + "".join(map(markers.marker, numbers)) + piece[len(bare) :]
