"""Begin: the opener, and the parameters that a client fills in (RAGFlow v1 contract 8.3, 8.4)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from chat.canvas.call import Call
from chat.canvas.component import Component, Output, Params, Running
from chat.canvas.schema import refused

TYPES = ("line", "paragraph", "options", "file", "integer", "boolean")

NO_VALUES: tuple[Any, ...] = (None, "", [], {})


@dataclass(frozen=True, slots=True)
class Parameter:
    """One that a client gives by its key."""

    key: str
    name: str = ""
    type: str = "line"
    optional: bool = False
    options: Any = None
    value: Any = None

    def is_met(self, values: Mapping[str, Any]) -> bool:
        """Whether these values have a truthy one (contract 3.27); 0 and false count for an integer and a boolean (decisions B25)."""
        value = values.get(self.key)
        return bool(value) or (self.type in ("integer", "boolean") and isinstance(value, int | float))


@dataclass(frozen=True, slots=True)
class BeginParams(Params):
    """Those of a Begin, whose `query` is what clients fill in."""

    prologue: str = "Hi! I'm your smart assistant. What can I do for you?"
    query: tuple[Parameter, ...] = field(default=())  # type: ignore[assignment]


class Begin(Component):
    """Says the prologue. `values` are what was given for this session, by key."""

    kind = "Begin"
    schema: ClassVar[type[Params]] = BeginParams
    params: BeginParams

    def check(self) -> None:
        keys = [one.key for one in self.params.query]
        for one in self.params.query:
            if not one.key or keys.count(one.key) > 1:
                raise refused(self.id, f"{self.id}: every parameter needs a key of its own.")
            if one.type not in TYPES:
                raise refused(self.id, f"{self.id}: {one.key} has the type {one.type[:50]}; known are {', '.join(TYPES)}.")
        self.values: dict[str, Any] = {one.key: one.value for one in self.params.query if one.value not in NO_VALUES}

    def references(self) -> tuple[str, ...]:
        """Its `query` names nothing."""
        return ()

    def parameter(self, key: str) -> Parameter | None:
        """The parameter of this key."""
        return next((one for one in self.params.query if one.key == key), None)

    def missing(self, values: Mapping[str, Any]) -> Parameter | None:
        """The first that is due and is not among these values."""
        return next((one for one in self.params.query if not one.optional and not one.is_met(values)), None)

    def give(self, values: Mapping[str, Any]) -> None:
        """Take the values; an optional parameter without one has none (contract 3.27)."""
        for one in self.params.query:
            if values.get(one.key) not in NO_VALUES:
                self.values[one.key] = values[one.key]
            elif one.optional:
                self.values.pop(one.key, None)

    def given(self, key: str) -> Output | None:
        """What was given under this key; None for a key that is none of the parameters."""
        if self.parameter(key) is None:
            return None
        value = self.values.get(key)
        return Output() if value is None else Output((value if isinstance(value, str) else json.dumps(value, ensure_ascii=False),))

    def run(self, call: Call) -> Running:
        return Output((self.params.prologue,) if self.params.prologue else ())
        yield
