"""What makes a canvas unfit to run, found before it is saved: every refusal names the place."""

from __future__ import annotations

from collections.abc import Iterator

from chat.canvas.graph import Graph
from chat.canvas.schema import refused


def check(graph: Graph) -> None:
    """Refuse a canvas that cannot run. Raises InvalidInput dsl.invalid."""
    _ends(graph)
    for id in graph.components:
        _names(graph, id)
        _stays_inside(graph, id)
    _cycles(graph)


def _ends(graph: Graph) -> None:
    kinds = [component.kind for component in graph.components.values()]
    if "Begin" not in kinds:
        raise refused("components", "There have to be an 'Begin' component.")
    if "Answer" not in kinds:
        raise refused("components", "There have to be an 'Answer' component.")
    for id, component in graph.components.items():
        if (component.kind == "Begin") != (id == "begin"):
            raise refused(id, f"{id}: the one Begin component, and no other, has the id begin.")


def _names(graph: Graph, id: str) -> None:
    """What a component names must be there."""
    component = graph.components[id]
    for reference in component.references():
        one, _, key = reference.partition("@")
        if one not in graph.components:
            raise refused(id, f"{id}: {reference[:100]} is not among the components.")
        if key and one == "begin" and graph.begin.parameter(key) is None:
            raise refused(id, f"{id}: {reference[:100]} is not among the parameters of begin.")
    for one in component.successors():
        if one not in graph.components:
            raise refused(id, f"{id}: {one[:100]} is not among the components.")


def _stays_inside(graph: Graph, id: str) -> None:
    """An Iteration has one IterationItem; its components lead to each other and nowhere else, and do not talk to the user."""
    kind, parent = graph.components[id].kind, graph.parents.get(id, "")
    if kind == "Iteration":
        items = [one for one in graph.inside(id) if graph.components[one].kind == "IterationItem"]
        if len(items) != 1:
            raise refused(id, f"{id}: an Iteration holds one IterationItem, this one {len(items)}.")
    if (kind == "IterationItem") and not parent:
        raise refused(id, f"{id}: an IterationItem belongs into an Iteration.")
    if parent and kind in ("Begin", "Answer", "Iteration"):
        raise refused(id, f"{id}: {kind} cannot stand inside an Iteration.")
    if parent and graph.components[parent].kind != "Iteration":
        raise refused(id, f"{id}: its parent {parent} is no Iteration.")
    for one in (*graph.downstream[id], *graph.components[id].successors()):
        if graph.parents.get(one, "") != parent and one != parent and graph.parents.get(one) != id:
            raise refused(id, f"{id}: it leads to {one}, across the border of an Iteration.")


def _cycles(graph: Graph) -> None:
    """A cycle needs an Answer in it, or a router that can leave it."""
    routers = {id for id, component in graph.components.items() if component.router}
    between = {id for id, component in graph.components.items() if component.kind != "Answer"}
    for ring in _rings(graph, between - routers):
        raise refused(ring[0], f"{ring[0]}: {_drawn(ring)} is a cycle without an Answer.")
    for ring in _rings(graph, between):
        inside = set(ring)
        if not any(set(graph.components[id].successors()) - inside for id in inside & routers):
            raise refused(ring[0], f"{ring[0]}: {_drawn(ring)} is a cycle without an Answer.")


def _drawn(ring: list[str]) -> str:
    shown = ring[:6]
    return " => ".join([*shown, "..." if len(ring) > len(shown) else ring[0]])


def _rings(graph: Graph, among: set[str]) -> Iterator[list[str]]:
    """The components among these that lead back to themselves, those that lead to each other together."""
    edges = {id: _edges(graph, id, among) for id in graph.components if id in among}
    reached = {id: _reached(edges, id) for id in _cyclic(edges)}
    seen: set[str] = set()
    for id, there in reached.items():
        if id in there and id not in seen:
            ring = [one for one in reached if one in there and id in reached[one]]
            seen.update(ring)
            yield ring


def _cyclic(edges: dict[str, list[str]]) -> list[str]:
    """What is left when, again and again, all is taken away that leads nowhere."""
    before: dict[str, list[str]] = {id: [] for id in edges}
    for id, after in edges.items():
        for one in after:
            before[one].append(id)
    degree = {id: len(after) for id, after in edges.items()}
    ends = [id for id, count in degree.items() if not count]
    for end in ends:  # grows while it is read
        for one in before[end]:
            degree[one] -= 1
            if not degree[one]:
                ends.append(one)
    gone = set(ends)
    return [id for id in edges if id not in gone]


def _reached(edges: dict[str, list[str]], id: str) -> set[str]:
    reached: set[str] = set()
    open = list(edges[id])
    while open:
        one = open.pop()
        if one not in reached:
            reached.add(one)
            open += edges[one]
    return reached


def _edges(graph: Graph, id: str, among: set[str]) -> list[str]:
    chosen = dict.fromkeys(graph.components[id].successors()) if graph.components[id].router else graph.after(id)
    return [one for one in chosen if one in among]
