"""Entities of a graph that are one thing by two names, as far as a language model says so."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import combinations, islice

import networkx as nx
from peewee import chunked

from ingest.model.writer import Metered, Request

MOST_ENTITIES = 1_000  # that are compared with each other
MOST_PAIRS = 400
PAIRS_AT_ONCE = 20
LEAST_LIKENESS = 0.8
_ASK = (
    "Each numbered line has two names from one document. Answer with the numbers of the lines whose two names certainly mean the same thing,"
    " separated by commas, or with the word NONE, and nothing else."
)


def merged(graph: nx.Graph, writer: Metered) -> nx.Graph:
    """The graph with such entities made one, under the longer name. Raises Unavailable."""
    pairs = list(islice(_alike(graph), MOST_PAIRS))
    batches = list(chunked(pairs, PAIRS_AT_ONCE))
    answers = writer.answers(Request(_ASK, _listed(graph, batch), 256) for batch in batches)
    for batch, answer in zip(batches, answers, strict=True):
        numbers = {int(number) for number in re.findall(r"\d{1,4}", answer)}
        for number, (one, other) in enumerate(batch, 1):
            if number in numbers and one in graph and other in graph:
                _merge(graph, *sorted((one, other), key=lambda key: (-len(key), key)))
    return graph


def _alike(graph: nx.Graph) -> Iterator[tuple[str, str]]:
    keys = sorted(graph, key=lambda key: (-graph.degree(key), key))[:MOST_ENTITIES]
    for one, other in combinations(keys, 2):
        if _is_like(one, other):
            yield one, other


def _is_like(one: str, other: str) -> bool:
    """Whether two names are nearly spelled alike, or one has all the words of the other."""
    words, others = set(one.split()), set(other.split())
    if words <= others or others <= words or (not one.isascii() and (one in other or other in one)):
        return True
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    return matcher.real_quick_ratio() >= LEAST_LIKENESS and matcher.quick_ratio() >= LEAST_LIKENESS and matcher.ratio() >= LEAST_LIKENESS


def _listed(graph: nx.Graph, pairs: Sequence[tuple[str, str]]) -> str:
    return "\n".join(f"{number}. {graph.nodes[one]['name']} | {graph.nodes[other]['name']}" for number, (one, other) in enumerate(pairs, 1))


def _merge(graph: nx.Graph, kept: str, gone: str) -> None:
    """Move all that is known of one entity to another."""
    for column in ("types", "descriptions"):
        known = graph.nodes[kept][column]
        known += [value for value in graph.nodes[gone][column] if column == "types" or value not in known]
    for _, other, edge in list(graph.edges(gone, data=True)):
        if other == kept:
            continue
        ends = tuple(kept if end == gone else end for end in edge["ends"])
        known = graph.edges[kept, other]["descriptions"] if graph.has_edge(kept, other) else []
        graph.add_edge(kept, other, ends=ends, descriptions=[*known, *(one for one in edge["descriptions"] if one not in known)])
    graph.remove_node(gone)
