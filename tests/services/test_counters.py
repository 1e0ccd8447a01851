"""Counters of documents and datasets (RAGFlow v1 contract 2.6, decisions B14)."""

from __future__ import annotations

import pytest

from models.tables import Chunk, Dataset, Document
from services import chunks, compat, documents


def counted(dataset):
    row = Dataset.get_by_id(dataset.id)
    return row.document_count, row.chunk_count, row.token_count


@pytest.fixture
def in_profile(app):
    def use(name):
        compat.use(name, embedding_default=compat.profile().embedding_default)

    before = compat.profile().name
    yield use
    use(before)


def test_counters_are_the_stored_chunks_and_their_tokens(story):
    dataset = story.dataset()
    document = story.document(dataset)
    story.chunk(document, "The first passage.")
    story.chunk(document, "The second one.")
    stored = list(Chunk.select())
    assert counted(dataset) == (1, 2, sum(chunk.token_count for chunk in stored))


def test_the_same_chunk_twice_counts_once_where_counters_are_exact(story):
    dataset = story.dataset()
    document = story.document(dataset)
    story.chunk(document, "The same passage.")
    before = counted(dataset)
    story.chunk(document, "The same passage.")
    assert counted(dataset) == before


def test_the_same_chunk_twice_counts_twice_as_ragflow_0_19_does(story, in_profile):
    in_profile("v0.19")
    dataset = story.dataset()
    document = story.document(dataset)
    story.chunk(document, "The same passage.")
    story.chunk(document, "The same passage.")
    assert counted(dataset)[1] == 2 and Chunk.select().count() == 1


def test_deleting_chunks_takes_one_token_off_as_ragflow_0_19_does(story, in_profile):
    in_profile("v0.19")
    dataset = story.dataset()
    document = story.document(dataset)
    ids = [story.chunk(document, text).id for text in ("One passage.", "Another passage.")]
    tokens = counted(dataset)[2]
    chunks.delete(document, ids=ids)
    assert counted(dataset)[1:] == (0, tokens - 1)


def test_counters_never_go_below_zero(story, owner):
    dataset = story.dataset()
    document = story.document(dataset)
    story.chunk(document, "A passage.")
    Dataset.change(Dataset.id == dataset.id, chunk_count=0, token_count=0)
    documents.delete(owner, dataset.id, ids=[document.id])
    assert counted(dataset) == (0, 0, 0)


def test_a_deleted_document_takes_its_counts_with_it(story, owner):
    dataset = story.dataset()
    gone, kept = story.document(dataset, "gone.txt"), story.document(dataset, "kept.txt")
    story.chunk(gone, "A passage to lose.")
    remaining = story.chunk(kept, "A passage to keep.")
    documents.delete(owner, dataset.id, ids=[gone.id])
    assert counted(dataset) == (1, 1, remaining.token_count)
    assert Document.select().count() == 1
