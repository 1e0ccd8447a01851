"""Template: a text with names in braces, filled in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from chat import prompt
from chat.canvas import inputs
from chat.canvas.call import Call
from chat.canvas.component import Component, Output, Params, Running
from chat.canvas.schema import Binding, required


@dataclass(frozen=True, slots=True)
class TemplateParams(Params):
    """Those of a Template."""

    content: str = ""
    parameters: tuple[Binding, ...] = ()


class Template(Component):
    """Names that nothing stands behind are left as they are. It is no program: there are no loops or conditions in it."""

    kind = "Template"
    schema: ClassVar[type[Params]] = TemplateParams
    params: TemplateParams

    def check(self) -> None:
        required(self.params.content, "[Template] Content", self.id)

    def references(self) -> Iterable[str]:
        """What its names stand for."""
        return (*Component.references(self), *self._bound().values())

    def mentions(self) -> Iterable[str]:
        """What stands in its braces."""
        return inputs.named(self.params.content)

    def run(self, call: Call) -> Running:
        values = {name: output.text for name, output in call.fillings(self.params.content, self._bound()).items()}
        if inputs.INPUT in inputs.named(self.params.content):
            values.setdefault(inputs.INPUT, call.text())
        return Output((prompt.filled(self.params.content, values),))
        yield

    def _bound(self) -> dict[str, str]:
        return {one.key: one.component_id for one in self.params.parameters if one.key and one.component_id}
