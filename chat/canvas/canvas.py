"""A canvas as a session holds it: a graph, its Begin parameters, and what it remembers between turns."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from chat.canvas import checks
from chat.canvas.components.begin import Parameter
from chat.canvas.events import Limits, RunEvent, Spoken, Step
from chat.canvas.graph import Graph
from chat.canvas.runner import Runner
from chat.canvas.state import State, state_from
from chat.canvas.world import World
from chat.exchange import Failed, Text
from chat.markers import ragflow_markers, without_markers
from models.errors import AppError

log = logging.getLogger(__name__)

_STATE = ("history", "messages", "path", "reference", "answer")


class Canvas:
    """A graph and its state. `trace` has the steps of the last run."""

    def __init__(self, dsl: Mapping[str, Any]) -> None:
        self.graph = Graph(dsl)
        checks.check(self.graph)
        self._dsl = dsl
        self.state = state_from(dsl, self.graph.components)
        self.trace: list[Step] = []

    @property
    def prologue(self) -> str:
        """What Begin says."""
        return self.graph.begin.params.prologue

    @property
    def parameters(self) -> list[dict[str, Any]]:
        """The Begin parameters as they stand on the wire (contract 8.4): an optional one without a value has no `value`."""
        given = self.graph.begin.values
        listed = (self._dsl["components"]["begin"]["obj"].get("params") or {}).get("query") or []
        keys = [one.key for one in self.graph.begin.params.query]  # as texts, also where an author wrote a number
        return [
            {**{name: value for name, value in one.items() if name != "value"}, "key": key, **_value(key, given)}
            for key, one in zip(keys, deepcopy(listed), strict=True)
        ]

    def missing(self, values: Mapping[str, Any]) -> Parameter | None:
        """The first Begin parameter that is due and not among these values."""
        return self.graph.begin.missing(values)

    def give(self, values: Mapping[str, Any]) -> None:
        """Set the Begin parameters; an optional one that is not among the values has none any more."""
        self.graph.begin.give(values)

    def reset(self) -> None:
        """Forget what was said and done; the Begin parameters stay."""
        self.state = State()

    def adopt(self, newer: Canvas) -> Canvas:
        """The newer canvas with what this one remembers, as far as its components are still there (contract 3.28)."""
        state = {name: getattr(self.state, name) for name in _STATE}
        adopted = Canvas({**newer.dsl(), **deepcopy(state)})
        adopted.give(self.graph.begin.values)
        return adopted

    def run(self, world: World, *, question: str = "", limits: Limits = Limits(), message_id: str = "") -> Iterator[RunEvent]:
        """Run to the next Answer; the last event is Spoken or Failed, and by then the state is what a session keeps.

        Without a question a canvas opens. One that was never opened passes over an Answer that would only tell the prologue.
        A run that fails or is closed leaves the path as it was, so that the next question starts where this one did.
        """
        runner = Runner(self.graph, self.state, world, limits)
        self.trace = runner.trace
        before = _Before(len(self.state.path), list(self.state.answer), len(self.state.messages))
        if question:
            self.state.history.append(["user", question])
            self.state.messages.append({"role": "user", "content": question, **({"id": message_id} if message_id else {})})
        told, ended = "", False
        turn = runner.turn(message_id)
        try:
            for event in turn:
                told = event.whole if isinstance(event, Text) else told
                if ended := isinstance(event, Spoken):
                    self.state.trimmed()
                yield event
        except AppError as error:
            ended = True
            self._go_back(before)
            self.state.forget_question()
            self.state.messages.append({"role": "assistant", "content": f"**ERROR**: {error.message}"})
            yield Failed(error, told)
        finally:
            turn.close()
            if not ended:
                self._left(before, told)

    def dsl(self) -> dict[str, Any]:
        """The DSL with its state, to be saved and loaded again."""
        components = {id: self._component(id, entry) for id, entry in self._dsl["components"].items()}
        state = {name: deepcopy(getattr(self.state, name)) for name in _STATE}
        return {**self._dsl, "components": components, **state}

    def _component(self, id: str, entry: Mapping[str, Any]) -> dict[str, Any]:
        output = self.state.outputs.get(id)
        obj = {"inputs": [], **entry["obj"], "output": {"content": list(output.texts)} if output else None}
        obj["params"] = obj.get("params") or {}
        if id == "begin":
            obj["params"] = {**obj["params"], "query": self.parameters}
        return {**entry, "obj": obj}

    def _left(self, before: _Before, told: str) -> None:
        """What was told of an answer counts as the answer; where nothing was, nothing was asked."""
        self._go_back(before)
        if told:
            self.state.history.append(["assistant", without_markers(told)])
            self.state.messages.append({"role": "assistant", "content": ragflow_markers(told)})
        else:
            self.state.forget_question()
            del self.state.messages[before.messages :]

    def _go_back(self, before: _Before) -> None:
        """To where the run began, for the next one to begin there too."""
        del self.state.path[before.rounds :]
        self.state.answer[:] = before.waiting


@dataclass(frozen=True, slots=True)
class _Before:
    rounds: int
    waiting: list[str]
    messages: int


def _value(key: str, given: Mapping[str, Any]) -> dict[str, Any]:
    return {"value": given[key]} if key in given else {}


def load(dsl: Mapping[str, Any]) -> Canvas:
    """The canvas of a DSL. Raises InvalidInput dsl.invalid, whose `place` names the component that cannot be used."""
    return Canvas(dsl)
