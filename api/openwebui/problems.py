"""From marshmallow's errors to the list that clients of typed endpoints read: type, place, sentence and what was sent (contract 1)."""

from __future__ import annotations

import json
from typing import Any

from api.wire.problems import inside, problems
from services.json_values import shortened

LONGEST = 1000  # characters of what was sent that an answer repeats

# The name and the sentence that each rule of api.wire.fields has here.
_KINDS = {
    "required": ("missing", "Field required"),
    "text.type": ("string_type", "Input should be a valid string"),
    "text.least": ("string_too_short", "String should have at least {limit} characters"),
    "text.most": ("string_too_long", "String should have at most {limit} characters"),
    "list.type": ("list_type", "Input should be a valid list"),
    "list.most": ("too_long", "List should have at most {limit} items after validation"),
    "object.type": ("dict_type", "Input should be a valid dictionary"),
    "integer.type": ("int_type", "Input should be a valid integer"),
    "integer.literal": ("int_parsing", "Input should be a valid integer, unable to parse string as an integer"),
    "integer.fraction": ("int_from_float", "Input should be a valid integer, got a number with a fractional part"),
    "integer.least": ("greater_than_equal", "Input should be greater than or equal to {limit}"),
    "integer.most": ("less_than_equal", "Input should be less than or equal to {limit}"),
    "number.type": ("float_type", "Input should be a valid number"),
    "number.literal": ("float_parsing", "Input should be a valid number, unable to parse string as a number"),
    "flag.type": ("bool_type", "Input should be a valid boolean"),
    "flag.literal": ("bool_parsing", "Input should be a valid boolean, unable to interpret input"),
    "missing": ("missing", "Field required"),
    "model_attributes_type": ("model_attributes_type", "Input should be a valid dictionary or object to extract fields from"),
    "list_type": ("list_type", "Input should be a valid list"),
    "json_invalid": ("json_invalid", "JSON decode error"),
}
_OTHER = ("value_error", "Value error, it is not acceptable")


def entries(messages: Any, sent: Any, where: str) -> list[dict[str, Any]]:
    """An entry for every value that is wrong."""
    found = []
    for path, problem in problems(messages, sent):
        value: Any = sent
        for key in path[:-1]:
            value = inside(value, key)
        place = [where, *(shortened(key) if isinstance(key, str) else key for key in path)]
        # What is missing is told with what it is missing from.
        told = value if problem == "required" else inside(value, path[-1])
        found.append(entry(str(problem), place, told, **problem.details))
    return found


def entry(rule: str, place: list[Any], value: Any, **details: Any) -> dict[str, Any]:
    """One value that is wrong; `details` are what the rule says of it."""
    kind, sentence = _KINDS.get(rule, _OTHER)
    told: dict[str, Any] = {"type": kind, "loc": place, "msg": sentence.format_map(details), "input": _bounded(value)}
    if details:
        told["ctx"] = details
    return told


def _bounded(value: Any) -> Any:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return value if len(text) <= LONGEST else text[:LONGEST] + "..."
