"""Generate: a model writes, told by a prompt, from what was found and what was said before (RAGFlow v1 contract 8.3)."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from chat import budget, extract, prompt, wording, writing
from chat.canvas import inputs
from chat.canvas.call import Call
from chat.canvas.component import Component, Output, Params, Running
from chat.canvas.events import RunEvent
from chat.canvas.inputs import Input
from chat.canvas.materials import merged
from chat.canvas.schema import Binding, refused, required
from chat.catalogue import Model
from chat.exchange import Event, Failed, Reference, Silence, Text, Turn, Usage
from chat.writing import Material

TERMS_WEIGHT = 0.7  # of a sentence's match with a passage; the rest is the vectors'
NO_QUESTION = "Output:"  # what a model is asked where nobody said anything


@dataclass(frozen=True, slots=True)
class ModelParams(Params):
    """Those of every component that asks a model; numbers that are 0 are not sent, nor those that an editor has switched off."""

    llm_id: str = ""
    prompt: str = ""
    cite: bool = True
    max_tokens: int = 0
    temperature: float = 0.0
    top_p: float = 0.0
    presence_penalty: float = 0.0
    frequency_penalty: float = 0.0
    parameters: tuple[Binding, ...] = ()
    llm_enabled_tools: tuple[Any, ...] = ()
    llm_enabled_mcp_servers: tuple[Any, ...] = ()
    temperatureEnabled: bool = True
    topPEnabled: bool = True
    presencePenaltyEnabled: bool = True
    frequencyPenaltyEnabled: bool = True
    maxTokensEnabled: bool = True


_SENT = {
    "temperature": "temperatureEnabled",
    "top_p": "topPEnabled",
    "presence_penalty": "presencePenaltyEnabled",
    "frequency_penalty": "frequencyPenaltyEnabled",
}


class Asking(Component):
    """A component that asks a model."""

    schema: ClassVar[type[Params]] = ModelParams
    params: ModelParams

    def check(self) -> None:
        required(self.params.llm_id, f"[{self.kind}] LLM", self.id)
        for name in _SENT:
            if not 0 <= getattr(self.params, name) <= 1:
                raise refused(self.id, f"{self.id}: params.{name} should be from 0 to 1.")
        if self.params.max_tokens < 0:
            raise refused(self.id, f"{self.id}: params.max_tokens should not be under 0.")
        if self.params.llm_enabled_tools or self.params.llm_enabled_mcp_servers:
            raise refused(self.id, f"{self.id}: params.llm_enabled_tools and llm_enabled_mcp_servers: tools are not offered here.")

    def references(self) -> Iterable[str]:
        """What it asks with, and what its prompt's names stand for."""
        return (*Component.references(self), *self.bound().values())

    def mentions(self) -> Iterable[str]:
        """What stands in the braces of its prompt."""
        return inputs.named(self.params.prompt)

    def bound(self) -> dict[str, str]:
        """The prompt's own names, and the component each stands for."""
        return {one.key: one.component_id for one in self.params.parameters if one.key and one.component_id}

    def settings(self, *, room: int = 0, left: int = 0) -> dict[str, Any]:
        """What a model is asked for: tokens as far as the context has `room`, and no more than the run has `left`."""
        on = [name for name, switch in _SENT.items() if getattr(self.params, switch)]
        chosen = {name: getattr(self.params, name) for name in on if getattr(self.params, name) > 0}
        if self.params.max_tokens and self.params.maxTokensEnabled:
            chosen["max_tokens"] = max(min(self.params.max_tokens, room or self.params.max_tokens), 1)
        if 0 < left < chosen.get("max_tokens", room):
            chosen["max_tokens"] = left
        return chosen


