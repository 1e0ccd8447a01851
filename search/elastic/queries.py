"""Bodies of searches, and what their answers say; pure functions. A question's terms only ever become term queries."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from search.elastic.layout import LARGEST_PAGE
from search.index import Filter

NEAREST = 10_000  # the most vectors that the engine compares for one question
OVERSAMPLE = 2.0  # of the vectors in 8 bits so many more are compared in full
SCOPE_PAGE = 10_000  # slots of one answer when a scope is read through
_PEAK = 2.2  # k1 + 1: what the engine's BM25 gives, at most, for a weight of 1

Body = dict[str, Any]
Slots = NDArray[np.int64]
Scores = NDArray[np.float64]

EVERYTHING: Body = {"exists": {"field": "slot"}}
NOTHING: Body = {"match_none": {}}


def best(terms: Sequence[str], filter: Filter, *, size: int, least: int = 1) -> Body:
    """The entries that score best by terms, among those that have `least` of them."""
    return _slots(_by_terms(terms, _filters(filter), least) if terms and size > 0 else NOTHING, size)


def nearest(vector: NDArray[np.float32], filter: Filter, *, size: int) -> Body:
    """The entries nearest to a vector."""
    size = min(size, NEAREST)
    return _slots(_by_vector(vector, _filters(filter), size, OVERSAMPLE) if size > 0 else NOTHING, size)


def terms_of(slots: Slots, terms: Sequence[str]) -> Body:
    """The term scores of given slots; those that have no term are not in the answer."""
    return _slots(_by_terms(terms, [_among(slots)], 1) if terms and len(slots) else NOTHING, len(slots))


def cosines_of(slots: Slots, vector: NDArray[np.float32]) -> Body:
    """The products of given slots with a vector."""
    return _slots(_by_vector(vector, [_among(slots)], len(slots), 1.0) if len(slots) else NOTHING, len(slots))


def listing(terms: Sequence[str], filter: Filter, *, offset: int, size: int, least: int) -> Body:
    """A page of the entries that have `least` of the terms, best first, then by slot, and how many there are."""
    query = _by_terms(terms, _filters(filter), least) if terms else NOTHING
    first = min(offset, LARGEST_PAGE)
    page: Body = {"from": first, "size": min(size, LARGEST_PAGE - first), "sort": ["_score", {"slot": "asc"}]}
    return {"query": query, "track_total_hits": True, "stored_fields": "_none_", **page}


def weight(term: str) -> Body:
    """Any entry that has a term, with the numbers behind its score: those of the whole index, deleted entries included, as in every score."""
    return {"query": _term(term), "size": 1, "terminate_after": 1, "explain": True, "track_total_hits": False, "stored_fields": "_none_"}


def frequencies(terms: Sequence[str]) -> Body:
    """In how many entries each term is."""
    return {"size": 0, "track_total_hits": False, "aggs": {"terms": {"filters": {"filters": [_term(term) for term in terms]}}}}


def scope(documents: Sequence[str], datasets: Sequence[str], *, after: int) -> Body:
    """Slots of these documents and datasets beyond one, ascending."""
    either = [{"terms": {"document": list(documents)}}, {"terms": {"dataset": list(datasets)}}]
    query = {"bool": {"filter": [{"bool": {"should": either}}]}}
    order: Body = {"sort": [{"slot": "asc"}], "search_after": [after], "size": SCOPE_PAGE}
    return {"query": query, "track_total_hits": False, "stored_fields": "_none_", **order}


def idf(answer: Mapping[str, Any]) -> float | None:
    """The weight of a term out of the answer to `weight`; None for a term that no entry has."""
    hits = answer["hits"]["hits"]
    if not hits:
        return None
    told = {detail["description"][:2]: detail["value"] for detail in _details(hits[0]["_explanation"])}
    having, everything = told["n,"], told["N,"]
    return math.log(1 + (everything - having + 0.5) / (having + 0.5))


def rarest(answer: Mapping[str, Any], terms: Sequence[str], *, most: int) -> list[str]:
    """The terms that are in the fewest entries out of the answer to `frequencies`, without those that are in none."""
    counts = [bucket["doc_count"] for bucket in answer["aggregations"]["terms"]["buckets"]]
    known = sorted((count, term) for count, term in zip(counts, terms, strict=True) if count)
    return [term for _, term in known[:most]]


def scored(answer: Mapping[str, Any]) -> tuple[Slots, Scores]:
    """Slots and raw scores."""
    hits = answer["hits"]["hits"]
    slots = np.fromiter((hit["fields"]["slot"][0] for hit in hits), np.int64, len(hits))
    return slots, np.fromiter((hit["_score"] for hit in hits), np.float64, len(hits))


def listed(answer: Mapping[str, Any]) -> tuple[Slots, Scores, int]:
    """Slots and raw scores of a page, and how many there are in all."""
    hits = answer["hits"]["hits"]
    slots = np.fromiter((hit["sort"][1] for hit in hits), np.int64, len(hits))
    return slots, np.fromiter((hit["sort"][0] for hit in hits), np.float64, len(hits)), int(answer["hits"]["total"]["value"])


def in_scope(answer: Mapping[str, Any]) -> list[int]:
    """The slots of one page of a scope."""
    return [int(hit["sort"][0]) for hit in answer["hits"]["hits"]]


def shares(raw: Scores, bound: float) -> Scores:
    """Scores by terms as the part of their bound, 0..1; rounded, because the engine adds single-precision numbers in any order."""
    return np.minimum(raw / (_PEAK * bound), 1.0).round(6) if bound else np.zeros(len(raw))


def cosines(raw: Scores) -> Scores:
    """Products of unit vectors out of the engine's scores, which are never negative."""
    return np.clip(np.round(np.where(raw >= 1, raw - 1, 1 - 1 / np.maximum(raw, 1e-9)), 6), -1.0, 1.0)


def _slots(query: Body, size: int) -> Body:
    return {"query": query, "size": size, "track_total_hits": False, "stored_fields": "_none_", "docvalue_fields": ["slot"]}


def _by_terms(terms: Sequence[str], filters: list[Body], least: int) -> Body:
    return {"bool": {"filter": filters, "should": [_term(term) for term in terms], "minimum_should_match": least}}


def _by_vector(vector: NDArray[np.float32], filters: list[Body], size: int, oversample: float) -> Body:
    rescore = {"oversample": min(oversample, max(1.0, NEAREST / size))}
    wanted = {"field": "vector", "query_vector": vector.tolist(), "k": size, "num_candidates": size}
    return {"knn": {**wanted, "filter": filters, "rescore_vector": rescore}}


def _filters(filter: Filter) -> list[Body]:
    found: list[Body] = [] if filter.with_unavailable else [{"term": {"available": True}}]
    if filter.datasets is not None:
        found.append({"terms": {"dataset": list(filter.datasets)}})
    if filter.documents is not None:
        found.append({"terms": {"document": list(filter.documents)}})
    return found


def _term(term: str) -> Body:
    return {"term": {"terms": {"value": term}}}


def _among(slots: Slots) -> Body:
    return {"terms": {"slot": slots.tolist()}}


def _details(explanation: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield explanation
    for part in explanation["details"]:
        yield from _details(part)
