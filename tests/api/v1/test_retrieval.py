"""Retrieval over the wire (RAGFlow v1 contract 3.16; decisions B4, B6, B13)."""

from __future__ import annotations

import pytest

from tests.api.v1.wire import BASE, UNKNOWN, as_seed, assert_error, assert_success, both_profiles, said, upload
from tests.engines import both_engines

pytestmark = both_engines

PATH = f"{BASE}/retrieval"


@pytest.fixture
def found(client, dataset, chunk):
    """Ask, with the dataset filled in; gives `data`."""

    def ask(question="kettle", **fields):
        return assert_success(client.post(PATH, json={"question": question, "dataset_ids": [dataset], **fields}))

    return ask


def add(client, dataset, document, content):
    path = f"{BASE}/datasets/{dataset}/documents/{document}/chunks"
    return assert_success(client.post(path, json={"content": content}))["chunk"]["id"]


@both_profiles
def test_an_answer_is_given_in_full(found, dataset, document, chunk, profile):
    data = found("Which colours has the kettle?", highlight=True)
    [item] = data["chunks"]
    keys = (
        "id content content_ltks document_id document_keyword dataset_id kb_id important_keywords image_id positions similarity"
        " term_similarity vector_similarity doc_type_kwd highlight"
    )
    assert set(item) == set(keys.split())
    assert (item["id"], item["document_id"], item["document_keyword"]) == (chunk, document, "kettle.txt")
    weighted = 0.7 * item["term_similarity"] + 0.3 * item["vector_similarity"]
    assert item["similarity"] == pytest.approx(weighted, abs=1e-6) and 0.2 <= item["similarity"] <= 1
    assert "kettl" in item["content_ltks"].split()
    assert data["doc_aggs"] == [{"doc_name": "kettle.txt", "doc_id": document, "count": 1}]
    assert data["total"] == 1


@both_profiles
def test_an_empty_question_finds_nothing_in_an_object(found, profile):
    assert found("") == {"total": 0, "chunks": [], "doc_aggs": {}}


@both_profiles
@pytest.mark.parametrize(
    "question",
    ["   ", "the of and", "?!?", '"kettle" AND (NOT *:* OR ~2) ^7 [a TO z] \\ / {', "kettle " * 15_000, "水壶" * 50_000, "'; DROP TABLE chunk; --"],
    ids=["blank", "stop words", "punctuation", "query syntax", "100,000 characters", "100,000 Chinese characters", "SQL"],
)
def test_no_question_is_too_strange(found, question, profile):
    assert found(question)["total"] in (0, 1)


@both_profiles
def test_numbers_may_be_spelled(found, profile):
    spelled = {"page": "1", "page_size": "5", "similarity_threshold": "0.1", "vector_similarity_weight": "0.3", "top_k": "10"}
    assert found(**spelled)["total"] == 1
    assert found(vector_similarity_weight=10)["total"] == found(vector_similarity_weight=1)["total"]


@both_profiles
def test_pages_join_to_the_whole(client, found, dataset, document, profile):
    for number in range(7):
        add(client, dataset, document, f"The kettle of model {number} is made of steel and glass.")
    whole = found(page_size=100)
    assert whole["total"] == 8
    pages = [found(page=page, page_size=3) for page in (1, 2, 3, 4)]
    assert [page["total"] for page in pages] == [8] * 4
    assert [item["id"] for page in pages for item in page["chunks"]] == [item["id"] for item in whole["chunks"]]
    assert pages[3]["chunks"] == pages[3]["doc_aggs"] == []
    assert found(page_size=100, top_k=1)["total"] == 8  # contract 5.4: top_k does not shorten the matches of the text


@both_profiles
def test_unknown_keys_and_the_documents_of_old_clients_are_ignored(found, profile):
    """The SDK of 0.17 sends its document ids under `documents`, which the server never read (contract 11.1)."""
    assert found(documents=[UNKNOWN], colour="red", keyword=True, use_kg=False, rerank_id=None, document_ids=[])["total"] == 1


@both_profiles
def test_documents_narrow_the_search_and_no_score_changes(client, found, dataset, document, profile):
    other = upload(client, dataset, "other.txt")["id"]
    add(client, dataset, other, "A kettle of another document.")
    everything = {item["id"]: item["similarity"] for item in found()["chunks"]}
    assert len(everything) == 2
    [item] = found(document_ids=[other])["chunks"]
    assert item["document_id"] == other and everything[item["id"]] == item["similarity"]


@both_profiles
@pytest.mark.parametrize("nothing", [{}, {"dataset_ids": None}, {"dataset_ids": []}, {"dataset_ids": ""}, {"document_ids": []}])
def test_searching_nowhere_is_refused(client, nothing, profile):
    key = "dataset_ids" if profile == "v0.19" else "datasets"
    assert_error(client.post(PATH, json={"question": "x", **nothing}), 102, f"`{key}` is required.")


