"""What kind of values a table's columns hold, found by majority (contract 7.3, table)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from typing import Literal

Kind = Literal["long", "flt", "kwd", "dt", "tks"]
"""Whole numbers, numbers, truth values, times, text; also the endings of field names."""

_WHOLE = re.compile(r"[+-]?(?:0|[1-9][0-9]{0,17}|[1-9][0-9]{0,2}(?:,[0-9]{3}){1,5})$")
_NUMBER = re.compile(r"[+-]?(?:[0-9]{1,18}|[1-9][0-9]{0,2}(?:,[0-9]{3})+)?\.[0-9]+(?:[eE][+-]?[0-9]{1,2})?$|[+-]?[0-9]{1,18}[eE][+-]?[0-9]{1,2}$")
_TRUE, _FALSE = frozenset("true yes 是 √ ✓ ✔ ✅".split()), frozenset("false no 否 × ✗ ✘ ❌".split())
_DATE = re.compile(r"(?=.*[0-9]{4})(?=.*[-/年. ,]).{8,32}$")
_FORMATS = tuple(
    date + time
    for date in ("%Y-%m-%d", "%Y/%m/%d", "%Y年%m月%d日", "%Y.%m.%d", "%d.%m.%Y", "%m/%d/%Y", "%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y")
    for time in ("", " %H:%M:%S", " %H:%M")
)


def kind_of_column(values: Iterable[str]) -> Kind:
    """The kind that most values have, blank ones left out; whole numbers among others are numbers. Text when there is no value."""
    votes = Counter(kind_of(value) for value in values if value.strip())
    if not votes:
        return "tks"
    numbers = votes["long"] + votes["flt"]
    others = {kind: votes[kind] for kind in ("tks", "dt", "kwd")}
    best = max(others, key=lambda kind: others[kind])
    if numbers > others[best]:
        return "flt" if votes["flt"] else "long"
    return best  # type: ignore[return-value]  # a key of the dictionary above


def kind_of(value: str) -> Kind:
    """The narrowest kind the value has."""
    text = value.strip()
    if _WHOLE.match(text):
        return "long"
    if _NUMBER.match(text):
        return "flt"
    if text.lower() in _TRUE | _FALSE:
        return "kwd"
    return "dt" if _time(text) else "tks"


def typed(value: str, kind: Kind) -> int | float | bool | str | None:
    """The value as its column's kind, times in ISO 8601; None when it has no such value."""
    text = value.strip()
    if kind == "tks":
        return text or None
    if kind == "kwd":
        return text.lower() in _TRUE if text.lower() in _TRUE | _FALSE else None
    if kind == "dt":
        found = _time(text)
        return found.isoformat() if found else None
    number = text.replace(",", "")
    if _WHOLE.match(text):
        return int(number) if kind == "long" else float(number)
    return float(number) if kind == "flt" and _NUMBER.match(text) else None


@lru_cache(maxsize=4_096)  # trying every form is slow, and columns say the same days again and again
def _time(text: str) -> datetime | None:
    if not _DATE.match(text):
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        pass
    for form in _FORMATS:
        try:
            return datetime.strptime(text, form)
        except ValueError:
            continue
    return None
