"""The graph of one document: entities and relations that a language model finds in its text (contract 2.4, graphrag)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import networkx as nx

from ingest.model.extras import Graph
from ingest.model.resolution import merged
from ingest.model.writer import Metered, Request
from ingest.tokens import count

PORTION_TOKENS = 1_200  # of text that one request is about
LONGEST_NAME = 200  # characters
LONGEST_DESCRIPTION = 600
MOST_DESCRIPTIONS = 8
SMALLEST_COMMUNITY = 3
MOST_COMMUNITIES = 64
_FORM = (
    "Answer with one line for each, and nothing else:\n"
    "entity | name | type | what the text says of it\n"
    "relation | name | name | how the first relates to the second\n"
    "Write names as the text does, in full where it does so, and everything in the language of the text."
)
_EXTRACT = "You draw a graph of a text: entities of the types {types}, and the relations between them. " + _FORM
_MISSED = (
    "You complete a graph of a text: entities of the types {types}, and the relations between them. Below the text is what was found"
    " already. Give only what was missed, or the word NONE. " + _FORM
)
_REPORT = (
    "You write a report on a group of connected entities: what the group is, who matters in it and how they are connected. A title of a few"
    " words, then at most eight sentences, in the language of what is given."
)

Kind = Literal["entity", "relation", "report"]
Say = Callable[[float, str], None]


@dataclass(frozen=True, slots=True)
class Fact:
    """A chunk of the graph: `keywords` are the names in it."""

    kind: Kind
    text: str
    keywords: tuple[str, ...]


def facts(settings: Graph, writer: Metered, texts: Iterable[str], *, say: Say) -> Iterator[Fact]:
    """Entities, best connected first, then relations, then reports where they are asked for. Raises Unavailable."""
    graph = _extracted(settings, writer, list(_portions(texts)), say)
    if settings.with_resolution:
        graph = merged(graph, writer)
    say(0.9, f"Graph: {graph.number_of_nodes()} entities, {graph.number_of_edges()} relations")
    yield from _entities(graph)
    yield from _relations(graph)
    if settings.with_communities:
        yield from _reports(graph, writer)


def _portions(texts: Iterable[str]) -> Iterator[str]:
    """The texts joined until they are worth a request."""
    held: list[str] = []
    tokens = 0
    for text in texts:
        held.append(text)
        tokens += count(text)
        if tokens >= PORTION_TOKENS:
            yield "\n".join(held)
            held, tokens = [], 0
    if held:
        yield "\n".join(held)


def _extracted(settings: Graph, writer: Metered, portions: Sequence[str], say: Say) -> nx.Graph:
    graph = nx.Graph()
    types = ", ".join(settings.entity_types)
    for done, answer in enumerate(_answers(settings, writer, portions, types), 1):
        for line in answer.splitlines():
            _add(graph, line)
        say(0.9 * done / len(portions), f"Graph: part {done} of {len(portions)}, {graph.number_of_nodes()} entities so far")
    # A name that only relations have is an entity of no known type; what a relation leads to is kept.
    return graph


def _answers(settings: Graph, writer: Metered, portions: Sequence[str], types: str) -> Iterator[str]:
    found = writer.answers(Request(_EXTRACT.format(types=types), portion, 2048) for portion in portions)
    if not settings.is_thorough:
        yield from found
        return
    first = list(found)
    again = (Request(_MISSED.format(types=types), f"{text}\n\n{said}", 2048) for text, said in zip(portions, first, strict=True))
    for said, missed in zip(first, writer.answers(again), strict=True):
        yield f"{said}\n{missed}"


def _add(graph: nx.Graph, line: str) -> None:
    """Take one line of an answer; what is not of the form says nothing."""
    kind, *parts = [" ".join(part.split()) for part in re.split(r"\s*\|\s*", line.strip().strip("|-*• "))]
    if len(parts) != 3 or not all(parts[:2]) or max(map(len, parts[:2])) > LONGEST_NAME:
        return
    description = parts[2][:LONGEST_DESCRIPTION]
    if kind.lower() == "entity":
        node = _node(graph, parts[0])
        node["types"].append(parts[1].lower())
        _describe(node["descriptions"], description)
    elif kind.lower() == "relation" and parts[0].casefold() != parts[1].casefold():
        ends = [_node(graph, name)["key"] for name in parts[:2]]
        if not graph.has_edge(*ends):
            graph.add_edge(*ends, ends=tuple(ends), descriptions=[])
        _describe(graph.edges[ends]["descriptions"], description)


def _node(graph: nx.Graph, name: str) -> dict[str, list[str]]:
    key = name.casefold()
    if key not in graph:
        graph.add_node(key, key=key, name=name, types=[], descriptions=[])
    return graph.nodes[key]


def _describe(known: list[str], description: str) -> None:
    if description and description not in known and len(known) < MOST_DESCRIPTIONS:
        known.append(description)


def _entities(graph: nx.Graph) -> Iterator[Fact]:
    for key in sorted(graph, key=lambda key: (-graph.degree(key), key)):
        node = graph.nodes[key]
        if node["descriptions"]:
            yield Fact("entity", _said(node), (node["name"],))


def _said(node: dict[str, list[str]]) -> str:
    types = node["types"]
    kind = f" ({max(sorted(set(types)), key=types.count)})" if types else ""
    return f"{node['name']}{kind}: {'; '.join(node['descriptions'])}"


def _relations(graph: nx.Graph) -> Iterator[Fact]:
    for _, _, edge in graph.edges(data=True):
        names = tuple(graph.nodes[key]["name"] for key in edge["ends"])
        if edge["descriptions"]:
            yield Fact("relation", f"{' - '.join(names)}: {'; '.join(edge['descriptions'])}", names)


def _reports(graph: nx.Graph, writer: Metered) -> Iterator[Fact]:
    groups = [sorted(group) for group in nx.community.louvain_communities(graph, seed=0) if len(group) >= SMALLEST_COMMUNITY]
    groups = sorted(groups, key=lambda group: (-len(group), group))[:MOST_COMMUNITIES]
    for group, text in zip(groups, writer.answers(_report(graph, group) for group in groups), strict=True):
        if text:
            yield Fact("report", text, tuple(graph.nodes[key]["name"] for key in group))


def _report(graph: nx.Graph, group: Sequence[str]) -> Request:
    part = graph.subgraph(group)
    return Request(_REPORT, "\n".join(fact.text for found in (_entities(part), _relations(part)) for fact in found), 1024)
