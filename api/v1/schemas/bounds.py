"""Numbers that the seeds' profile bounds and RAGFlow 0.19 took as they came (contract 3.17)."""

from __future__ import annotations

from typing import Any

from api.wire.fields import LARGEST, Number, Whole, broken
from services.compat import profile


class SeedNumber(Number):
    """A number, in the seeds' profile one within bounds."""

    def __init__(self, *, least: float, most: float, **options: Any) -> None:
        super().__init__(**options)
        self.metadata |= {"minimum": least, "maximum": most}
        self.bounds = least, most

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> float:
        number = super()._deserialize(value, attr, data, **kwargs)
        least, most = self.bounds
        if profile().name != "v0.19" and not least <= number <= most:
            raise broken("number.least", value, least=least, most=most)
        return number


class SeedWhole(Whole):
    """An integer, in the seeds' profile one within bounds."""

    def __init__(self, *, least: int, most: int = LARGEST, **options: Any) -> None:
        super().__init__(least=-LARGEST, most=LARGEST, **options)
        self.metadata |= {"minimum": least, "maximum": most}
        self.bounds = least, most

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        number = super()._deserialize(value, attr, data, **kwargs)
        least, most = self.bounds
        if profile().name != "v0.19" and not least <= number <= most:
            raise broken("number.least", value, least=least, most=most)
        return number
