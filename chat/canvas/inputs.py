"""Where a component's input comes from, and what stands in a text's braces (RAGFlow v1 contract 8.2)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chat.canvas.component import Component, Output
from chat.canvas.schema import Source
from chat.canvas.state import State

if TYPE_CHECKING:
    from chat.canvas.graph import Graph

INPUT = "input"  # the name of what comes in
_BRACES = re.compile(r"\{([^{}\s]{1,200})\}")


@dataclass(frozen=True, slots=True)
class Input:
    """What comes in, and the component or Begin parameter it is of; "" for a constant."""

    source: str
    output: Output


def inputs(graph: Graph, state: State, component: Component) -> list[Input]:
    """What the component asks for by its query, else the nearest output before it, else what the user said last."""
    if component.params.query:
        return [_asked(graph, state, component, source) for source in component.params.query]
    found = before(graph, state, component.id)
    searched = [component.gathers and (one.output.material is not None or one.output.nothing_found is not None) for one in found]
    chosen = [one for one, is_search in zip(found, searched, strict=True) if is_search]
    nearest = [one for one, is_search in zip(found, searched, strict=True) if not is_search][:1]
    if found:
        return [*reversed(chosen), *nearest]
    return [Input("", Output((state.question(),)))]


def before(graph: Graph, state: State, id: str) -> list[Input]:
    """The outputs before a component in this round and the last, the nearest first; it is looked through what has none of its own."""
    recent = {one: place for place, one in enumerate(state.recent())}
    near = sorted((one for one in graph.behind(id) if one in recent), key=lambda one: -recent[one])
    speaks = graph.components[id].kind == "Answer"
    return [Input(one, output) for one in near if (output := _output(graph, state, one, speaks=speaks)) is not None]


def value(graph: Graph, state: State, reference: str) -> Output | None:
    """What a name stands for: `begin@key`, a component, an Answer (what was said last); None for what is no name."""
    id, _, key = reference.partition("@")
    component = graph.components.get(id)
    if component is None:
        return None
    if component.kind == "Begin" and key:
        return graph.begin.given(key)
    if component.kind == "Answer":
        return Output((state.history[-1][1],) if state.history else ())
    return state.outputs.get(id, Output())


def named(text: str) -> list[str]:
    """The names in a text's braces, each once."""
    return list(dict.fromkeys(_BRACES.findall(text)))


def grown(text: str, sizes: Mapping[str, int]) -> int:
    """How many characters come into a text with what its names stand for, each as often as it stands there."""
    return sum(sizes.get(name, 0) for name in _BRACES.findall(text))


def bulleted(texts: Sequence[str]) -> str:
    """A list as it is written into a text."""
    return "\n".join(f" - {text}" for text in texts) if len(texts) > 1 else "".join(texts)


def fillings(graph: Graph, state: State, text: str, bound: Mapping[str, str]) -> dict[str, Output]:
    """What the names in a text's braces stand for: those in `bound` for the component there, others for themselves."""
    found = {}
    for name in named(text):
        output = value(graph, state, bound.get(name) or name)
        if output is not None:
            found[name] = output
    return found


def texts(found: Iterable[Input]) -> list[str]:
    """All the texts that come in."""
    return [text for one in found for text in one.output.texts if text]


def shown(found: Iterable[Input], most: int) -> str:
    """The beginning of all the texts that come in."""
    parts: list[str] = []
    for text in texts(found):
        parts.append(text[:most])
        most -= len(text) + 1
        if most <= 0:
            break
    return "\n".join(parts)


def _asked(graph: Graph, state: State, component: Component, source: Source) -> Input:
    if source.type == "input":
        return Input("", Output((source.value,)))
    named = graph.components.get(source.component_id)
    if named is not None and named.kind == "Answer":
        window = state.window(component.params.message_history_window_size)
        return Input(named.id, Output(("\n".join(f"{role.upper()}:{text}" for role, text in window),)))
    return Input(source.component_id, value(graph, state, source.component_id) or Output())


def _output(graph: Graph, state: State, id: str, *, speaks: bool) -> Output | None:
    """An Answer stands for what the user said last, and so does Begin to all but an Answer."""
    kind = graph.components[id].kind
    if kind == "Answer" or (kind == "Begin" and not speaks and state.question()):
        return Output((state.question(),))
    return state.outputs.get(id)
