"""Bodies of requests, and the reading of answers, without a server."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import InvalidInput
from search.elastic import layout, queries
from search.elastic.options import Options
from search.index import Entry, Filter, IndexKey, Space

VECTOR = np.full(4, 0.5, dtype=np.float32)
FILTER = Filter(datasets=["d"], documents=["p"])


@given(st.lists(st.text(min_size=1), min_size=1, max_size=5, unique=True))
def test_a_question_is_only_ever_the_value_of_term_queries(terms: list[str]) -> None:
    """Whatever a text says, it names no field, no operator and no script."""
    wanted = [{"term": {"terms": {"value": term}}} for term in terms]
    for body in (queries.best(terms, FILTER, size=9), queries.listing(terms, FILTER, offset=0, size=9, least=1)):
        assert body["query"]["bool"].pop("should") == wanted
        assert not any(term in json.dumps(body) for term in terms if len(term) > 20)
    assert [queries.weight(term)["query"] for term in terms] == wanted
    assert queries.frequencies(terms)["aggs"]["terms"]["filters"]["filters"] == wanted


@pytest.mark.parametrize("body", [queries.best(["a"], FILTER, size=5), queries.listing(["a"], FILTER, offset=0, size=5, least=1)])
def test_filters_stand_beside_the_terms_and_score_nothing(body: queries.Body) -> None:
    expected = [{"term": {"available": True}}, {"terms": {"dataset": ["d"]}}, {"terms": {"document": ["p"]}}]
    assert body["query"]["bool"]["filter"] == expected


def test_the_filter_of_the_nearest_is_applied_while_they_are_looked_for() -> None:
    knn = queries.nearest(VECTOR, FILTER, size=5)["query"]["knn"]
    assert knn["filter"][1:] == [{"terms": {"dataset": ["d"]}}, {"terms": {"document": ["p"]}}] and knn["k"] == 5


def test_no_filter_restricts_nothing_and_an_empty_one_admits_nothing() -> None:
    assert queries.best(["a"], Filter(with_unavailable=True), size=5)["query"]["bool"]["filter"] == []
    assert {"terms": {"dataset": []}} in queries.best(["a"], Filter(datasets=[]), size=5)["query"]["bool"]["filter"]


@pytest.mark.parametrize(
    "body",
    [
        queries.best([], FILTER, size=5),
        queries.best(["a"], FILTER, size=0),
        queries.nearest(VECTOR, FILTER, size=0),
        queries.terms_of(np.zeros(0, dtype=np.int64), ["a"]),
        queries.cosines_of(np.zeros(0, dtype=np.int64), VECTOR),
        queries.listing([], FILTER, offset=0, size=5, least=1),
    ],
)
def test_nothing_wanted_asks_for_nothing(body: queries.Body) -> None:
    assert body["query"] == {"match_none": {}}


def test_no_more_vectors_are_asked_for_than_the_engine_compares() -> None:
    knn = queries.nearest(VECTOR, FILTER, size=1_000_000)["query"]["knn"]
    assert knn["k"] * knn["rescore_vector"]["oversample"] <= 10_000


def test_a_weight_is_computed_from_the_numbers_behind_a_score() -> None:
    numbers = [{"description": "n, number of documents containing term", "value": 3, "details": []},
               {"description": "N, total number of documents with field", "value": 50, "details": []}]  # fmt: skip
    explanation = {"description": "weight", "value": 9, "details": [{"description": "idf", "value": 2, "details": numbers}]}
    assert queries.idf({"hits": {"hits": [{"_explanation": explanation}]}}) == pytest.approx(math.log(1 + 47.5 / 3.5))
    assert queries.idf({"hits": {"hits": []}}) is None


def test_the_rarest_terms_are_kept_and_unknown_ones_left_out() -> None:
    answer = {"aggregations": {"terms": {"buckets": [{"doc_count": count} for count in (5, 0, 1, 9)]}}}
    assert queries.rarest(answer, ["a", "b", "c", "d"], most=2) == ["c", "a"]


@given(st.floats(-1, 1))
def test_a_cosine_is_read_back_from_the_score_of_an_inner_product(cosine: float) -> None:
    score = cosine + 1 if cosine >= 0 else 1 / (1 - cosine)
    assert queries.cosines(np.array([score]))[0] == pytest.approx(cosine, abs=1e-6)


def test_shares_stay_between_0_and_1() -> None:
    assert queries.shares(np.array([0.0, 1.1, 99.0]), 1.0).tolist() == [0.0, 0.5, 1.0]
    assert queries.shares(np.zeros(0), 0.0).tolist() == []


@given(st.lists(st.floats(-1, 1, width=16), min_size=4, max_size=4), st.text())
def test_a_line_of_a_bulk_says_exactly_what_the_entry_holds(numbers: list[float], term: str) -> None:
    entry = Entry(7, "d", "p", [term, "x"], np.array(numbers, dtype=np.float16))
    action, document = layout.lines(entry, 9, 4)
    assert json.loads(action) == {"index": {"_id": "7", "version": 9, "version_type": "external_gte"}}
    read = json.loads(document)
    assert np.array(read.pop("vector"), dtype=np.float32).tolist() == entry.vector.astype(np.float32).tolist()
    assert read == {"slot": 7, "dataset": "d", "document": "p", "available": True, "terms": f"{term} x"}
    assert "\n" not in action + document


def test_a_vector_of_another_dimension_is_refused() -> None:
    with pytest.raises(InvalidInput):
        layout.lines(Entry(7, "d", "p", [], np.zeros(3, dtype=np.float16)), 9, 4)


@given(st.text(max_size=200), st.text(max_size=200))
def test_an_index_has_a_name_that_the_engine_takes_and_no_other_has(tenant: str, model: str) -> None:
    name = layout.numbered(layout.alias(IndexKey(tenant, model), "dovetail"), 12)
    assert name == name.lower() and len(name) < 200 and not set(name) & set('\\/*?"<>| ,#:') and name.startswith("dovetail-")
    assert layout.number_of(name) == 12
    assert layout.alias(IndexKey(tenant, model + "x"), "dovetail") != layout.alias(IndexKey(tenant, model), "dovetail")


def test_a_new_index_takes_no_field_that_is_not_named() -> None:
    options = Options(["http://x"], shards=2, replicas=1, refresh_interval="5s", vector_index="int8_hnsw")
    body = layout.body(Space(VECTOR, "digest"), options, alias="a")
    assert body["mappings"]["dynamic"] == "strict" and body["aliases"] == {"a": {}}
    assert body["mappings"]["properties"]["vector"]["index_options"] == {"type": "int8_hnsw"}
    assert {key: body["settings"]["index"][key] for key in ("number_of_shards", "number_of_replicas", "refresh_interval")} == {
        "number_of_shards": 2, "number_of_replicas": 1, "refresh_interval": "5s",
    }  # fmt: skip
