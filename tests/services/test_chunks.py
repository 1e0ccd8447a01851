"""Chunks that several hands change at once (RAGFlow v1 contract 3.15)."""

from __future__ import annotations

import shutil
import threading

import numpy as np
import pytest

from models.errors import Conflict, NotFound
from models.tables import Chunk, Dataset
from search import engine
from search.embedding import embedder
from search.passages import passage_vectors
from services import chunks, retrieval

from tests.engines import both_engines

pytestmark = both_engines


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


def test_a_vector_of_a_model_that_was_changed_meanwhile_is_refused(story, monkeypatch):
    dataset = story.dataset()
    document = story.document(dataset)
    vectors = chunks.passages.passage_vectors

    def slow_vectors(*args, **options):
        Dataset.change(Dataset.id == dataset.id, model="another-model")
        return vectors(*args, **options)

    monkeypatch.setattr(chunks.passages, "passage_vectors", slow_vectors)
    with pytest.raises(Conflict):
        story.chunk(document, "A passage.")
    assert Chunk.select().count() == 0


def test_a_write_that_the_index_cannot_take_is_acknowledged_and_found_later(story, owner, settings):
    dataset = story.dataset()
    document = story.document(dataset)
    story.chunk(document, "The first passage is about pumps.")
    engine.close()
    aside = settings.index_folder.with_name("aside")
    settings.index_folder.rename(aside)
    settings.index_folder.write_text("a file where the folder should be")
    chunk = story.chunk(document, "The second passage is about valves.")
    settings.index_folder.unlink()
    aside.rename(settings.index_folder)
    scope = retrieval.scope(owner, dataset_ids=[dataset.id])
    found = retrieval.retrieve(scope, search=retrieval.Search("Which passage is about valves?"))
    assert found.chunks[0].chunk.id == chunk.id and found.total == 2


def test_an_index_lost_under_a_running_server_is_made_anew_by_the_next_question(story, owner, settings):
    dataset = story.dataset()
    document = story.document(dataset)
    for text in ("The first passage is about pumps.", "The second passage is about valves."):
        story.chunk(document, text)
    shutil.rmtree(settings.index_folder)
    story.chunk(document, "The third passage is about pipes.")
    found = retrieval.retrieve(retrieval.scope(owner, dataset_ids=[dataset.id]), search=retrieval.Search("Which passage is it?"))
    assert found.total == 3
