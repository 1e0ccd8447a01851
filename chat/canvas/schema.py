"""A component's parameters as dataclasses: read from a DSL, checked by their types, unknown ones refused by name."""

from __future__ import annotations

import types
from collections.abc import Callable, Hashable, Mapping, Sized
from dataclasses import MISSING, dataclass, fields, is_dataclass
from functools import cache
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from models.errors import InvalidInput

Shape = TypeVar("Shape")

# What editors of v0.17 to v0.20 leave beside the parameters: their own state.
BESIDE = frozenset(
    "output output_var_name infor_var_name inputs debug_inputs outputs user_id custom_header description parameter name loop".split()
)
MOST_TEXT = 200_000  # characters of one parameter
MOST_ITEMS = 1_000  # of one list


def refused(place: str, message: str) -> InvalidInput:
    """The error of a DSL that cannot be used, naming the place."""
    return InvalidInput("dsl", message, condition="dsl.invalid", place=place)


@dataclass(frozen=True, slots=True)
class Source:
    """Where an input comes from: `reference` to a component or a Begin parameter, or `input` as it stands."""

    type: str = "reference"
    component_id: str = ""
    value: str = ""
    id: str = ""
    key: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Binding:
    """A name in a text and the component whose output it stands for."""

    key: str = ""
    component_id: str = ""
    id: str = ""
    name: str = ""
    type: str = ""
    value: str = ""


def read(shape: type[Shape], given: object, place: str, where: str = "params") -> Shape:
    """The parameters as `shape`, a dataclass; null is the default. Raises InvalidInput dsl.invalid, naming place and parameter."""
    if not isinstance(given, Mapping):
        raise refused(place, f"{place}: {where} should be an object.")
    known, hints = _known(shape)  # type: ignore[arg-type]
    for name in given:
        if name not in known and (where != "params" or name not in BESIDE):
            raise refused(place, f"{place}: {where} has the unknown parameter {str(name)[:100]}.")
    values = {
        name: _value(hints[name], given[name], place, f"{where}.{name}")
        for name in known
        if given.get(name) is not None
    }
    missing = [name for name, required in known.items() if required and name not in values]
    if missing:
        raise refused(place, f"{place}: {where}.{missing[0]} is missing.")
    return shape(**values)


def required(value: object, what: str, place: str) -> None:
    """Refuse what is empty, in the words that clients know (RAGFlow v1 contract 8.3)."""
    if value in ("", None) or (isinstance(value, Sized) and not len(value)):
        raise refused(place, f"{what} does not support empty value.")


@cache
def _known(shape: Hashable) -> tuple[dict[str, bool], dict[str, Any]]:
    """Each parameter, whether it must be given, and its type."""
    wanted = {one.name: one.default is MISSING and one.default_factory is MISSING for one in fields(shape)}  # type: ignore[arg-type]
    return wanted, get_type_hints(shape)


def _value(kind: Any, value: Any, place: str, where: str) -> Any:
    """A value of this type. Nested dataclasses, tuples and mappings of them are read in turn."""
    if get_origin(kind) in (Union, types.UnionType):
        kind = next(one for one in get_args(kind) if one is not type(None))
    if get_origin(kind) is tuple:
        return _items(get_args(kind)[0], value, place, where)
    if get_origin(kind) is dict:
        return _entries(get_args(kind)[1], value, place, where)
    if isinstance(kind, type) and is_dataclass(kind):
        return read(kind, value, place, where)
    return _plain(kind, value, place, where)


def _items(kind: Any, value: Any, place: str, where: str) -> tuple[Any, ...]:
    if not isinstance(value, list):
        raise refused(place, f"{place}: {where} should be a list.")
    if len(value) > MOST_ITEMS:
        raise refused(place, f"{place}: {where} has more than {MOST_ITEMS} items.")
    return tuple(_value(kind, one, place, f"{where}[{number}]") for number, one in enumerate(value))


def _entries(kind: Any, value: Any, place: str, where: str) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise refused(place, f"{place}: {where} should be an object.")
    if len(value) > MOST_ITEMS:
        raise refused(place, f"{place}: {where} has more than {MOST_ITEMS} items.")
    return {str(name): _value(kind, one, place, f"{where}.{str(name)[:100]}") for name, one in value.items()}


def _plain(kind: Any, value: Any, place: str, where: str) -> Any:
    if kind is Any:
        return value
    made = _READERS[kind](value)
    if made is None:
        raise refused(place, f"{place}: {where} should be {_NAMES[kind]}.")
    if isinstance(made, str) and len(made) > MOST_TEXT:
        raise refused(place, f"{place}: {where} has more than {MOST_TEXT} characters.")
    return made


def _whole(value: Any) -> int | None:
    if isinstance(value, str) and value.strip().isdecimal() and len(value) < 12:
        return int(value)
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e12:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**12 else None


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e12:
        return None
    return float(value)


def _text(value: Any) -> str | None:
    """A text; numbers are told apart by no editor, so they count as the text they are written as."""
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


_READERS: dict[Any, Callable[[Any], Any]] = {
    str: _text,
    int: _whole,
    float: _number,
    bool: lambda value: value if isinstance(value, bool) else None,
}
_NAMES = {str: "a text", int: "a whole number", float: "a number", bool: "true or false"}
