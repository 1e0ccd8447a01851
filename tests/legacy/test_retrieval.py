"""Questions answered with passages (legacy contract 5.3, 6.12)."""

from __future__ import annotations

import pytest

from models.tables import Dataset
from services.access import Principal
from tests.engines import both_engines
from tests.factories import make_dataset
from tests.legacy.wire import BASE, SECRET, TOKEN_REFUSED, UNKNOWN, V1, assert_error, assert_success, said, upload

PATH = f"{BASE}/retrieval"
UNEQUAL = 'Knowledge bases use different embedding models or does not exist."'
CHUNK = {
    *("chunk_id", "content_with_weight", "content", "content_ltks", "doc_id", "document_id", "docnm_kwd", "doc_name", "document_keyword", "kb_id"),
    *("important_kwd", "img_id", "image_id", "doc_type_kwd", "positions", "similarity", "term_similarity", "vector_similarity"),
}


def ask(client, **asked):
    return client.post(PATH, json={"question": "What colours does the kettle have?", **asked})


@pytest.fixture
def more(client, dataset, document, chunk):
    """The ids of two documents with one chunk and with two."""
    other = upload(client, name="teapot.txt")["id"]
    for text in ("The teapot is made of porcelain.", "A kettle may stand beside the teapot."):
        client.post(f"{V1}/datasets/{dataset}/documents/{other}/chunks", json={"content": text})
    return document, other


def test_a_chunk_that_answers_has_its_names_of_all_generations(client, dataset, document, chunk):
    found = assert_success(ask(client, kb_id=[dataset]))
    [best] = found["chunks"]
    assert set(best) == CHUNK
    assert best["content_with_weight"] == best["content"] == SECRET
    assert best["docnm_kwd"] == best["doc_name"] == best["document_keyword"] == "kettle.txt"
    assert (best["chunk_id"], best["doc_id"], best["document_id"], best["kb_id"]) == (chunk, document, document, dataset)
    assert best["img_id"] == best["image_id"] == "" and isinstance(best["content_ltks"], str)
    assert 0 < best["similarity"] <= 1
    assert found["total"] == 1
    assert found["doc_aggs"] == [{"doc_name": "kettle.txt", "doc_id": document, "count": 1}]


def test_datasets_come_as_a_string_a_list_or_under_their_modern_name(client, dataset, document, chunk):
    for asked in ({"kb_id": dataset}, {"kb_id": [dataset]}, {"dataset_ids": [dataset]}, {"kb_id": [], "dataset_ids": dataset}):
        assert assert_success(ask(client, **asked))["total"] == 1
    form = {"kb_id": dataset, "question": "kettle", "top_k": "10"}
    assert assert_success(client.post(PATH, data=form))["total"] == 1


def test_pages_are_cut_by_either_name_of_their_size(client, dataset, more):
    everything = assert_success(ask(client, kb_id=dataset, similarity_threshold=0))
    ids = [chunk["chunk_id"] for chunk in everything["chunks"]]
    assert len(ids) == everything["total"] == 3
    assert everything["doc_aggs"][0]["count"] == 2
    for page, expected in ((0, ids[:2]), (1, ids[:2]), (2, ids[2:]), (3, [])):
        for size in ({"size": 2}, {"page_size": 2}, {"page_size": "2", "size": 7}):
            cut = assert_success(ask(client, kb_id=dataset, similarity_threshold=0, page=page, **size))
            assert ([chunk["chunk_id"] for chunk in cut["chunks"]], cut["total"]) == (expected, 3)


@both_engines
def test_documents_narrow_the_search(client, dataset, more):
    kettle, teapot = more
    for ids, expected in [([teapot], 2), (teapot, 2), ([], 3), (None, 3), ([kettle, UNKNOWN], 1), ([UNKNOWN], 0)]:
        found = assert_success(ask(client, kb_id=dataset, doc_ids=ids, similarity_threshold=0))
        assert found["total"] == expected, ids
        assert isinstance(found["doc_aggs"], list)


def test_an_empty_question_answers_an_empty_object(client, dataset, document, chunk):
    empty = {"total": 0, "chunks": [], "doc_aggs": {}}
    for question in ("", None):
        assert assert_success(client.post(PATH, json={"kb_id": dataset, "question": question})) == empty
    assert_error(client.post(PATH, json={"kb_id": UNKNOWN, "question": ""}), 109, UNEQUAL, False)


def test_blank_ids_are_none_and_a_blank_question_is_an_empty_one(client, dataset, document, chunk):
    """Contract 6.12."""
    for blank in ("", [""], [" "], None):
        assert assert_success(client.post(f"{BASE}/retrieval", json={"kb_id": blank, "dataset_ids": [dataset], "question": "kettle"}))["total"] == 1
    nothing = {"total": 0, "chunks": [], "doc_aggs": {}}
    assert assert_success(client.post(f"{BASE}/retrieval", json={"kb_id": dataset, "question": "  "})) == nothing


def test_switches_and_numbers_may_be_null_or_words(client, dataset, document, chunk):
    numbers = ["page", "size", "page_size", "similarity_threshold", "vector_similarity_weight", "top_k"]
    null = dict.fromkeys([*numbers, "rerank_id", "keyword", "highlight"])
    assert assert_success(ask(client, kb_id=dataset, **null))["total"] == 1
    [marked] = assert_success(ask(client, kb_id=dataset, highlight="true", keyword=True))["chunks"]
    assert "<em>kettle</em>" in marked["highlight"]
    [plain] = assert_success(ask(client, kb_id=dataset, highlight="false"))["chunks"]
    assert "highlight" not in plain


def test_what_is_missing_is_told_before_the_key_is_looked_at(client, anonymous, dataset):
    for sender in (client, anonymous):
        assert_error(sender.post(PATH, json={}), 101, "required argument are missing: kb_id,question; ", None)
        assert_error(sender.post(PATH, json={"dataset_ids": []}), 101, "required argument are missing: question; ", None)
        assert_error(sender.post(PATH, json={"question": "x"}), 101, "required argument are missing: kb_id; ", None)
    assert_error(ask(anonymous, kb_id=dataset), 109, TOKEN_REFUSED, False)


def test_datasets_that_are_unknown_foreign_mixed_or_none_are_one_error(client, stranger, dataset, document, chunk):
    owner = Dataset.get_by_id(dataset)
    other = make_dataset(Principal(owner.tenant, owner.created_by), model="another").id
    for ids in (UNKNOWN, [dataset, UNKNOWN], [], "", [dataset, other]):
        assert_error(ask(client, kb_id=ids), 109, UNEQUAL, False)
    assert_error(ask(stranger, kb_id=dataset), 109, UNEQUAL, False)


def test_datasets_without_chunks_are_told(client, dataset, document):
    assert_error(ask(client, kb_id=dataset), 102, "No chunk found! Check the chunk status please!", False)


def test_values_of_the_wrong_type_are_refused_by_name(client, dataset, document, chunk):
    wrong = {"page": "x", "size": -1, "page_size": [], "similarity_threshold": "x", "vector_similarity_weight": {}, "top_k": 0, "rerank_id": 7}
    for key, value in {**wrong, "kb_id": 7, "doc_ids": [7], "question": ["x"]}.items():
        code, message = said(ask(client, **{"kb_id": dataset, key: value}))
        assert code == 101 and message.startswith(f"{key} should "), (key, message)


def test_a_reranker_that_is_unknown_is_told(client, dataset, document, chunk):
    assert said(ask(client, kb_id=dataset, rerank_id="nobody")) == (101, "Model(nobody) not authorized")
