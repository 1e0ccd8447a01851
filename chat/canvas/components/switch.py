"""Switch: the first condition that holds decides where the round goes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import ClassVar

from chat.canvas.call import Call
from chat.canvas.component import Component, Output, Params, Running
from chat.canvas.schema import refused, required


@dataclass(frozen=True, slots=True)
class Item:
    """A comparison of an output, or of a Begin parameter, with a text."""

    cpn_id: str = ""
    operator: str = "="
    value: str = ""


@dataclass(frozen=True, slots=True)
class Condition:
    """Comparisons of which all (`and`) or one (`or`) must hold."""

    logical_operator: str = "and"
    items: tuple[Item, ...] = ()
    to: str = ""


@dataclass(frozen=True, slots=True)
class SwitchParams(Params):
    """Those of a Switch; `end_cpn_id` is for when no condition holds."""

    conditions: tuple[Condition, ...] = ()
    end_cpn_id: str = ""


class Switch(Component):
    """Compares texts; numbers as numbers where both are."""

    kind = "Switch"
    schema: ClassVar[type[Params]] = SwitchParams
    params: SwitchParams
    transparent = True
    router = True

    def check(self) -> None:
        required(self.params.conditions, "[Switch] conditions", self.id)
        for condition in self.params.conditions:
            if not condition.to:
                raise refused(self.id, "[Switch] 'To' can not be empty!")
            if condition.logical_operator not in ("and", "or"):
                raise refused(self.id, f"{self.id}: logical_operator should be and or or, not {condition.logical_operator[:50]}.")
            for item in condition.items:
                if item.operator not in OPERATORS:
                    raise refused(self.id, f"{self.id}: the operator {item.operator[:50]} is not known. Known are {', '.join(OPERATORS)}.")

    def references(self) -> Iterable[str]:
        """What it compares."""
        named = (item.cpn_id for condition in self.params.conditions for item in condition.items if item.cpn_id)
        return (*Component.references(self), *named)

    def successors(self) -> Iterable[str]:
        """Where the conditions lead."""
        return (*(condition.to for condition in self.params.conditions), *filter(None, (self.params.end_cpn_id,)))

    def run(self, call: Call) -> Running:
        for condition in self.params.conditions:
            held = [self._holds(call, item) for item in condition.items if item.cpn_id]
            if held and (any(held) if condition.logical_operator == "or" else all(held)):
                return Output((condition.to,), chosen=condition.to)
        return Output((self.params.end_cpn_id,), chosen=self.params.end_cpn_id)
        yield

    def _holds(self, call: Call, item: Item) -> bool:
        call.meter.check()
        return OPERATORS[item.operator](call.output(item.cpn_id).text, item.value)


def _ordered(compare: Callable[[int], bool]) -> Callable[[str, str], bool]:
    """Less, equal or greater: as numbers when both are, else as texts."""

    def holds(text: str, value: str) -> bool:
        one, other = _number(text), _number(value)
        if one is not None and other is not None:
            return compare((one > other) - (one < other))
        return compare((text > value) - (text < value))

    return holds


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if number == number else None  # not a number is in no order


OPERATORS: dict[str, Callable[[str, str], bool]] = {
    "contains": lambda text, value: value.lower() in text.lower(),
    "not contains": lambda text, value: value.lower() not in text.lower(),
    "start with": lambda text, value: text.lower().startswith(value.lower()),
    "end with": lambda text, value: text.lower().endswith(value.lower()),
    "empty": lambda text, value: not text,
    "not empty": lambda text, value: bool(text),
    "=": lambda text, value: text == value,
    "≠": lambda text, value: text != value,
    ">": _ordered(lambda order: order > 0),
    "<": _ordered(lambda order: order < 0),
    "≥": _ordered(lambda order: order >= 0),
    "≤": _ordered(lambda order: order <= 0),
}
