"""The contract of search.index.ChunkIndex, for every adapter (tests/ports/conftest.py)."""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress

import numpy as np
import pytest

from search.index import Candidates, Changes, ChunkIndex, Entry, Filter, Lost, Query
from tests.ports.conftest import DIMENSION, OpenIndex

WORDS = [f"w{number}" for number in range(60)]


def vector(seed: int) -> np.ndarray:
    """A unit vector of its own."""
    drawn = np.random.default_rng(seed).normal(size=DIMENSION)
    return (drawn / np.linalg.norm(drawn)).astype(np.float16)


def entry(slot: int, text: str, *, dataset: str = "d1", document: str = "p1", available: bool = True) -> Entry:
    """An entry whose vector is its slot's."""
    return Entry(slot, dataset, document, text.split(), vector(slot), available)


def some(count: int, *, first: int = 1, seed: int = 0) -> list[Entry]:
    """Entries of random words, five to a document, twenty to a dataset."""
    rng = random.Random(seed)
    texts = [" ".join(rng.choices(WORDS, weights=range(1, 61), k=rng.randint(3, 90))) for _ in range(count)]
    return [
        entry(first + at, text, dataset=f"d{at // 20}", document=f"p{at // 5}", available=at % 7 != 3) for at, text in enumerate(texts)
    ]


def add(index: ChunkIndex, *entries: Entry) -> None:
    """Commit entries under the slots that changed, as the outbox does."""
    index.apply(Changes(slots=[item.slot for item in entries], entries=entries))


def ask(
    index: ChunkIndex, text: str, *, filter: Filter | None = None, like: int | None = None, text_candidates: int = 1024,
    vector_candidates: int = 1024,
) -> Candidates:  # fmt: skip
    """Ask with terms, and with the vector of a slot."""
    query_vector = None if like is None else vector(like).astype(np.float32)
    return index.search(
        Query(text.split(), filter or Filter(), query_vector, text_candidates=text_candidates, vector_candidates=vector_candidates)
    )


def scores(found: Candidates) -> dict[int, tuple[float, float]]:
    """Both scores by slot."""
    assert len(set(found.slots.tolist())) == len(found.slots)
    return {slot: (term, cosine) for slot, term, cosine in zip(found.slots.tolist(), found.terms, found.cosines, strict=True)}


def bound_share(entries: Sequence[Entry], of: Entry, terms: Sequence[str]) -> float:
    """The t of retrieval.md 1a by brute force, with the engines' field length in four significant bits."""
    counts = Counter(term for item in entries for term in set(item.terms))
    average = sum(len(item.terms) for item in entries) / len(entries)
    known = [term for term in set(terms) if counts[term]]
    weights = {term: math.log(1 + (len(entries) - counts[term] + 0.5) / (counts[term] + 0.5)) for term in known}
    frequency = Counter(of.terms)
    norm = 1.2 * (1 - 0.75 + 0.75 * coarse(len(of.terms)) / average)
    return min(1.0, sum(weights[term] * frequency[term] / (frequency[term] + norm) for term in known) / sum(weights.values()))


def coarse(length: int) -> int:
    """A field length as Lucene's and tantivy's norms keep it."""
    if length < 40:
        return length
    shift = (length - 24).bit_length() - 4
    return 24 + ((length - 24) >> shift << shift)


def test_what_is_added_is_found_by_its_terms_and_by_its_vector(index: ChunkIndex) -> None:
    add(index, entry(1, "red apple"), entry(2, "green pear"))
    assert ask(index, "apple").slots.tolist() == [1]
    found = scores(ask(index, "apple", like=2))
    assert found[1][0] > 0 and found[2] == (0, pytest.approx(1, abs=1e-3))
    assert index.count() == 2


def test_nothing_is_found_in_an_index_that_does_not_exist(index: ChunkIndex) -> None:
    assert index.count() == 0
    assert len(ask(index, "apple", like=1).slots) == 0
    assert ask(index, "apple").total == 0


def test_without_terms_and_vector_there_are_no_candidates(index: ChunkIndex) -> None:
    add(index, entry(1, "red apple"))
    assert len(ask(index, "").slots) == 0


def test_terms_unknown_to_the_index_change_nothing(index: ChunkIndex) -> None:
    add(index, *some(50))
    assert scores(ask(index, "w3 w59 nowhere", like=4)) == scores(ask(index, "w3 w59", like=4))


def test_a_question_of_unknown_terms_still_has_vector_candidates(index: ChunkIndex) -> None:
    add(index, *some(20))
    found = ask(index, "nowhere", like=4, vector_candidates=3)
    assert len(found.slots) == 3 and not found.terms.any()


