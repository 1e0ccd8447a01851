"""Chunks that several hands change at once (RAGFlow v1 contract 3.15)."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from models.errors import NotFound
from models.tables import Chunk
from search.embedding import embedder
from search.passages import passage_vectors
from services import chunks


def test_changes_made_at_the_same_time_are_all_kept(story):
    document = story.document(story.dataset())
    chunk = story.chunk(document, "The first wording.")
    changes = [{"content": "The second wording."}, {"available": False}, {"important_keywords": ["word"]}]
    together = [threading.Thread(target=chunks.update, args=(document, chunk), kwargs={"changes": change}) for change in changes]
    for thread in together:
        thread.start()
    for thread in together:
        thread.join()
    (row,) = Chunk.select()
    assert (row.content, row.available, row.important_keywords) == ("The second wording.", False, ["word"])


def test_a_vector_is_that_of_the_text_it_stands_beside(story):
    document = story.document(story.dataset())
    chunk = story.chunk(document, "The first wording.")
    chunks.update(document, chunk, changes={"content": "Another wording altogether."})
    chunks.update(document, chunk, changes={"available": False})  # still holds the row of the first wording
    (row,) = Chunk.select()
    (expected,) = passage_vectors("all-MiniLM-L6-v2", document.name, [row.content])
    stored = np.frombuffer(row.vector, np.float16).astype(np.float32)
    assert float(stored @ expected.astype(np.float32)) == pytest.approx(1, abs=1e-3)
    assert row.token_count == embedder("all-MiniLM-L6-v2").count_tokens([row.content])[0]


def test_a_chunk_that_went_meanwhile_is_not_found(story):
    document = story.document(story.dataset())
    chunk = story.chunk(document, "A passage.")
    chunks.delete(document, ids=[chunk.id])
    with pytest.raises(NotFound):
        chunks.update(document, chunk, changes={"content": "Another."})
