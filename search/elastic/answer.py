"""One query in two round trips: candidates by terms and by vector with the terms' weights, then the scores that one list lacks of the other."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from search.elastic import queries
from search.elastic.queries import Body, Scores, Slots
from search.index import Candidates, Query

LONGEST_QUESTION = 256  # distinct terms

Ask = Callable[[Sequence[Body]], list[Body]]


def answer(ask: Ask, query: Query) -> Candidates:
    """Answer a query as ChunkIndex.search promises. `ask` sends several searches in one request.

    A longer question costs one more, which finds its rarest terms; so does a query with a vector and a share.
    """
    terms = list(dict.fromkeys(query.terms))
    if len(terms) > LONGEST_QUESTION:
        terms = queries.rarest(ask([queries.frequencies(terms)])[0], terms, most=LONGEST_QUESTION)
    if not terms and query.vector is None:
        return nothing()
    least = _least(ask, terms, query.share)
    return _listed(ask, query, terms, least) if query.vector is None else _united(ask, query, terms, least)


def nothing() -> Candidates:
    """No candidates."""
    return Candidates(np.zeros(0, dtype=np.int64), np.zeros(0), np.zeros(0), 0)


def _least(ask: Ask, terms: Sequence[str], share: float) -> int:
    """How many terms make a match: a share of those that the index knows, one at least."""
    if not share or not terms:
        return 1
    known = queries.rarest(ask([queries.frequencies(terms)])[0], terms, most=len(terms))
    return max(1, math.ceil(share * len(known) - 1e-9))


def _listed(ask: Ask, query: Query, terms: Sequence[str], least: int) -> Candidates:
    """Matches of the terms alone, best first, then by slot."""
    page = queries.listing(terms, query.filter, offset=query.offset, size=query.text_candidates, least=least)
    found, *weights = ask([page, *map(queries.weight, terms)])
    slots, raw, total = queries.listed(found)
    return Candidates(slots, queries.shares(raw, _bound(weights)), np.zeros(len(slots)), total)


def _united(ask: Ask, query: Query, terms: Sequence[str], least: int) -> Candidates:
    assert query.vector is not None
    best = queries.best(terms, query.filter, size=query.text_candidates, least=least)
    nearest = queries.nearest(query.vector, query.filter, size=query.vector_candidates)
    by_terms, by_vector, *weights = ask([best, nearest, *map(queries.weight, terms)])
    bound = _bound(weights)
    slots, raw = queries.scored(by_terms)
    matches = _List(slots, queries.shares(raw, bound))
    slots, raw = queries.scored(by_vector)
    near = _List(slots, queries.cosines(raw))
    # With fewer matches than asked for there are no more of them, and every other entry scores nothing.
    unmatched = near.without(matches) if len(matches.slots) >= query.text_candidates else near.slots[:0]
    distant = matches.without(near)
    if len(unmatched) or len(distant):
        by_terms, by_vector = ask([queries.terms_of(unmatched, terms), queries.cosines_of(distant, query.vector)])
        slots, raw = queries.scored(by_terms)
        matches = matches.joined(_List(slots, queries.shares(raw, bound)))
        slots, raw = queries.scored(by_vector)
        near = near.joined(_List(slots, queries.cosines(raw)))
    # Every candidate has a cosine, unless it was removed between the two requests.
    return Candidates(near.slots, matches.scores_of(near.slots), near.scores, len(near.slots))


@dataclass(frozen=True, slots=True)
class _List:
    """Slots with their scores by one measure."""

    slots: Slots
    scores: Scores

    def without(self, other: _List) -> Slots:
        """The slots that the other has not."""
        return np.setdiff1d(self.slots, other.slots, assume_unique=True)

    def joined(self, other: _List) -> _List:
        """Both, of which no slot is in the other."""
        return _List(np.concatenate([self.slots, other.slots]), np.concatenate([self.scores, other.scores]))

    def scores_of(self, slots: Slots) -> Scores:
        """The score of each of distinct slots, 0 where it is not in the list."""
        found = np.zeros(len(slots))
        _, ours, theirs = np.intersect1d(self.slots, slots, assume_unique=True, return_indices=True)
        found[theirs] = self.scores[ours]
        return found


def _bound(weights: Sequence[Body]) -> float:
    """What a chunk scores at most: the sum of the weights of the known terms."""
    return sum(weight for weight in map(queries.idf, weights) if weight is not None)
