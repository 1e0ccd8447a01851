"""One parse at work: its document as it was when it began, and the disk where its passages and their vectors wait."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xxhash
from numpy.typing import NDArray
from peewee import chunked

from ingest.progress import Progress
from ingest.publish import Embedded, Passage
from ingest.spool import Spool
from models.errors import InvalidInput
from models.tables import Document
from search.embedding import embedder
from search.index import IndexKey
from search.passages import TITLE_WEIGHT, passage_vectors

PARSED = 0.4  # of the progress; the rest is for what comes after reading
EMBED_BATCH = 64

Say = Callable[[float, str], None]


class Stages:
    """The steps after reading, each with an equal part of the progress."""

    def __init__(self, progress: Progress, count: int) -> None:
        self._progress, self._count, self._done = progress, count, 0

    def next(self) -> Say:
        """Begin a step; it reports how far it is itself, 0..1."""
        done, self._done = self._done, self._done + 1
        return lambda fraction, text: self._progress.show(PARSED + (1 - PARSED) * (done + fraction) / self._count, text)


@dataclass(slots=True)
class Work:
    """What the steps of one parse share; `embedded` goes with `passages`, record by record."""

    document: Document
    key: IndexKey
    progress: Progress
    passages: Spool[Passage]
    embedded: Spool[Embedded]
    stages: Stages

    def passage_id(self, content: str) -> str:
        """The id of a chunk: equal content in one document is one chunk (contract 1.9)."""
        return xxhash.xxh64_hexdigest((content + self.document.id).encode())

    def vectors(self, texts: Sequence[str]) -> NDArray[np.float16]:
        """The vectors of texts, float16 [n, dim]. Raises InvalidInput, Unavailable."""
        weight = title_weight(self.document.parser_config)
        return passage_vectors(self.key.model, self.document.name, texts, title_weight=weight)

    def embed(self) -> None:
        """Spool a vector for every passage, in their order."""
        begun, total, say = time.monotonic(), len(self.passages), self.stages.next()
        for batch in chunked(self.passages, EMBED_BATCH):
            texts = [passage.embedded for passage in batch]
            self.keep(self.vectors(texts), texts)
            say(len(self.embedded) / total, "")
        if total:
            self.progress.note(f"Embedding chunks ({time.monotonic() - begun:.2f}s)")

    def keep(self, vectors: NDArray[np.float16], texts: Sequence[str]) -> None:
        """Spool vectors and the tokens of what they were made from."""
        for vector, tokens in zip(vectors, embedder(self.key.model).count_tokens(texts), strict=True):
            self.embedded.add(Embedded(vector.tobytes(), int(tokens)))


def title_weight(config: Mapping[str, Any]) -> float:
    """The configured share of the title in a vector; a stored null means the default (contract 2.4)."""
    weight = config.get("filename_embd_weight")
    if weight is None:
        return TITLE_WEIGHT
    if isinstance(weight, bool) or not isinstance(weight, int | float) or not 0 <= weight <= 1:
        raise InvalidInput("filename_embd_weight", "filename_embd_weight should be a number from 0 to 1.")
    return float(weight)
