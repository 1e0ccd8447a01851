"""Values as old clients spell them: lists that may be one string, truth in words, states in digits (legacy contract 5.4; decisions C7)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import fields

from api.wire.fields import Texts

STATES: Mapping[str, str] = {"0": "unstart", "1": "running", "2": "cancel", "3": "done", "4": "fail"}
_DIGITS = {state: digit for digit, state in STATES.items()}
_UNTRUE = {"", "0", "false", "no", "off"}


class Words(Texts):
    """A list of strings; one string is a list of one, null and an empty string are none."""

    def __init__(self, *, most: int = 100_000, **options: Any) -> None:
        super().__init__(most=most, **{"load_default": list, "allow_none": True, **options})

    def deserialize(self, value: Any, attr: str | None = None, data: Any = None, **kwargs: Any) -> Any:
        """The list; null and an empty string count as an empty one."""
        return super().deserialize([] if value in (None, "") else value, attr, data, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> list[Any]:
        return super()._deserialize([value] if isinstance(value, str) else value, attr, data, **kwargs)


class Digits(Words):
    """A list of digits, also as numbers."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> list[Any]:
        items = value if isinstance(value, list) else [value]
        return super()._deserialize([str(item) if type(item) is int else item for item in items], attr, data, **kwargs)


class Truth(fields.Boolean):
    """Whatever Python takes for true, but for words that say the opposite (contract 6.9)."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bool:
        return value.strip().lower() not in _UNTRUE if isinstance(value, str) else bool(value)


class State(fields.Field[str]):
    """The state of parsing as a digit."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> str:
        return _DIGITS[value]
