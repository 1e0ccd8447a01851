"""A canvas's components and edges, loaded from its DSL once and never changed (RAGFlow v1 contract 8.1)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from chat.canvas import components as kinds
from chat.canvas import schema
from chat.canvas.component import Component
from chat.canvas.components.begin import Begin
from chat.canvas.schema import refused

MOST_COMPONENTS = 500
MOST_EDGES = 5_000
MOST_ID = 200  # characters


class Graph:
    """`components` by id, `downstream` and `upstream` of each, `parents` of those inside an Iteration, `names` as authors gave them."""

    def __init__(self, dsl: Mapping[str, Any]) -> None:
        entries = _entries(dsl)
        self.components: dict[str, Component] = {id: _component(id, entry) for id, entry in entries.items()}
        self.parents = {id: parent for id, entry in entries.items() if (parent := _parent(id, entry, entries))}
        self.downstream = {id: self._ids(id, entry) for id, entry in entries.items()}
        self.upstream: dict[str, list[str]] = {id: [] for id in entries}
        for id, after in self.downstream.items():
            for one in after:
                self.upstream[one].append(id)
        for id, entry in entries.items():
            # A template of RAGFlow's own still names a component there that was taken out; what leads nowhere harms nobody.
            self.upstream[id] += [one for one in _listed(id, entry, "upstream") if one in entries and one not in self.upstream[id]]
        if sum(map(len, self.downstream.values())) > MOST_EDGES:
            raise refused("components", f"components: there are more than {MOST_EDGES} edges.")
        self.names = _names(dsl, entries)
        self._behind: dict[str, list[str]] = {}
        self._waits: dict[str, set[str]] = {}
        self._reach: dict[str, set[str]] = {}

    @cached_property
    def begin(self) -> Begin:
        """The entry."""
        begin = self.components["begin"]
        assert isinstance(begin, Begin)
        return begin

    def after(self, id: str) -> list[str]:
        """The successors of a component within its Iteration, or within none."""
        return [one for one in self.downstream[id] if self.parents.get(one) == self.parents.get(id)]

    def inside(self, parent: str) -> list[str]:
        """The components of an Iteration."""
        return [id for id, its in self.parents.items() if its == parent]

    def behind(self, id: str) -> list[str]:
        """What stands before a component; what has no output of its own is looked through."""
        if id not in self._behind:
            self._behind[id] = list(self._before(id, {id}))
        return self._behind[id]

    def leads(self, one: str, other: str) -> bool:
        """Whether a round goes from one component to the other; it ends at an Answer."""
        if one not in self._reach:
            self._reach[one] = self._reached(one)
        return other in self._reach[one]

    def waits(self, id: str) -> set[str]:
        """The components whose output this one names; an Iteration waits for what its components name outside of it."""
        if id not in self._waits:
            self._waits[id] = self._named(id)
        return self._waits[id]

    @cached_property
    def named(self) -> set[str]:
        """The components that others name."""
        return {one for id in self.components for one in self.waits(id)}

    def _named(self, id: str) -> set[str]:
        named = {*self.components[id].references(), *self.components[id].mentions()}
        inside = set(self.inside(id))
        for one in inside:
            named |= self.waits(one) - inside
        known = {one for one in named if one in self.components and one != id}
        return {one for one in known if self.components[one].kind not in ("Begin", "Answer")}

    def _before(self, id: str, seen: set[str]) -> Iterator[str]:
        for one in self.upstream[id]:
            if one in seen:
                continue
            seen.add(one)
            if self.components[one].transparent:
                yield from self._before(one, seen)
            else:
                yield one

    def _reached(self, id: str) -> set[str]:
        reached: set[str] = set()
        open = [id]
        while open:
            one = open.pop()
            onward = [] if self.components[one].kind == "Answer" else self.downstream[one]
            open += [other for other in onward if other not in reached]
            reached.update(onward)
        return reached

    def _ids(self, id: str, entry: Mapping[str, Any]) -> list[str]:
        listed = _listed(id, entry, "downstream")
        for one in listed:
            if one not in self.components:
                raise refused(id, f"{id}: downstream names {one[:100]}, which is not among the components.")
        return listed


def _listed(id: str, entry: Mapping[str, Any], side: str) -> list[str]:
    listed = entry.get(side) or []
    if not isinstance(listed, list) or not all(isinstance(one, str) for one in listed):
        raise refused(id, f"{id}: {side} should be a list of ids.")
    return list(dict.fromkeys(listed))


def _entries(dsl: Mapping[str, Any]) -> Mapping[str, Any]:
    if not isinstance(dsl, Mapping):
        raise refused("dsl", "dsl should be an object.")
    entries = dsl.get("components")
    if not isinstance(entries, Mapping):
        raise refused("components", "components should be an object.")
    if len(entries) > MOST_COMPONENTS:
        raise refused("components", f"components: there are {len(entries)}, more than {MOST_COMPONENTS}.")
    for id, entry in entries.items():
        if not isinstance(id, str) or not 0 < len(id) <= MOST_ID:
            raise refused("components", f"components: an id should have 1 to {MOST_ID} characters.")
        if not isinstance(entry, Mapping) or not isinstance(entry.get("obj"), Mapping):
            raise refused(id, f"{id}: obj should be an object.")
    return entries


def _component(id: str, entry: Mapping[str, Any]) -> Component:
    name = entry["obj"].get("component_name")
    if not isinstance(name, str):
        raise refused(id, f"{id}: component_name should be a text.")
    if name in kinds.REFUSED:
        raise refused(id, f"{id}: {kinds.REFUSED[name]}")
    if name not in kinds.KINDS:
        raise refused(id, f"{id}: the component {name[:100]} is not known. Known are {', '.join(sorted(kinds.KINDS))}.")
    kind = kinds.KINDS[name]
    given = entry["obj"].get("params")
    return kind(id, schema.read(kind.schema, {} if given is None else given, id))


def _parent(id: str, entry: Mapping[str, Any], entries: Mapping[str, Any]) -> str:
    parent = entry.get("parent_id") or ""
    if parent and (not isinstance(parent, str) or parent not in entries):
        raise refused(id, f"{id}: parent_id names {str(parent)[:100]}, which is not among the components.")
    return parent


def _names(dsl: Mapping[str, Any], entries: Mapping[str, Any]) -> dict[str, str]:
    """What the drawing calls each component; its id where there is no drawing."""
    names = {id: id for id in entries}
    graph = dsl.get("graph")
    nodes = graph.get("nodes") if isinstance(graph, Mapping) else None
    for node in nodes if isinstance(nodes, list) else []:
        id, data = (node.get("id"), node.get("data")) if isinstance(node, Mapping) else ("", None)
        name = data.get("name") if isinstance(data, Mapping) else None
        if isinstance(id, str) and id in names and isinstance(name, str) and name:
            names[id] = name[:200]
    return names
