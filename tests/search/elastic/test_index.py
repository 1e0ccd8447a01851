"""What the Elasticsearch adapter promises beyond the contract of the port."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Sequence
from functools import partial

import numpy as np
import pytest

from models.errors import InvalidInput
from search.elastic import layout
from search.elastic.answer import answer
from search.elastic.connection import Connection
from search.elastic.index import ElasticIndex
from search.elastic.options import Options
from search.elastic.queries import Body
from search.index import Changes, Entry, Filter, IndexKey, Lost, Query, Space
from tests.search.elastic.conftest import DIMENSION, SPACE, Opening, entry

EVERY = Filter(with_unavailable=True)


def found(index: ElasticIndex, *terms: str, filter: Filter = EVERY) -> list[int]:
    """The slots that have one of the terms."""
    return sorted(index.search(Query(terms or ("apple",), filter)).slots.tolist())


def test_a_late_bulk_brings_back_nothing_that_was_removed(index: ElasticIndex) -> None:
    index.write(Changes(entries=[entry(1), entry(2)]), version=5)
    index.write(Changes(slots=[1]), version=7)
    index.write(Changes(documents=["p"]), version=7)
    index.write(Changes(entries=[entry(1), entry(2)]), version=6)
    index.refresh()
    assert index.count() == 0


def test_a_late_bulk_loses_against_a_later_switch(index: ElasticIndex) -> None:
    index.write(Changes(entries=[entry(1)]), version=5)
    index.write(Changes(entries=[entry(1, available=False)]), version=7)
    index.write(Changes(entries=[entry(1)]), version=6)
    index.refresh()
    assert found(index) == [1] and found(index, filter=Filter()) == []


def test_what_is_written_is_seen_after_a_refresh_by_whomever(opening: Opening) -> None:
    writer, reader = opening(), opening()
    writer.apply(Changes(entries=[entry(1)]))
    writer.write(Changes(slots=[1], entries=[entry(2), entry(3)]), version=2**45)
    assert found(reader) == [1]
    opening().refresh()
    assert found(reader) == [2, 3]


def test_a_scope_is_removed_with_what_nobody_has_seen_yet(index: ElasticIndex) -> None:
    index.write(Changes(entries=[entry(1), entry(2), entry(3, document="q")]), version=5)
    index.write(Changes(documents=["p"], entries=[entry(2)]), version=6)
    index.refresh()
    assert found(index) == [2, 3]


def test_a_scope_of_many_pages_is_removed_whole(index: ElasticIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("search.elastic.queries.SCOPE_PAGE", 7)
    index.apply(Changes(entries=[entry(slot) for slot in range(1, 31)]))
    index.apply(Changes(documents=["p"]))
    assert index.count() == 0


def test_a_vector_of_another_dimension_reaches_neither_index_nor_search(index: ElasticIndex) -> None:
    index.apply(Changes(entries=[entry(1)]))
    with pytest.raises(InvalidInput):
        index.apply(Changes(entries=[entry(2, dimension=DIMENSION + 1)]))
    with pytest.raises(InvalidInput):
        index.search(Query(["apple"], EVERY, np.ones(DIMENSION - 1, dtype=np.float32)))
    assert index.count() == 1


@pytest.mark.parametrize("text", ["*", "app*", "apple~", "terms:apple", "apple OR pear", '"apple"', "/a.*/", "(apple", "_exists_:terms", "apple\\"])
def test_no_text_becomes_query_syntax(index: ElasticIndex, text: str) -> None:
    index.apply(Changes(entries=[entry(1), entry(2, "pear")]))
    assert found(index, text) == []
    index.apply(Changes(entries=[Entry(3, "d", "p", [text.replace(" ", "")], entry(3).vector)]))
    assert found(index, text.replace(" ", "")) == [3]


def test_a_request_takes_two_round_trips_at_most_and_one_where_nothing_is_missing(index: ElasticIndex, elasticsearch: str) -> None:
    index.apply(Changes(entries=[entry(slot, f"apple n{slot}") for slot in range(1, 60)]))
    requests: list[int] = []
    near = entry(9).vector.astype(np.float32)
    ask = partial(_counted, index, requests)
    narrow = answer(ask, Query(["apple", "n3"], EVERY, near, text_candidates=5, vector_candidates=5))
    assert len(requests) == 2 and 5 < len(narrow.slots) <= 10
    answer(ask, Query(["apple", "n3"], EVERY, near))
    assert len(requests) == 3
    answer(ask, Query(["apple", "n3"], EVERY))
    assert len(requests) == 4
    answer(ask, Query(["apple", "n3"], EVERY, share=0.5))
    assert len(requests) == 6


def _counted(index: ElasticIndex, requests: list[int], bodies: Sequence[Body]) -> list[Body]:
    requests.append(len(bodies))
    return index._connection.search(index._alias, bodies, preference="test")


def test_an_index_of_an_older_program_or_of_another_model_is_noticed(opening: Opening, monkeypatch: pytest.MonkeyPatch) -> None:
    index = opening()
    assert index.verify()
    index.apply(Changes(entries=[entry(1)]))
    assert index.verify() and index.problem() == ""
    assert "model" in opening(Space(SPACE.mean, digest="later")).problem()
    monkeypatch.setattr(layout, "VERSION", layout.VERSION + 1)
    assert not opening().verify() and "layout" in index.problem()


def test_a_rebuild_that_was_interrupted_is_found_and_finished_by_another_process(opening: Opening) -> None:
    index = opening()
    index.apply(Changes(entries=[entry(1, "old")]))
    first = index.begin()
    first.apply(Changes(entries=[entry(2, "new")]), version=5)

    other = opening()
    found_again = other.unfinished()
    assert found_again is not None and found_again.name == first.name and not other.serves(first.name)
    found_again.apply(Changes(entries=[entry(3, "new")]), version=6)
    assert found(index, "old", "new") == [1] and found_again.count() == 2
    other.replace_by(found_again)
    assert found(index, "old", "new") == [2, 3] and other.serves(first.name)
    assert other.unfinished() is None
    other.replace_by(found_again)
    index.apply(Changes(entries=[entry(4, "new")]))
    assert found(other, "old", "new") == [2, 3, 4]


def test_what_a_rebuild_began_for_another_model_is_not_gone_on_with_and_can_be_swept(opening: Opening) -> None:
    index = opening()
    index.apply(Changes(entries=[entry(1)]))
    stale = opening(Space(SPACE.mean, digest="later")).begin()
    assert index.unfinished() is None
    kept = index.begin()
    index.sweep(kept.name)
    left = index.unfinished()
    assert left is not None and left.name == kept.name != stale.name
    index.sweep()
    assert index.unfinished() is None and found(index) == [1]


def test_a_rebuild_whose_index_is_gone_makes_no_other_one(opening: Opening) -> None:
    index = opening()
    fresh = index.begin()
    index.sweep()
    with pytest.raises(Lost):
        fresh.apply(Changes(entries=[entry(1)]), version=5)
    assert index.unfinished() is None


@pytest.mark.parametrize("use", [lambda index: index.count(), lambda index: found(index), lambda index: index.write(Changes(slots=[1]), version=9)])
def test_an_index_that_goes_under_a_process_is_lost_and_never_made_by_accident(opening: Opening, use: object) -> None:
    index = opening()
    index.apply(Changes(entries=[entry(1)]))
    assert index.is_made()
    opening().drop()
    with pytest.raises(Lost):
        use(index)  # type: ignore[operator]
    assert not index.is_made() and index.count() == 0


def test_an_index_takes_no_field_that_is_not_in_its_mapping(index: ElasticIndex, elasticsearch: str) -> None:
    index.apply(Changes(entries=[entry(1)]))
    request = urllib.request.Request(
        f"{elasticsearch}/{index._alias}/_doc/9", b'{"slot": 9, "text": "what a client wrote"}', {"Content-Type": "application/json"}, method="PUT"
    )
    with pytest.raises(urllib.error.HTTPError, match="400"):
        urllib.request.urlopen(request)


def test_an_owner_sees_nothing_of_another_ones_index(elasticsearch: str, index: ElasticIndex) -> None:
    index.apply(Changes(entries=[entry(1)]))
    options = Options([elasticsearch], prefix="adapter")
    stranger = ElasticIndex(Connection(options), IndexKey("stranger", "model"), lambda: SPACE, options)
    assert stranger.count() == 0 and found(stranger) == [] and not stranger.is_made()
