"""One query against one view: candidates by terms, candidates by vector, both scores of each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from search.embedded.generation import View
from search.embedded.segment import Bools, Ints
from search.embedded.terms_index import Weighted, Where
from search.embedded.vectors import Vectors, codes
from search.index import Candidates, Filter, Query, Space

LISTED = 50_000  # a longer list than this is not sorted as a whole, so that ties at the edge of a page follow the engine's order

Scores = NDArray[np.float64]


def answer(view: View, query: Query, space: Callable[[], Space]) -> Candidates:
    """Answer a query as ChunkIndex.search promises."""
    admitted = view.vectors.admitted(query.filter)
    if not admitted.any():
        return nothing()
    question = view.searcher.weigh(query.terms)
    where = _where(view.vectors, admitted, query.filter)
    if query.vector is None:
        return _listed(view, query, question, where)
    by_terms, shares = _text_rows(view, query, question, where, admitted)
    by_vector = view.vectors.nearest(query.vector, admitted, query.vector_candidates, space)
    others = np.setdiff1d(by_vector, by_terms)
    # With fewer matches than asked for there are no more of them, and every other row scores nothing.
    full = len(by_terms) >= query.text_candidates
    rows = np.concatenate([by_terms, others])
    terms = np.concatenate([shares, _shares(view, question, others) if full else np.zeros(len(others))])
    return Candidates(view.vectors.slots[rows], terms, view.vectors.cosines(rows, query.vector), len(rows))


def nothing() -> Candidates:
    """No candidates."""
    return Candidates(np.zeros(0, dtype=np.int64), np.zeros(0), np.zeros(0), 0)


def _where(vectors: Vectors, admitted: Bools, filter: Filter) -> Where:
    """What the term engine has to leave out: nothing when the filter admits every row."""
    if np.count_nonzero(admitted) == vectors.count:
        return Where()
    only_available = not filter.with_unavailable and bool(np.count_nonzero(vectors.usable) < vectors.count)
    if filter.documents is not None:
        # A document is in one dataset, and of 100,000 ids only those with rows matter.
        return Where(None, np.unique(vectors.documents[admitted]).tolist(), only_available)
    return Where(None if filter.datasets is None else codes(filter.datasets).tolist(), None, only_available)


def _listed(view: View, query: Query, question: Weighted, where: Where) -> Candidates:
    """Matches of the terms alone, best first, then by slot."""
    total = view.searcher.count(question, where, share=query.share) if question.terms else 0
    wanted = query.offset + query.text_candidates
    if total <= query.offset or not query.text_candidates:
        return replace(nothing(), total=total)
    slots, shares = view.searcher.best(question, where, limit=total if total <= LISTED else min(total, wanted), share=query.share)
    order = np.lexsort((slots, -shares))[query.offset : wanted]
    return Candidates(slots[order], shares[order], np.zeros(len(order)), total)


def _text_rows(view: View, query: Query, question: Weighted, where: Where, admitted: Bools) -> tuple[Ints, Scores]:
    if not question.terms or query.text_candidates < 1:
        return np.zeros(0, dtype=np.int64), np.zeros(0)
    slots, shares = view.searcher.best(question, where, limit=query.text_candidates, share=query.share)
    rows = view.vectors.rows(slots)
    kept = rows >= 0
    kept[kept] = admitted[rows[kept]]
    return rows[kept], shares[kept]


def _shares(view: View, question: Weighted, rows: Ints) -> Scores:
    """The term scores of given rows, 0 where nothing matches."""
    scores = np.zeros(len(rows))
    if not question.terms or not len(rows):
        return scores
    wanted = view.vectors.slots[rows]
    slots, shares = view.searcher.scores(question, wanted.tolist())
    order = np.argsort(wanted)
    scores[order[np.searchsorted(wanted, slots, sorter=order)]] = shares
    return scores
