"""Concentrator: where branches meet; what came by them goes on together."""

from __future__ import annotations

from chat.canvas import inputs
from chat.canvas.call import Call
from chat.canvas.component import Component, Output, Running
from chat.canvas.materials import merged


class Concentrator(Component):
    """Puts together the outputs of this round's branches, in the order in which they ran; behind none of them, the question goes on."""

    kind = "Concentrator"

    def run(self, call: Call) -> Running:
        round = set(call.state.path[-1]) if call.state.path else set()
        met = [one for one in inputs.before(call.graph, call.state, self.id) if one.source in round]
        found = [one.output for one in reversed(met or call.inputs())]
        materials = [output.material for output in found if output.material]
        return Output(
            texts=tuple(text for output in found for text in output.texts if text),
            material=merged(materials) if materials else None,
            nothing_found=next((output.nothing_found for output in found if output.nothing_found is not None), None),
        )
        yield
