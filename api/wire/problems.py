"""From marshmallow's errors to the first value that is wrong, in the order the fields are declared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from marshmallow import ValidationError

from api.wire.fields import Problem
from models.errors import InvalidInput
from services.json_values import shortened

Path = tuple[Any, ...]

# What each rule of api.wire.fields says of a value that breaks it.
SENTENCES = {
    "integer.literal": "{field} should be an integer",
    "integer.fraction": "{field} should be an integer",
    "integer.type": "{field} should be an integer",
    "integer.least": "{field} should be at least {limit}",
    "integer.most": "{field} should be at most {limit}",
    "number.literal": "{field} should be a number",
    "number.type": "{field} should be a number",
    "number.least": "{field} should be between {least} and {most}",
    "number.most": "{field} should be between {least} and {most}",
    "text.type": "{field} should be a string",
    "text.least": "{field} should have at least {limit} characters",
    "text.most": "{field} should have at most {limit} characters",
    "list.type": "{field} should be a list",
    "list.most": "{field} should have at most {limit} items",
    "list.item": "{field} should be a list of strings",
    "object.type": "{field} should be an object",
    "object.size": "{field} should have at most {limit} characters, it has {size}",
    "flag.literal": "{field} should be a boolean",
    "flag.type": "{field} should be a boolean",
    "choice": "{field} should be one of {choices}",
    "extra": "{field} is not a known key, nothing was changed",
    "required": "{field} is required",
}
OTHERWISE = "{field} is not acceptable"


def first_problem(error: ValidationError, sent: Mapping[str, Any]) -> InvalidInput:
    """The error of the first value that is wrong: its condition is `field.rule`, its `rule` detail the rule alone."""
    path, problem = next(problems(error.messages_dict, sent))
    rule, details = str(problem), dict(problem.details)
    if isinstance(path[-1], int) and rule == "text.type":  # an item of a list of strings
        path, rule, details = path[:-1], "list.item", {"index": path[-1]}
    if "choices" in details:
        details["choices"] = ", ".join(details["choices"])
    field = shortened(".".join(str(key) for key in path))
    message = SENTENCES.get(rule, OTHERWISE).format_map({"field": field, **details})
    # A condition is logged: what the client called its own key has no place in it.
    condition = rule if rule == "extra" else f"{field}.{rule}"
    return InvalidInput(field, message, condition=condition, rule=rule, value=problem.value, **details)


def problems(messages: Any, sent: Any, path: Path = ()) -> Iterator[tuple[Path, Problem]]:
    """Every problem with its place, unknown keys of an object after its fields, in the order they were sent."""
    if not isinstance(messages, Mapping):
        yield from ((path, problem) for problem in messages)
        return
    order = {key: place for place, key in enumerate(sent)} if isinstance(sent, Mapping) else {}
    unknown = sorted((key for key in messages if messages[key] == ["extra"]), key=lambda key: order.get(key, 0))
    for key in [*(key for key in messages if key not in unknown), *unknown]:
        yield from problems(messages[key], inside(sent, key), (*path, key))


def inside(sent: Any, key: Any) -> Any:
    """The part of what was sent that a key of the path names; None where there is none."""
    if isinstance(sent, Mapping):
        return sent.get(key)
    return sent[key] if isinstance(sent, list) else None
