"""Any other model, by its Hugging Face name or folder, through sentence-transformers."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from search.catalogue import Model
from search.embedding.vectors import Vectors, encodable, remembered, unit

BATCH = 8


class SentenceEmbedder:
    """An embedder that holds torch and the model in this process: about 1 GB and ten seconds for a small one."""

    def __init__(self, model: Model, *, folder: Path) -> None:
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        from sentence_transformers import SentenceTransformer

        self._model = model
        self._transformer = SentenceTransformer(model.path, device="cpu")
        measures = remembered(folder, f"{model.path} {model.passage_prefix}", self.embed_passages)
        self.dimension, self.floor, self.mean = measures.dimension, measures.floor, measures.mean

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Embed texts that will be searched: float32 [n, dimension]; the model's own prompt comes before each."""
        if not texts:
            return np.zeros((0, self.dimension), dtype=np.float32)
        prefixed = [encodable(self._model.passage_prefix + text) for text in texts]
        return unit(self._transformer.encode_document(prefixed, batch_size=BATCH, show_progress_bar=False, convert_to_numpy=True))

    def embed_query(self, text: str) -> Vectors:
        """Embed a question: float32 [dimension]."""
        prefixed = [encodable(self._model.query_prefix + text)]
        vector: Vectors = unit(self._transformer.encode_query(prefixed, show_progress_bar=False, convert_to_numpy=True))[0]
        return vector

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Count the model's tokens of each text, without the marks it adds and without its length limit."""
        if not texts:
            return []
        tokenised = self._transformer.tokenizer([encodable(text) for text in texts], add_special_tokens=False, truncation=False, verbose=False)
        return [len(ids) for ids in tokenised["input_ids"]]
