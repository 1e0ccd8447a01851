"""Texts to vectors: one embedder per model, opened in the process that first needs it."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from models.errors import Unavailable
from search import catalogue

__all__ = ["Embedder", "embedder", "open_models"]


class Embedder(Protocol):
    """One embedding model. `floor` is the mean cosine of unrelated texts, `mean` float32 [dimension] the mean vector."""

    dimension: int
    floor: float
    mean: NDArray[np.float32]

    def embed_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embed texts to be searched: float32 [n, dimension], unit length; [0, dimension] for no texts.

        Raises Unavailable("embedding model"); InvalidInput (`vector.unusable`) where a vector is zero or not finite.
        """

    def embed_query(self, text: str) -> NDArray[np.float32]:
        """Embed a question: float32 [dimension], unit length. Raises as `embed_passages`."""

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Count the tokens of each text, however long."""


@dataclass(slots=True)
class _Opened:
    folder: Path = Path("models")
    threads: int = 1
    timeout: float = 30.0
    lock: threading.RLock = field(default_factory=threading.RLock)
    embedders: dict[str, Embedder] = field(default_factory=dict)


_opened = _Opened()


def open_models(folder: Path, *, threads: int = 1, timeout: float = 30.0) -> None:
    """Say where prepared models are kept, how many threads embed passages, and how many seconds a remote model has.

    Reads and imports nothing yet: each process loads a model when it first embeds.
    """
    global _opened
    _opened = _Opened(Path(folder), threads, timeout)


def embedder(model: str) -> Embedder:
    """Get the embedder of a model id (as `catalogue.resolve` gives it), loading it on its first use in this process.

    Raises Unavailable("embedding model"), with the reason as its cause.
    """
    found = _opened.embedders.get(model)
    if found is None:
        with _opened.lock:
            found = _opened.embedders.get(model) or _load(catalogue.model(model))
            _opened.embedders[model] = found
    return found


def _load(model: catalogue.Model) -> Embedder:
    from search.embedding.prepare import slug

    folder = _opened.folder / slug(model.id)
    try:
        if model.source == "onnx":
            from search.embedding.onnx import OnnxEmbedder

            return OnnxEmbedder(folder, threads=_opened.threads)
        if model.source == "sentence":
            from search.embedding.sentence import SentenceEmbedder

            return SentenceEmbedder(model, folder=folder)
        from search.embedding.remote import RemoteEmbedder

        return RemoteEmbedder(model, folder=folder, timeout=_opened.timeout)
    except (OSError, ImportError, ValueError, RuntimeError) as error:
        raise Unavailable("embedding model") from error


def _forget_after_fork() -> None:
    """Sessions and sockets of the parent are not the child's; it opens its own."""
    _opened.embedders = {}
    _opened.lock = threading.RLock()


os.register_at_fork(after_in_child=_forget_after_fork)
