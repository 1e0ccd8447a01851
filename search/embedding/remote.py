"""A model behind an OpenAI-compatible /embeddings endpoint."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from models.errors import Unavailable
from search.catalogue import Model
from search.embedding.vectors import Vectors, encodable, remembered, unit

log = logging.getLogger(__name__)

BATCH = 32
PASSING = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
FIRST_PAUSE = 0.25
LONGEST_PAUSE = 8.0


class RemoteEmbedder:
    """An embedder over HTTP. `timeout` seconds bound one batch with all its retries."""

    def __init__(self, model: Model, *, folder: Path, timeout: float) -> None:
        self._model = model
        self._timeout = timeout
        headers = {"Authorization": f"Bearer {model.key}"} if model.key else {}
        self._client = httpx.Client(base_url=model.base_url.rstrip("/"), headers=headers)
        identity = f"{model.base_url} {model.path} {model.passage_prefix}"
        measures = remembered(folder, identity, self.embed_passages)
        self.dimension, self.floor, self.mean = measures.dimension, measures.floor, measures.mean

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Embed texts that will be searched: float32 [n, dimension]; raises Unavailable("embedding model")."""
        if not texts:
            return np.zeros((0, self.dimension), dtype=np.float32)
        prefixed = [encodable(self._model.passage_prefix + text) for text in texts]
        return np.concatenate([self._embed(prefixed[start:start + BATCH]) for start in range(0, len(prefixed), BATCH)])

    def embed_query(self, text: str) -> Vectors:
        """Embed a question: float32 [dimension]; raises Unavailable("embedding model")."""
        vector: Vectors = self._embed([encodable(self._model.query_prefix + text)])[0]
        return vector

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Count cl100k tokens: the endpoint's own tokenizer is not known."""
        count = _vocabulary().count
        return [int(count(encodable(text))) for text in texts]

    def _embed(self, batch: list[str]) -> Vectors:
        response = self._post({"model": self._model.path, "input": batch, "encoding_format": "float"})
        try:
            rows = sorted(response.json()["data"], key=lambda row: row["index"])
            vectors = np.array([row["embedding"] for row in rows], dtype=np.float64)
        except (ValueError, KeyError, TypeError) as error:
            log.error("The embedding endpoint of %s answered something else than vectors.", self._model.id)
            raise Unavailable("embedding model") from error
        if vectors.ndim != 2 or len(vectors) != len(batch) or vectors.shape[1] != getattr(self, "dimension", vectors.shape[1]):
            log.error("The embedding endpoint of %s answered vectors of shape %s for %d texts.", self._model.id, vectors.shape, len(batch))
            raise Unavailable("embedding model")
        return unit(vectors)

    def _post(self, body: dict[str, Any]) -> httpx.Response:
        """Post until it answers, a refusal is final, or the time is up."""
        deadline = time.monotonic() + self._timeout
        pause = FIRST_PAUSE
        while True:
            response, reason = self._attempt(body, deadline)
            if response is not None and response.status_code == 200:
                return response
            wait = max(pause * random.uniform(0.5, 1.0), _asked_to_wait(response))
            final = response is not None and response.status_code not in PASSING
            if final or time.monotonic() + wait >= deadline:
                log.error("The embedding endpoint of %s failed: %s", self._model.id, reason)
                raise Unavailable("embedding model")
            time.sleep(wait)
            pause = min(2 * pause, LONGEST_PAUSE)

    def _attempt(self, body: dict[str, Any], deadline: float) -> tuple[httpx.Response | None, str]:
        try:
            response = self._client.post("/embeddings", json=body, timeout=max(0.1, deadline - time.monotonic()))
        except httpx.TransportError as error:
            return None, type(error).__name__
        return response, f"HTTP {response.status_code}"


def _asked_to_wait(response: httpx.Response | None) -> float:
    """The seconds of Retry-After; 0 where it is absent or a date."""
    value = response.headers.get("Retry-After", "") if response is not None else ""
    return float(value) if value.replace(".", "", 1).isdigit() else 0.0


@cache
def _vocabulary() -> Any:
    from rs_bpe import bpe

    return bpe.openai.cl100k_base()