class Generate(Asking):
    """Writes a text, cited where it stands on passages."""

    kind = "Generate"
    gathers = True

    def run(self, call: Call) -> Running:
        found = call.inputs()
        fillings = call.fillings(self.params.prompt, self.bound())
        searched = [one.output for one in found] + list(fillings.values())
        empty = [output.nothing_found for output in searched if output.nothing_found is not None]
        sources = _distinct(output.material for output in searched if output.material and output.material.passages)
        if empty and not sources:
            return Output(("\n".join(text for text in empty if text) or wording.NOTHING_FOUND,))
        model = call.world.model(self.params.llm_id)
        if model.built_in:
            return (yield from self._quoted(call, found, merged(sources)))
        return (yield from self._written(call, model, _Told(found, fillings, sources)))

    def _quoted(self, call: Call, found: Sequence[Input], material: Material) -> Running:
        """What the built-in model says: sentences of the passages."""
        asked = call.state.question()
        asked = asked if extract.word_weights(asked) else "\n".join(inputs.texts(found))
        quotes = extract.quotes(asked, material.passages)
        if not quotes:
            return Output((extract.NOTHING_FITS if material.passages else wording.NO_PASSAGES,))
        whole = ""
        for piece in extract.written(quotes, quote=self.params.cite):
            whole += piece
            yield Text(whole)
        call.meter.spend(Usage(sum(budget.count(one.content) for one in material.passages), budget.count(whole)))
        return Output((whole,), reference=writing.reference(material, whole) if self.params.cite else None)

    def _written(self, call: Call, model: Model, told: _Told) -> Running:
        quote = self.params.cite and bool(told.sources)
        system, material = told.system(self.params.prompt, model.context_tokens, quote=quote)
        turns = budget.fit([*([Turn("system", system)] if system else []), *self._turns(call)], model.context_tokens)
        spent = budget.spent(turns)
        call.meter.afford(spent)
        settings = self.settings(room=model.context_tokens - spent, left=call.meter.tokens_left() - spent)
        draft = writing.drafted(model, turns, settings, material, cited=len(material.passages) if quote else 0, weight=1 - TERMS_WEIGHT)
        written = yield from _drafted(call, draft)
        text = written.text.rpartition("</think>")[2].lstrip() if "</think>" in written.text else written.text
        reference: Reference | None = writing.reference(material, text) if quote else None
        return Output((text,), reference=reference)

    def _turns(self, call: Call) -> list[Turn]:
        """What was said, as far as the window goes; somebody has to ask."""
        said = [Turn(role, text) for role, text in call.state.window(self.params.message_history_window_size)]
        return said if said and said[-1].role == "user" else [*said, Turn("user", NO_QUESTION)]


@dataclass(frozen=True, slots=True)
class _Told:
    """What goes into a prompt: the inputs, what its names stand for, and the passages of each search."""

    found: Sequence[Input]
    fillings: Mapping[str, Output]
    sources: Sequence[Material]

    def system(self, text: str, context: int, *, quote: bool) -> tuple[str, Material]:
        """The system message, and the passages that it has room for; what no name stands for is added at the end."""
        room = int((context - budget.count(text)) * budget.KNOWN_SHARE / 2 / max(len(self.sources), 1))
        blocks: list[str] = []
        given: list[Material] = []
        first = 0
        for source in self.sources:
            block, count = prompt.fragments(source.passages, source.meta, room, first=first)
            blocks.append(block)
            given.append(_first(source, count))
            first += count
        values = {name: self._value(output, blocks) for name, output in self.fillings.items()}
        if inputs.INPUT in inputs.named(text):
            values.setdefault(inputs.INPUT, self._input(blocks))
        written = prompt.filled(text, values)
        left = [block for block in blocks if block not in written]
        written = "\n\n".join((written, *left)) if left else written
        material = merged(given)
        if not blocks:
            return written, material
        return written + prompt.MATERIAL + (prompt.CITATIONS if quote else ""), material

    def _value(self, output: Output, blocks: Sequence[str]) -> str:
        place = self._place(output)
        return inputs.bulleted(output.texts) if place is None else blocks[place]

    def _input(self, blocks: Sequence[str]) -> str:
        places = [self._place(one.output) for one in self.found]
        plain = [text for one, place in zip(self.found, places, strict=True) if place is None for text in one.output.texts if text]
        known = [blocks[place] for place in places if place is not None]
        return "\n\n".join(part for part in (*known, inputs.bulleted(plain)) if part)

    def _place(self, output: Output) -> int | None:
        return next((place for place, source in enumerate(self.sources) if source is output.material), None)


def _drafted(call: Call, draft: Generator[Event, None, writing.Draft | None]) -> Generator[RunEvent, None, writing.Draft]:
    """The draft's events, watched by the meter; Failed is raised."""
    try:
        while True:
            event = next(draft)
            call.meter.check()
            if isinstance(event, Failed):
                raise event.error
            if isinstance(event, Text | Silence):
                yield event
    except StopIteration as end:
        written: writing.Draft = end.value
        call.meter.spend(written.usage)
        return written
    finally:
        draft.close()


def _first(material: Material, count: int) -> Material:
    vectors = material.vectors
    return replace(material, passages=material.passages[:count], vectors=(lambda: vectors()[:count]) if vectors else None)


def _distinct(materials: Iterable[Material]) -> list[Material]:
    kept: list[Material] = []
    for material in materials:
        if not any(material is one for one in kept):
            kept.append(material)
    return kept
