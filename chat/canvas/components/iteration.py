"""Iteration: what comes in is cut into items, and the components inside run for each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from chat.canvas.call import Call
from chat.canvas.component import Component, Output, Params, Running
from chat.canvas.schema import required
from models.errors import AppError

MOST_ITEMS = 500


@dataclass(frozen=True, slots=True)
class IterationParams(Params):
    """Those of an Iteration."""

    delimiter: str = ","


class Iteration(Component):
    """Its output is a list: what came of each item, in their order."""

    kind = "Iteration"
    schema: ClassVar[type[Params]] = IterationParams
    params: IterationParams

    def check(self) -> None:
        required(self.params.delimiter, "[Iteration] Delimiter", self.id)

    def run(self, call: Call) -> Running:
        delimiter = self.params.delimiter.replace("\\n", "\n").replace("\\t", "\t")
        items = [item for part in call.text().split(delimiter) if (item := part.strip())]
        if len(items) > MOST_ITEMS:
            raise AppError("run.items", f"{self.id}: there are {len(items)} items, more than {MOST_ITEMS}.")
        first = next(id for id in call.graph.inside(self.id) if call.graph.components[id].kind == "IterationItem")
        texts: list[str] = []
        for item in items:
            texts += yield from call.inside(self.id, first, item)
            call.meter.hold(self.id, sum(map(len, texts)))
        return Output(tuple(texts))


class IterationItem(Component):
    """Stands for the item that is worked on; its output is set by the Iteration's run."""

    kind = "IterationItem"
