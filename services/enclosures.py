"""Texts that a request brings along, cut into passages and scored for the model that quotes (Open WebUI contract 4.3)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from chat import extract, sentences
from chat.grounds import Excerpt
from search import catalogue
from search.embedding import embedder
from services.compat import profile

LONGEST = 1000  # characters of a passage, but a sentence is never cut
MOST = 48  # passages whose vectors are made, those with most of the question's words


def scored(texts: Sequence[tuple[int, str]], question: str) -> list[Excerpt]:
    """The passages of these texts, each the n-th source's, that may answer the question."""
    weights = extract.word_weights(question)
    parts = [(extract.share(part, weights), source, part) for source, text in texts for part in _passages(text)]
    best = sorted(parts, key=lambda part: -part[0])[:MOST]
    if not best or not weights:
        return []
    model = embedder(catalogue.resolve(profile().embedding_default))
    near = model.embed_passages([part for _, _, part in best]) @ model.embed_query(question)
    return [Excerpt(part, source, share, float(vector)) for (share, source, part), vector in zip(best, near.tolist(), strict=True)]


def _passages(text: str) -> Iterator[str]:
    start = 0
    for begin, end in sentences.split(text):
        if end - start > LONGEST and begin > start:
            yield text[start:begin]
            start = begin
    if text[start:].strip():
        yield text[start:]
