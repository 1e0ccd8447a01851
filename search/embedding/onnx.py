"""A prepared model run by onnxruntime: no torch, one thread per run, about 100 MB resident."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import BoundedSemaphore, Lock
from typing import TYPE_CHECKING, Any

import numpy as np

from models.errors import Unavailable
from search.embedding.vectors import Vectors, encodable, unit

if TYPE_CHECKING:
    from onnxruntime import InferenceSession
    from tokenizers import Tokenizer


@dataclass(frozen=True, slots=True)
class Card:
    """model.json of a prepared folder; `pooling` is mean or first."""

    name: str
    dimension: int
    floor: float
    max_tokens: int
    pooling: str
    query_prefix: str
    passage_prefix: str
    file: str
    digest: str


class OnnxEmbedder:
    """An embedder over a prepared folder; safe to share between threads, not between a process and its fork."""

    def __init__(self, folder: Path, *, threads: int) -> None:
        self.card = read_card(folder)
        self.dimension = self.card.dimension
        self.floor = self.card.floor
        self.mean: Vectors = np.load(folder / "mean.npy")
        self._threads = threads
        self._folder = folder
        self._lock = Lock()
        self._opened: Runtime | None = None

    @property
    def _runtime(self) -> Runtime:
        """Opened by the first text: who asks for `mean` alone need not wait. Raises Unavailable."""
        with self._lock:
            if self._opened is None:
                try:
                    self._opened = Runtime(self._folder, self.card, self._threads)
                except (OSError, ImportError, ValueError, RuntimeError) as error:
                    raise Unavailable("embedding model") from error
            return self._opened

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Embed texts that will be searched: float32 [n, dim], in their order; raises InvalidInput for an unusable vector.

        Each text is run alone: the scales of the int8 activations span a batch, so a neighbour would move the vector.
        """
        if not texts:
            return np.zeros((0, self.dimension), dtype=np.float32)
        ids = self._runtime.ids([encodable(self.card.passage_prefix + text) for text in texts])
        if self._threads == 1 or len(ids) == 1:
            return unit(np.stack([self._runtime.pooled(one) for one in ids]))
        with ThreadPoolExecutor(min(self._threads, len(ids))) as pool:
            return unit(np.stack(list(pool.map(self._runtime.pooled, ids))))

    def embed_query(self, text: str) -> Vectors:
        """Embed a question: float32 [dim]."""
        ids = self._runtime.ids([encodable(self.card.query_prefix + text)])
        vector: Vectors = unit(self._runtime.pooled(ids[0])[np.newaxis])[0]
        return vector

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Count the model's tokens of each text, without the marks it adds and without its length limit."""
        given = [encodable(text) for text in texts]
        return [len(encoding.ids) for encoding in self._runtime.tokenizer.encode_batch_fast(given, add_special_tokens=False)]


class Runtime:
    """The session and the tokenizer of one prepared folder; only so many texts at a time, for each takes memory while it runs."""

    def __init__(self, folder: Path, card: Card, threads: int) -> None:
        self._card = card
        self._turns = BoundedSemaphore(threads)
        self.tokenizer = open_tokenizer(folder / "tokenizer.json")
        self._session = open_session(folder / card.file)
        self._inputs = {given.name for given in self._session.get_inputs()}

    def ids(self, texts: list[str]) -> list[list[int]]:
        """Tokenise, keeping the last mark where a text is cut to the model's length."""
        limit = self._card.max_tokens
        all_ids = [encoding.ids for encoding in self.tokenizer.encode_batch_fast(texts)]
        return [ids if len(ids) <= limit else ids[: limit - 1] + ids[-1:] for ids in all_ids]

    def pooled(self, ids: list[int]) -> Vectors:
        """Run one text's token ids: float32 [dim], not yet of unit length."""
        row = np.array([ids], dtype=np.int64)
        feed = {"input_ids": row, "attention_mask": np.ones_like(row), "token_type_ids": np.zeros_like(row)}
        with self._turns:
            hidden = self._session.run(None, {name: feed[name] for name in self._inputs})[0][0]
        pooled = hidden[0] if self._card.pooling == "first" else hidden.mean(axis=0)
        return np.asarray(pooled, dtype=np.float32)


def read_card(folder: Path) -> Card:
    """Read model.json of a prepared folder."""
    return Card(**json.loads((folder / "model.json").read_text(encoding="utf-8")))


def open_tokenizer(path: Path) -> Tokenizer:
    """Load a tokenizer that neither pads nor truncates."""
    # its own thread pool warns after a fork and fights the ingest worker for the cores
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_str(path.read_text(encoding="utf-8"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def open_session(path: Path) -> InferenceSession:
    """Open a model for single-threaded runs; several threads may run it at once. Raises ValueError for a damaged file."""
    import onnxruntime
    from onnxruntime.capi.onnxruntime_pybind11_state import Fail, InvalidGraph, InvalidProtobuf, NoSuchFile

    options: Any = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1  # two threads on one passage lose their time slices; two passages do not
    options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False  # the arena keeps the largest batch ever seen
    options.enable_mem_pattern = False
    options.log_severity_level = 3
    # its fused kernel is scalar: as two plain nodes the model is a quarter faster
    unfused = ["SkipLayerNormFusion"]
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"], disabled_optimizers=unfused)
    except (Fail, InvalidGraph, InvalidProtobuf, NoSuchFile) as error:
        raise ValueError(f"{path} is missing or damaged") from error
