"""What a component sees while it runs: its inputs, the world, the meter, and a model to ask."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from contextlib import closing
from typing import TYPE_CHECKING, Any

from chat import budget, llm
from chat.canvas import inputs
from chat.canvas.component import Component, Output
from chat.canvas.events import RunEvent
from chat.canvas.inputs import Input
from chat.canvas.meter import Meter
from chat.canvas.state import State
from chat.canvas.world import World
from chat.catalogue import Model
from chat.exchange import Silence, Turn, Usage

if TYPE_CHECKING:
    from chat.canvas.graph import Graph

Inside = Callable[[str, str, str], Generator[RunEvent, None, list[str]]]


class Call:
    """One run of one component. `inside` runs the components of an Iteration for one item."""

    def __init__(self, component: Component, graph: Graph, state: State, world: World, meter: Meter, inside: Inside) -> None:
        self.component = component
        self.graph = graph
        self.state = state
        self.world = world
        self.meter = meter
        self.inside = inside

    def inputs(self) -> list[Input]:
        """What comes in. Raises AppError run.text."""
        found = inputs.inputs(self.graph, self.state, self.component)
        self.meter.hold(self.component.id, sum(one.output.size for one in found))
        return found

    def text(self) -> str:
        """What comes in as one text."""
        return "\n".join(inputs.texts(self.inputs()))

    def output(self, reference: str) -> Output:
        """What a name stands for; nothing for what is no name."""
        return inputs.value(self.graph, self.state, reference) or Output()

    def fillings(self, text: str, bound: Mapping[str, str]) -> dict[str, Output]:
        """What the names in a text's braces stand for. Raises AppError run.text where the text would grow too long with it."""
        found = inputs.fillings(self.graph, self.state, text, bound)
        sizes = {name: output.size + 3 * len(output.texts) for name, output in found.items()}  # a list may be written with dots
        if inputs.INPUT not in sizes and inputs.INPUT in inputs.named(text):
            sizes[inputs.INPUT] = sum(one.output.size + 3 * len(one.output.texts) for one in self.inputs())
        self.meter.hold(self.component.id, len(text) + inputs.grown(text, sizes))
        return found

    def asked(self, model: Model, system: str, text: str, settings: Mapping[str, Any]) -> Generator[RunEvent, None, str]:
        """What a model answers, without its reasoning. Raises ModelFailed, and what the meter raises."""
        turns = budget.fit([Turn("system", system), Turn("user", text)], model.context_tokens)
        self.meter.afford(budget.spent(turns))
        parts: list[str] = []
        usage: Usage | None = None
        with closing(llm.stream(model, turns, settings)) as pieces:
            for piece in pieces:
                self.meter.check()
                if piece is None:
                    yield Silence()
                    continue
                parts.append(piece.text)
                usage = piece.usage or usage
        whole = "".join(parts)
        self.meter.spend(usage or Usage(budget.spent(turns), budget.count(whole)))
        return whole.rpartition("</think>")[2].strip()
