"""A score belongs to question, chunk and index: neither pages nor filters change it (RAGFlow v1 contract 5.5, 5.6; decisions B6)."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.api.v1.wire import BASE, assert_success, upload
from tests.engines import both_engines

pytestmark = both_engines

QUESTIONS = ["Which kettle is made of steel?", "steel", "glass pot", "How long is the warranty?", "水壶的保修期有多长？", "the"]
TEXTS = [
    "The kettle is made of brushed steel.",
    "The kettle is made of glass, its lid of steel.",
    "A pot of cast iron, for soups.",
    "The warranty of the kettle lasts two years.",
    "Steel steel steel.",
    "保修期为两年。",
]
ONE_PAGE = 100
once = settings(max_examples=60, deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

questions = st.fixed_dictionaries(
    {
        "question": st.sampled_from(QUESTIONS),
        "similarity_threshold": st.sampled_from([0, 0.2, 0.4]),
        "vector_similarity_weight": st.sampled_from([0, 0.3, 1]),
        "top_k": st.sampled_from([1, 3, 1024]),
    }
)


@pytest.fixture
def shelf(client):
    """The ids of two documents in each of two datasets. All have the same chunks, so that scores are equal and ids decide the order."""
    found = {}
    for name in ("first", "second"):
        dataset = assert_success(client.post(f"{BASE}/datasets", json={"name": name}))["id"]
        found[dataset] = [upload(client, dataset, f"{number}.txt")["id"] for number in range(2)]
        for document in found[dataset]:
            for text in TEXTS:
                path = f"{BASE}/datasets/{dataset}/documents/{document}/chunks"
                assert_success(client.post(path, json={"content": text}))
    return found


@pytest.fixture
def ask(client, shelf):
    """Retrieve, from both datasets unless it is said otherwise; gives `data`."""
    return lambda **fields: assert_success(client.post(f"{BASE}/retrieval", json={"dataset_ids": [*shelf], "page_size": ONE_PAGE, **fields}))


def scores(data):
    return {item["id"]: (item["similarity"], item["term_similarity"], item["vector_similarity"]) for item in data["chunks"]}


def test_pages_of_any_size_join_to_one_page(ask):
    @once
    @given(questions, st.integers(1, 40))
    def run(question, size):
        whole = ask(**question)
        assert whole["total"] == len(whole["chunks"])
        pages = [ask(**question, page=number, page_size=size) for number in range(1, whole["total"] // size + 2)]
        assert {page["total"] for page in pages} == {whole["total"]}
        assert [item for page in pages for item in page["chunks"]] == whole["chunks"]

    run()


def test_a_filter_takes_chunks_away_and_changes_no_score(ask, shelf):
    places = [(dataset, document) for dataset, documents in shelf.items() for document in documents]

    @once
    @given(questions, st.sets(st.sampled_from(range(len(places))), min_size=1), st.booleans())
    def run(question, chosen, by_document):
        datasets = {places[number][0] for number in chosen}
        documents = {places[number][1] for number in chosen} if by_document else {id for dataset in datasets for id in shelf[dataset]}
        filters = {"dataset_ids": sorted(datasets), "document_ids": sorted(documents) if by_document else []}
        whole = ask(**question)
        within = scores({"chunks": [item for item in whole["chunks"] if item["document_id"] in documents]})
        narrowed = ask(**question, **filters)
        assert {item["document_id"] for item in narrowed["chunks"]} <= documents
        found = scores(narrowed)
        assert set(within) <= set(found)
        assert within == {id: found[id] for id in within}
        if question["top_k"] > len(TEXTS) * len(places):  # else other chunks of the filter are among the vectors' candidates
            assert found == within

    run()


def test_datasets_and_documents_filter_alike(ask, shelf):
    for question in QUESTIONS:
        whole = ask(question=question, similarity_threshold=0)
        parts = {}
        for dataset, documents in shelf.items():
            part = scores(ask(question=question, similarity_threshold=0, dataset_ids=[dataset]))
            assert part == scores(ask(question=question, similarity_threshold=0, document_ids=documents))
            parts |= part
        assert parts == scores(whole)
