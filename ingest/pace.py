"""How far a parse is, in words: which pages of how many are done, and how fast."""

from __future__ import annotations

import time


class Pace:
    """Counts the pages of one document from when it is made."""

    def __init__(self, total: int) -> None:
        self._total = max(total, 1)
        self._done = 0
        self._begun = time.monotonic()

    def at(self, first: int, last: int, step: str) -> tuple[float, str]:
        """Fraction and line for a report when the pages `first` to `last` (from 1) have had this step."""
        self._done += last - first + 1
        speed = self._done / max(time.monotonic() - self._begun, 1e-3)
        return last / self._total, f"Page({first}~{last}) of {self._total}: {step} ({speed:.1f} pages/s)"
