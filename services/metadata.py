"""Choosing documents by their meta_fields (the `metadata_condition` of RAGFlow 0.20 and later)."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from peewee import chunked

from models.errors import InvalidInput
from models.tables import Document
from services.access import BATCH

_SYNONYMS = {
    "is": "=",
    "==": "=",
    "not is": "≠",
    "is not": "≠",
    "!=": "≠",
    "<>": "≠",
    ">=": "≥",
    "<=": "≤",
    "starts with": "start with",
    "ends with": "end with",
    "is empty": "empty",
    "is not empty": "not empty",
}


@dataclass(frozen=True, slots=True)
class Condition:
    """One comparison of a named meta field with a value; `test` is one of OPERATORS."""

    name: str
    test: str
    value: Any = None


@dataclass(frozen=True, slots=True)
class MetadataCondition:
    """Comparisons of which all (`and`) or any (`or`) must hold."""

    logic: str
    conditions: Sequence[Condition]


def operator_named(name: str) -> str:
    """The operator a client's word stands for. Raises InvalidInput."""
    test = _SYNONYMS.get(name.strip().lower(), name.strip().lower())
    if test not in OPERATORS:
        known = ", ".join(OPERATORS)
        raise InvalidInput("comparison_operator", f"comparison_operator should be one of {known}", condition="metadata.operator")
    return test


def matching_documents(datasets: Sequence[str], wanted: MetadataCondition) -> dict[str, None]:
    """The ids, as an ordered set, of the datasets' documents whose meta_fields satisfy the condition."""
    combine = all if wanted.logic == "and" else any
    found: dict[str, None] = {}
    for batch in chunked(datasets, BATCH):
        rows = Document.select(Document.id, Document.meta_fields).where(Document.dataset.in_(batch))
        for id, fields in rows.tuples().iterator():
            if combine(_holds(condition, fields) for condition in wanted.conditions):
                found[id] = None
    return found


def _holds(condition: Condition, fields: Mapping[str, Any]) -> bool:
    """Whether the field satisfies the condition; of a list, any item may. An absent field is empty, and nothing else."""
    value = fields.get(condition.name)
    if condition.test == "empty":
        return _is_empty(value)
    if _is_empty(value):
        return False
    items = value if isinstance(value, list) else [value]
    if condition.test in ("≠", "not contains", "not in"):
        return all(OPERATORS[condition.test](item, condition.value) for item in items)
    return any(OPERATORS[condition.test](item, condition.value) for item in items)


def _is_empty(value: Any) -> bool:
    return value is None or value == "" or value == [] or value == {}


def _text(value: Any) -> str:
    return str(value).casefold()


def _compared(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    """Compare as numbers where both are, else as text regardless of case."""

    def test(item: Any, value: Any) -> bool:
        try:
            return compare(float(item), float(value))
        except (TypeError, ValueError):
            return compare(_text(item), _text(value))

    return test


def _among(item: Any, value: Any) -> bool:
    choices = value if isinstance(value, list) else str(value).split(",")
    return _text(item).strip() in {_text(choice).strip() for choice in choices}


OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "contains": lambda item, value: _text(value) in _text(item),
    "not contains": lambda item, value: _text(value) not in _text(item),
    "in": _among,
    "not in": lambda item, value: not _among(item, value),
    "start with": lambda item, value: _text(item).startswith(_text(value)),
    "end with": lambda item, value: _text(item).endswith(_text(value)),
    "empty": lambda item, value: False,
    "not empty": lambda item, value: True,
    "=": _compared(operator.eq),
    "≠": _compared(operator.ne),
    ">": _compared(operator.gt),
    "<": _compared(operator.lt),
    "≥": _compared(operator.ge),
    "≤": _compared(operator.le),
}
