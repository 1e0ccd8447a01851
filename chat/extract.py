"""The built-in model: it answers with sentences of the passages, and says so when none fits."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from chat import markers, sentences
from chat.exchange import Passage
from search import terms

NOTHING_FITS = "The documents say nothing that answers this question."
NO_DOCUMENTS = "Without a language model I answer from documents alone, and this chat has none."
SENTENCES = 3


@dataclass(frozen=True, slots=True)
class Quote:
    """A sentence as it stands in a passage."""

    text: str
    passage: int


def quotes(question: str, passages: Sequence[Passage]) -> list[Quote]:
    """The sentences that answer best, those of the best passage first; none when nothing fits."""
    wanted = set(terms.question_terms(question))
    scored = []
    for number, passage in enumerate(passages):
        for start, end in sentences.split(passage.content):
            text = passage.content[start:end].strip()
            hits = {hit.text for hit in terms.places(text, wanted)}
            if hits:
                scored.append((-len(hits) / max(len(wanted), 1) - passage.similarity, number, start, text))
    best = sorted(scored)[:SENTENCES]
    return [Quote(text, number) for _, number, _, text in sorted(best, key=lambda one: (one[1], one[2]))]


def written(quotes: Sequence[Quote], *, quote: bool) -> Iterator[str]:
    """The quotes word by word, each passage's marker behind the last of its sentences when `quote` is on."""
    for place, one in enumerate(quotes):
        text = markers.without_markers(" ".join(one.text.split()))
        yield from re.findall(r"\s*\S+", (" " if place else "") + text)
        last = place + 1 == len(quotes) or quotes[place + 1].passage != one.passage
        if quote and last:
            yield markers.marker(one.passage)
