"""JSON values that rows, indexes and answers can hold: bounded, finite, and valid Unicode."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NoReturn

from models.errors import InvalidInput

DEEPEST = 64
LONGEST_LIST = 100_000
LARGEST_INTEGER = 2**63 - 1
LONGEST_NAME = 100  # characters of a client's own key that an answer repeats


def parse(data: str | bytes) -> Any:
    """The value of a JSON text. Raises ValueError for what is none, InvalidInput for one that cannot be held."""
    try:
        value = json.loads(data, parse_constant=_refuse_constant)
    except RecursionError:
        raise InvalidInput("body", f"The body is nested deeper than {DEEPEST} levels.", condition="body.too_deep") from None
    check(value)
    return value


def check(value: Any) -> None:
    """Refuse what a value may not hold anywhere. Raises InvalidInput naming the place and the limit."""
    level: list[tuple[str, Any]] = [("", value)]
    for _ in range(DEEPEST):
        level = [inner for path, outer in level for inner in _parts(path, outer)]
        if not level:
            return
    raise InvalidInput("body", f"The body is nested deeper than {DEEPEST} levels.", condition="body.too_deep")


def shortened(name: str) -> str:
    """The name as an answer repeats it: a key that a client made up may be of any length."""
    return name if len(name) <= LONGEST_NAME else f"{name[:LONGEST_NAME]}..."


def _parts(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    problem = _problem(value)
    if problem:
        place = shortened(path) or "The body"
        raise InvalidInput(place, f"{place} {problem}", condition="body.value")
    if isinstance(value, dict):
        for key, inner in value.items():
            if _text_problem(key):
                raise InvalidInput("body", f"A key of {shortened(path) or 'the body'} {_text_problem(key)}", condition="body.value")
            yield f"{path}.{key}" if path else key, inner
    elif isinstance(value, list):
        yield from ((f"{path}.{index}", inner) for index, inner in enumerate(value))


def _problem(value: Any) -> str | None:
    if isinstance(value, str):
        return _text_problem(value)
    if isinstance(value, list) and len(value) > LONGEST_LIST:
        return f"should have at most {LONGEST_LIST} items"
    if isinstance(value, float) and value in (float("inf"), float("-inf")):
        return "should be a finite number"
    if isinstance(value, int) and abs(value) > LARGEST_INTEGER:
        return "should be a number of at most 64 bits"
    return None


def _text_problem(text: str) -> str | None:
    if "\0" in text:
        return "must not contain NUL characters"
    try:
        text.encode()
    except UnicodeEncodeError:
        return "must not contain lone surrogates"
    return None


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)
