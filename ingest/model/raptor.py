"""RAPTOR: clusters of a document's chunks are summarised, and the summaries again, until one is left (contract 4.3)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ingest.model.clusters import clusters
from ingest.model.extras import Raptor
from ingest.model.writer import Metered, Request
from ingest.tokens import count

LAYERS = 6
CLUSTER_TOKENS = 4_000  # of one cluster's texts; what is over is cut evenly

Embed = Callable[[Sequence[str]], NDArray[np.float16]]
Say = Callable[[float, str], None]


@dataclass(frozen=True, slots=True)
class Summary:
    """What a model wrote of a cluster, with its vector (float16 [dim])."""

    text: str
    vector: NDArray[np.float16]


def summaries(raptor: Raptor, writer: Metered, texts: Sequence[str], vectors: NDArray[np.float16], *, embed: Embed, say: Say) -> Iterator[Summary]:
    """The summaries of every layer, from the chunks up; none for a single chunk. Raises Unavailable."""
    layer: list[tuple[str, NDArray[np.float16]]] = list(zip(texts, vectors, strict=True))
    for number in range(1, LAYERS + 1):
        if len(layer) < 2:
            return
        stacked = np.stack([vector for _, vector in layer]).astype(np.float32)
        found = clusters(stacked, most=raptor.max_clusters, threshold=raptor.threshold, seed=raptor.seed)
        say(number / (LAYERS + 1), f"RAPTOR: layer {number}, {len(found)} clusters of {len(layer)} texts")
        written = [text for text in writer.answers(_request(raptor, [layer[at][0] for at in one]) for one in found) if text]
        layer = list(zip(written, embed(written), strict=True)) if written else []
        yield from (Summary(text, vector) for text, vector in layer)


def _request(raptor: Raptor, texts: Sequence[str]) -> Request:
    share = CLUSTER_TOKENS // len(texts)
    joined = "\n".join(_cut(text, share) for text in texts)
    return Request("You summarise passages of a document.", raptor.prompt.replace("{cluster_content}", joined), raptor.max_tokens)


def _cut(text: str, tokens: int) -> str:
    """About the beginning of a text that has so many tokens."""
    whole = count(text)
    return text if whole <= tokens else text[: len(text) * tokens // whole]