@pytest.mark.parametrize("scope", ["slots", "documents", "datasets"])
def test_what_is_removed_is_gone_and_counted_so(index: ChunkIndex, scope: str) -> None:
    add(index, entry(1, "apple", dataset="a", document="p"), entry(2, "apple", dataset="b", document="q"))
    targets = {"slots": [1], "documents": ["p"], "datasets": ["a"]}[scope]
    index.apply(Changes(**{scope: targets}))
    assert index.count() == 1
    assert ask(index, "apple").slots.tolist() == [2]
    assert ask(index, "", like=1).slots.tolist() == [2]


def test_removing_what_is_not_there_is_no_error(index: ChunkIndex) -> None:
    index.apply(Changes(slots=[5], documents=["none"], datasets=["none"]))
    add(index, entry(1, "apple"))
    index.apply(Changes(slots=[5, 2**40], documents=["none"], datasets=["none"]))
    assert index.count() == 1


def test_applying_the_same_changes_again_changes_nothing(index: ChunkIndex) -> None:
    entries = some(30)
    changes = Changes(slots=[item.slot for item in entries], documents=["p0"], datasets=["d1"], entries=entries)
    index.apply(changes)
    once = scores(ask(index, "w59 w3", like=2))
    index.apply(changes)
    again = scores(ask(index, "w59 w3", like=2))
    assert index.count() == 30 and again.keys() == once.keys()


def test_an_entry_of_a_present_slot_replaces_it_without_being_removed_first(index: ChunkIndex) -> None:
    add(index, entry(1, "apple"), entry(2, "apple"))
    index.apply(Changes(entries=[entry(1, "apple", available=False)]))
    assert index.count() == 2
    assert ask(index, "apple").slots.tolist() == [2]
    index.apply(Changes(entries=[entry(1, "apple")]))
    assert sorted(ask(index, "apple").slots.tolist()) == [1, 2]


def test_a_slot_that_comes_twice_in_one_commit_is_there_once(index: ChunkIndex) -> None:
    entries = [entry(1, "apple"), entry(2, "pear"), entry(1, "apple", available=False)]
    index.apply(Changes(slots=[1, 2], entries=[*entries, *some(600, first=10), entries[0]]))
    assert index.count() == 602
    assert ask(index, "apple").slots.tolist() == [1]


def test_a_removed_slot_can_come_back(index: ChunkIndex) -> None:
    add(index, entry(1, "apple"), entry(2, "pear"))
    index.apply(Changes(slots=[1]))
    add(index, entry(1, "apple"))
    assert scores(ask(index, "apple", like=1, vector_candidates=1)) == {1: (pytest.approx(1, abs=0.6), pytest.approx(1, abs=1e-3))}


def test_what_is_switched_off_answers_only_listings_that_ask_for_it(index: ChunkIndex) -> None:
    add(index, entry(1, "apple", available=False), entry(2, "apple"))
    assert ask(index, "apple", like=1).slots.tolist() == [2]
    assert sorted(ask(index, "apple", filter=Filter(with_unavailable=True)).slots.tolist()) == [1, 2]


@pytest.mark.parametrize(
    "filter",
    [
        Filter(),
        Filter(datasets=["d1"]),
        Filter(datasets=["d0", "d2", "unknown"]),
        Filter(documents=["p3", "p9"]),
        Filter(datasets=["d1"], documents=["p4", "p9"]),
        Filter(datasets=["d1"], with_unavailable=True),
        Filter(datasets=[]),
        Filter(documents=[]),
        Filter(datasets=["d0"], documents=["p9"]),
    ],
    ids=str,
)
def test_filters_choose_and_never_change_a_score(index: ChunkIndex, filter: Filter) -> None:
    entries = some(100)
    add(index, *entries)
    everything = scores(ask(index, "w59 w40 w3", filter=Filter(with_unavailable=True), like=7))
    admitted = {
        item.slot
        for item in entries
        if (filter.datasets is None or item.dataset in filter.datasets)
        and (filter.documents is None or item.document in filter.documents)
        and (item.available or filter.with_unavailable)
    }
    assert scores(ask(index, "w59 w40 w3", filter=filter, like=7)) == {slot: everything[slot] for slot in admitted}
    matching = {slot for slot in admitted if everything[slot][0] > 0}
    found = ask(index, "w59 w40 w3", filter=filter)
    assert set(found.slots.tolist()) == matching and found.total == len(matching)


@pytest.mark.parametrize("removed", [0, 80])
def test_scores_are_the_share_of_the_bound_of_bm25(index: ChunkIndex, removed: int) -> None:
    """Deleted entries count until they are merged away, in N as in the frequencies: idf stays positive."""
    entries = some(200)
    add(index, *entries)
    index.apply(Changes(slots=[item.slot for item in entries[:removed]]))
    terms = ["w59", "w12", "w1", "nowhere"]
    found = scores(ask(index, " ".join(terms), filter=Filter(with_unavailable=True), like=1))
    assert len(found) == 200 - removed
    for item in entries[removed:]:
        assert found[item.slot][0] == pytest.approx(bound_share(entries, item, terms), abs=2e-6)


