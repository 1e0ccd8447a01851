"""Fields that accept what RAGFlow accepts, and say which rule a value breaks; the sentence is chosen elsewhere."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from marshmallow import ValidationError, fields

LARGEST = 2**31 - 1  # of any page number, count or size: two of them multiplied still fit 64 bits
LONGEST = 1_000_000  # characters of any text that has no limit of its own
_TRUE = {"true", "1", "yes", "y", "on", "t"}
_FALSE = {"false", "0", "no", "n", "off", "f"}


class Problem(str):
    """A rule that a value breaks, such as `integer.least`, with the value and what the rule says of it."""

    value: Any
    details: Mapping[str, Any]

    def __new__(cls, rule: str, value: Any = None, **details: Any) -> Problem:
        problem = super().__new__(cls, rule)
        problem.value, problem.details = value, details
        return problem


def broken(rule: str, value: Any, **details: Any) -> ValidationError:
    """The error of a value that breaks a rule."""
    return ValidationError(Problem(rule, value, **details))


class _Field(fields.Field[Any]):
    """A field whose null and missing values are problems like any other."""

    kind: ClassVar[str]

    def make_error(self, key: str, **kwargs: Any) -> ValidationError:
        return ValidationError(Problem(key if key == "required" else f"{self.kind}.type"))


class Text(_Field, fields.String):
    """A string, with its length checked after `strip`."""

    kind = "text"

    def __init__(self, *, strip: bool = False, least: int = 0, most: int = LONGEST, **options: Any) -> None:
        metadata = {"minLength": least, "maxLength": most, **options.pop("metadata", {})}
        super().__init__(metadata=metadata, **options)
        self.strip, self.least, self.most = strip, least, most

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if not isinstance(value, str):
            raise broken("text.type", value)
        text = value.strip() if self.strip else value
        if len(text) < self.least:
            raise broken("text.least", value, limit=self.least)
        if len(text) > self.most:
            raise broken("text.most", value, limit=self.most)
        return text


class Choice(_Field, fields.String):
    """One of a few words; `also` are accepted and not advertised."""

    kind = "choice"

    def __init__(self, *choices: str, also: Sequence[str] = (), folded: bool = False, **options: Any) -> None:
        super().__init__(metadata={"enum": [*choices, *also]}, **options)
        self.choices, self.also, self.folded = choices, also, folded

    def make_error(self, key: str, **kwargs: Any) -> ValidationError:
        return super().make_error(key) if key == "required" else broken("choice", None, choices=self.choices)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        word = value.strip().lower() if self.folded and isinstance(value, str) else value
        if isinstance(word, str) and (word in self.choices or word in self.also):
            return word
        raise broken("choice", value, choices=self.choices)


class Whole(_Field, fields.Integer):
    """An integer within bounds; strings and floats that spell one are accepted."""

    kind = "integer"

    def __init__(self, *, least: int, most: int = LARGEST, **options: Any) -> None:
        super().__init__(metadata={"minimum": least, "maximum": most}, **options)
        self.least, self.most = least, most

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        number = _integer(value)
        if number < self.least:
            raise broken("integer.least", value, limit=self.least)
        if number > self.most:
            raise broken("integer.most", value, limit=self.most)
        return number


class Number(_Field, fields.Float):
    """A finite number within bounds; strings that spell one are accepted."""

    kind = "number"

    def __init__(self, *, least: float = -math.inf, most: float = math.inf, **options: Any) -> None:
        bounds = {"minimum": least, "maximum": most}
        super().__init__(metadata={name: bound for name, bound in bounds.items() if math.isfinite(bound)}, **options)
        self.least, self.most = least, most

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> float:
        number = _number(value)
        if not self.least <= number <= self.most:
            rule = "number.least" if number < self.least else "number.most"
            raise broken(rule, value, least=self.least, most=self.most)
        return number


class Flag(_Field, fields.Boolean):
    """A boolean, or one of the words and digits that mean one."""

    kind = "flag"

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bool:
        word = str(value).strip().lower() if isinstance(value, (bool, int, float, str)) else None
        if word in _TRUE or word == "1.0":
            return True
        if word in _FALSE or word == "0.0":
            return False
        raise broken("flag.type" if word is None else "flag.literal", value)


class Items(_Field, fields.List[Any]):
    """A list, bounded in number."""

    kind = "list"

    def __init__(self, item: fields.Field[Any], *, most: int, **options: Any) -> None:
        super().__init__(item, metadata={"maxItems": most}, **options)
        self.most = most

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> list[Any]:
        if not isinstance(value, list):
            raise broken("list.type", value)
        if len(value) > self.most:
            raise broken("list.most", value, limit=self.most)
        items: list[Any] = super()._deserialize(value, attr, data, **kwargs)
        return items


class Texts(Items):
    """A list of strings."""

    def __init__(self, *, most: int, longest: int = LONGEST, **options: Any) -> None:
        super().__init__(Text(most=longest), most=most, **options)


class FreeObject(_Field, fields.Raw):
    """Any JSON value, but an object of at most so many characters."""

    kind = "object"

    def __init__(self, *, most: int, **options: Any) -> None:
        super().__init__(metadata={"type": "object"}, **options)
        self.most = most

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        size = len(json.dumps(value, ensure_ascii=False))
        if size > self.most:
            raise broken("object.size", value, limit=self.most, size=size)
        return value


class Part(_Field, fields.Nested):
    """An object with a schema of its own; `model` names it in RAGFlow's messages."""

    kind = "object"

    def __init__(self, schema: Any, *, model: str = "", **options: Any) -> None:
        super().__init__(schema, **options)
        self.model = model

    def make_error(self, key: str, **kwargs: Any) -> ValidationError:
        return super().make_error(key) if key == "required" else broken("object.type", None, model=self.model)

    def _deserialize(self, value: Any, attr: str | None, data: Any, partial: Any = None, **kwargs: Any) -> Any:
        if not isinstance(value, Mapping):
            raise broken("object.type", value, model=self.model)
        return super()._deserialize(value, attr, data, partial=partial, **kwargs)


def _integer(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, float):
        if value.is_integer():
            return int(value)
        raise broken("integer.fraction", value)
    if isinstance(value, str):
        return _spelled_integer(value)
    raise broken("integer.type", value)


def _spelled_integer(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        pass
    try:
        number = float(text)
    except ValueError:
        raise broken("integer.literal", text) from None
    if not number.is_integer():
        raise broken("integer.literal", text)
    return int(number)


def _number(value: Any) -> float:
    if not isinstance(value, (int, float, str)) or isinstance(value, bool):
        raise broken("number.type", value)
    try:
        number = float(value)
    except (ValueError, OverflowError):
        raise broken("number.literal", value) from None
    if not math.isfinite(number):
        raise broken("number.literal", value)
    return number