@both_profiles
def test_the_order_of_checks_is_the_contracts(client, dataset, document, chunk, profile):
    """Contract 3.16 and appendix B, decisions B19."""
    other = client.post(f"{BASE}/datasets", json={"name": "other", "embedding_model": "all-MiniLM-L6-v2"}).json["data"]["id"]
    body = {"top_k": 0, "document_ids": [UNKNOWN], "page": "a", "dataset_ids": "x"}
    assert_error(client.post(PATH, json=body), 102, "`dataset_ids` should be a list")
    body["dataset_ids"] = [dataset, UNKNOWN]
    assert_error(client.post(PATH, json=body), 102, f"You don't own the dataset {UNKNOWN}.")
    body["dataset_ids"] = [dataset, other]
    assert_error(client.post(PATH, json=body), 102, "`question` is required.")
    body["question"] = "x"
    assert "page" in said(client.post(PATH, json=body))[1] or profile == "v0.19"
    body["page"] = 1
    for wrong in ("x", [UNKNOWN]):
        body["document_ids"] = wrong
        assert "must be greater than 0" in said(client.post(PATH, json=body))[1]
    body |= {"top_k": 1, "document_ids": "x"}
    assert_error(client.post(PATH, json=body), 102, "`documents` should be a list")
    body["document_ids"] = [UNKNOWN]
    assert_error(client.post(PATH, json=body), 102, f"The datasets don't own the document {UNKNOWN}")


@as_seed
def test_a_threshold_outside_0_to_1_is_refused(client, dataset):
    for threshold in (-0.1, 1.1, "7"):
        body = {"question": "x", "dataset_ids": [dataset], "similarity_threshold": threshold}
        assert_error(client.post(PATH, json=body), 101, "similarity_threshold should be between 0 and 1")


@both_profiles
@pytest.mark.parametrize(
    "sent", [{"page": 0}, {"page": -1}, {"page_size": 0}, {"page": 2**70}, {"page_size": "x"}, {"similarity_threshold": "nan"}, {"page": [1]}]
)
def test_numbers_out_of_range_are_refused(client, dataset, sent, profile):
    code, message = said(client.post(PATH, json={"question": "x", "dataset_ids": [dataset], **sent}))
    assert code in (100, 101)
    if profile == "seed":
        assert next(iter(sent)) in message


@both_profiles
def test_other_languages_are_refused_by_name(client, dataset, profile):
    body = {"question": "x", "dataset_ids": [dataset], "cross_languages": ["French"]}
    assert_error(client.post(PATH, json=body), 102, "`cross_languages` needs a chat model, and none is configured.")
    assert_success(client.post(PATH, json={**body, "cross_languages": []}))


METADATA = [
    ("contains", "ket", 1),
    ("not contains", "ket", 0),
    ("start with", "Ket", 1),
    ("end with", "tle", 1),
    ("empty", None, 0),
    ("not empty", "", 1),
    ("=", "kettle", 1),
    ("is", "kettle", 1),
    ("≠", "kettle", 0),
    ("!=", "pot", 1),
]


@both_profiles
def test_metadata_conditions_choose_the_documents(client, found, dataset, document, profile):
    client.put(f"{BASE}/datasets/{dataset}/documents/{document}", json={"meta_fields": {"thing": "kettle", "year": 2024}})
    for operator, value, total in METADATA:
        condition = {"name": "thing", "comparison_operator": operator, "value": value}
        assert found(metadata_condition={"logic": "and", "conditions": [condition]})["total"] == total, operator
    for operator, total in ((">", 1), ("<", 0), ("≥", 1), (">=", 1), ("≤", 0)):
        condition = {"name": "year", "comparison_operator": operator, "value": "2000"}
        assert found(metadata_condition={"conditions": [condition]})["total"] == total, operator
    both = [{"name": "thing", "comparison_operator": "=", "value": v} for v in ("kettle", "pot")]
    assert found(metadata_condition={"logic": "and", "conditions": both})["total"] == 0
    assert found(metadata_condition={"logic": "or", "conditions": both})["total"] == 1
    for nothing in (None, {}, {"conditions": []}):
        assert found(metadata_condition=nothing)["total"] == 1


@both_profiles
@pytest.mark.parametrize(
    ("condition", "place"),
    [
        ("x", "metadata_condition"),
        ({"logic": "xor"}, "metadata_condition.logic"),
        ({"conditions": "x"}, "metadata_condition.conditions"),
        ({"conditions": ["x"]}, "metadata_condition.conditions.0"),
        ({"conditions": [{"comparison_operator": "="}]}, "metadata_condition.conditions.0.name"),
        ({"conditions": [{"name": "a"}]}, "metadata_condition.conditions.0.comparison_operator"),
        ({"conditions": [{"name": "a", "comparison_operator": "near"}]}, "comparison_operator"),
    ],
)
def test_metadata_conditions_that_are_none_are_refused_with_their_place(client, dataset, condition, place, profile):
    code, message = said(client.post(PATH, json={"question": "x", "dataset_ids": [dataset], "metadata_condition": condition}))
    assert code in (100, 101, 102) and code
    if profile == "seed":
        assert place in message


@both_profiles
def test_a_dataset_without_chunks_answers_with_nothing(client, dataset, profile):
    body = {"question": "kettle", "dataset_ids": [dataset]}
    assert assert_success(client.post(PATH, json=body)) == {"total": 0, "chunks": [], "doc_aggs": []}
