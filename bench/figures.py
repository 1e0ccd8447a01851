"""What was measured, beside its goal, as a table and as JSON."""

from __future__ import annotations

import json
import operator
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

SIGNS = {"<=": operator.le, ">=": operator.ge}


@dataclass(frozen=True, slots=True)
class Figure:
    """One measurement; `goal` is a sign and a number, or '' where there is none. `note` says what was measured."""

    section: str
    what: str
    value: float
    unit: str
    goal: str = ""
    note: str = ""

    @property
    def met(self) -> bool | None:
        """Whether the goal is reached; None without one."""
        if not self.goal:
            return None
        sign, number = self.goal.split()
        return bool(SIGNS[sign](self.value, float(number)))


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which a share of the values lies, by the nearest rank."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, int(share * len(ranked)))]


def row(figure: Figure) -> str:
    """One line of the table."""
    verdict = {True: "ok", False: "MISSED", None: ""}[figure.met]
    digits = {"nDCG@10": 4, "F1": 3, "score": 6}.get(figure.unit, 1)
    value = f"{figure.value:,.{digits}f}"
    return f"{figure.what:<52} {value:>12} {figure.unit:<12} {figure.goal:<10} {verdict:<7} {figure.note}".rstrip()


def save(figures: Sequence[Figure], path: Path) -> None:
    """Write the figures as JSON."""
    rows = [{**asdict(figure), "met": figure.met} for figure in figures]
    path.write_text(json.dumps(rows, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
