"""Categorize: which of the categories a question belongs to decides where the round goes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from chat.canvas.call import Call
from chat.canvas.component import Output, Params, Running
from chat.canvas.components.generate import Asking, ModelParams
from chat.canvas.schema import MOST_ITEMS, MOST_TEXT, refused, required

AT_ONCE = 32  # texts that are compared before the run's limits are looked at again
_INSTRUCTION = (
    "You sort what a user says into categories. The categories are:\n\n{categories}\n\n"
    "Answer with the name of the one category that fits best, exactly as it is written above, and with nothing else."
)


@dataclass(frozen=True, slots=True)
class Category:
    """One category; `examples` are lines."""

    description: str = ""
    examples: Any = ""
    to: str = ""
    index: int = 0
    name: str = ""
    uuid: str = ""

    def lines(self) -> list[str]:
        """The examples one by one."""
        given = self.examples if isinstance(self.examples, list) else str(self.examples or "").splitlines()
        return [text for one in given if (text := str(one.get("value", "") if isinstance(one, dict) else one).strip())]


@dataclass(frozen=True, slots=True)
class CategorizeParams(ModelParams):
    """Those of a Categorize."""

    category_description: dict[str, Category] = field(default_factory=dict)
    message_history_window_size: int = 1


class Categorize(Asking):
    """Asks a model; the built-in one takes the category whose description or example is most like the question."""

    kind = "Categorize"
    schema: ClassVar[type[Params]] = CategorizeParams
    params: CategorizeParams
    transparent = True
    router = True

    def check(self) -> None:
        super().check()
        required(self.params.category_description, "[Categorize] Category examples", self.id)
        for name, category in self.params.category_description.items():
            if not name:
                raise refused(self.id, "[Categorize] Category name can not be empty!")
            if not category.to:
                raise refused(self.id, f"[Categorize] 'To' of category {name} can not be empty!")
        lines = [line for category in self.params.category_description.values() for line in category.lines()]
        if len(lines) > MOST_ITEMS or sum(map(len, lines)) > MOST_TEXT:
            raise refused(self.id, f"{self.id}: the examples are more than {MOST_ITEMS} lines or {MOST_TEXT} characters.")

    def successors(self) -> Iterable[str]:
        """Where the categories lead."""
        return (category.to for category in self.params.category_description.values())

    def run(self, call: Call) -> Running:
        text = call.text()
        model = call.world.model(self.params.llm_id)
        if model.built_in:
            chosen = self._nearest(call, text)
        else:
            said = yield from call.asked(model, self._instruction(), self._shown(call, text), self.settings())
            chosen = self._mentioned(said)
        return Output((chosen,), chosen=self.params.category_description[chosen].to)

    def _instruction(self) -> str:
        described = []
        for name, category in self.params.category_description.items():
            examples = "".join(f"\n  Example: {line}" for line in category.lines())
            described.append(f"- {name}: {category.description}{examples}")
        instruction = _INSTRUCTION.format(categories="\n".join(described))
        return f"{self.params.prompt.strip()}\n{instruction}".strip()

    def _shown(self, call: Call, text: str) -> str:
        earlier = call.state.window(self.params.message_history_window_size)[:-1] if self.params.message_history_window_size > 1 else []
        lines = [f"{role.upper()}: {said}" for role, said in earlier]
        return "\n".join((*lines, f"USER: {text}"))

    def _mentioned(self, said: str) -> str:
        """The name mentioned most often, of several the first; the last category where none is."""
        lowered = said.lower()
        names = list(self.params.category_description)
        counts = {name: lowered.count(name.lower()) for name in names}
        most = max(counts.values())
        if not most:
            return names[-1]
        return min((name for name in names if counts[name] == most), key=lambda name: (lowered.index(name.lower()), -len(name)))

    def _nearest(self, call: Call, text: str) -> str:
        owners: list[str] = []
        texts: list[str] = []
        for name, category in self.params.category_description.items():
            lines = [f"{name} {category.description}".strip(), *category.lines()]
            texts += lines
            owners += [name] * len(lines)
        if not text.strip():
            return owners[-1]
        [asked] = call.world.embed([text])
        likeness: list[float] = []
        for first in range(0, len(texts), AT_ONCE):
            likeness.extend(call.world.embed(texts[first : first + AT_ONCE]) @ asked)
            call.meter.check()
        return owners[int(np.argmax(likeness))]