def test_a_term_that_every_entry_repeats_is_clamped_to_one(index: ChunkIndex) -> None:
    add(index, entry(1, "apple " * 500), entry(2, "apple"))
    assert max(ask(index, "apple").terms) <= 1


def test_candidates_are_the_best_by_terms_and_the_best_by_vector_each_with_both_scores(index: ChunkIndex) -> None:
    entries = some(300)
    add(index, *entries)
    everyone = scores(ask(index, "w59 w3", like=9, filter=Filter(with_unavailable=True)))
    found = scores(ask(index, "w59 w3", like=9, filter=Filter(with_unavailable=True), text_candidates=20, vector_candidates=30))
    by_terms = sorted(everyone, key=lambda slot: -everyone[slot][0])[:20]
    by_vector = sorted(everyone, key=lambda slot: -everyone[slot][1])[:30]
    assert set(by_vector) <= found.keys() and len(found) <= 50
    assert sorted(everyone[slot][0] for slot in by_terms) == sorted(term for term, _ in found.values())[-20:]
    for slot, (term, cosine) in found.items():
        assert (term, cosine) == (pytest.approx(everyone[slot][0], abs=2e-6), pytest.approx(everyone[slot][1], abs=2e-6))


def test_only_the_rarest_256_terms_of_a_question_count(index: ChunkIndex) -> None:
    rare = [f"r{number}" for number in range(256)]
    add(index, *(entry(slot, f"r{slot % 256} often") for slot in range(1, 1025)))
    assert scores(ask(index, " ".join(["often", *rare]))) == scores(ask(index, " ".join(rare)))


def test_a_listing_needs_its_share_of_the_known_terms(index: ChunkIndex) -> None:
    add(index, entry(1, "a b c d e f g h i j"), entry(2, "a b c"), entry(3, "a b"), entry(4, "z"))
    query = Query("a b c d e f g h i j unknown".split(), Filter(), share=0.3)
    found = index.search(query)
    assert found.slots.tolist() == [1, 2] and found.total == 2


def test_a_listing_is_best_first_then_by_slot_and_its_pages_join(index: ChunkIndex) -> None:
    add(index, *(entry(slot, "apple pear" if slot % 3 else "apple") for slot in (9, 3, 8, 5, 1, 7, 2)))
    whole = index.search(Query(["apple", "pear"], Filter()))
    assert whole.slots.tolist() == [1, 2, 5, 7, 8, 3, 9] and whole.total == 7
    pages = [index.search(Query(["apple", "pear"], Filter(), offset=at, text_candidates=2)) for at in range(0, 8, 2)]
    assert [slot for page in pages for slot in page.slots.tolist()] == whole.slots.tolist()
    assert {page.total for page in pages} == {7}
    beyond = index.search(Query(["apple"], Filter(), offset=50))
    assert beyond.slots.tolist() == [] and beyond.total == 7


def test_a_filter_of_100_000_documents_works(index: ChunkIndex) -> None:
    add(index, *some(100))
    many = [f"p{number}" for number in range(5, 100_005)]
    found = ask(index, "w59", filter=Filter(documents=many, with_unavailable=True), like=3)
    assert len(found.slots) == 75


def test_slots_beyond_32_bits_are_kept_and_removed(index: ChunkIndex) -> None:
    add(index, entry(2**40, "apple"), entry(2**40 + 1, "apple"))
    index.apply(Changes(slots=[2**40]))
    assert ask(index, "apple", like=1).slots.tolist() == [2**40 + 1]


def test_every_opening_sees_the_latest_commit_at_once(open_index: OpenIndex) -> None:
    writer, reader = open_index(), open_index()
    for slot in range(1, 40):
        add(writer, entry(slot, f"apple n{slot}"))
        assert reader.count() == slot
        assert ask(reader, f"n{slot}", like=slot, vector_candidates=1).slots.tolist() == [slot]
    writer.apply(Changes(datasets=["d1"]))
    assert len(ask(reader, "apple", like=1).slots) == 0 and reader.count() == 0


def test_many_small_commits_answer_as_one_large(open_index: OpenIndex) -> None:
    index, entries = open_index(), some(150)
    for item in entries:
        add(index, item)
    for slot in (3, 77, 150):
        found = scores(ask(index, "w59 w3", like=slot, vector_candidates=1, text_candidates=0))
        assert found.keys() == {slot} or not entries[slot - 1].available


def test_a_dropped_index_starts_empty(open_index: OpenIndex) -> None:
    index, other = open_index(), open_index()
    add(index, *some(20))
    assert other.count() == 20
    index.drop()
    assert index.count() == 0
    with suppress(Lost):  # who knew it may be told so, once
        other.count()
    assert other.count() == 0
    add(index, entry(1, "apple"))
    assert other.count() == 1
