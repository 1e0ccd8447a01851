"""How far a parse is, in words: which pages of how many are done, and how fast."""

from __future__ import annotations

import time

SILENCE = 2.0  # seconds without a word, after which somebody who waits wants to see that it goes on


class Pace:
    """Counts the pages of one document from when it is made, which is before the first is read."""

    def __init__(self, total: int = 0) -> None:
        self._total = total
        self._done = 0
        self._begun = self._spoke = time.monotonic()

    def at(self, first: int, last: int, step: str, *, of: int = 0) -> tuple[float, str]:
        """Fraction and line for a report when the pages `first` to `last` (from 1) have had this step; `of` how many, once that is known."""
        total = max(of or self._total, 1)
        self._done += last - first + 1
        self._spoke = time.monotonic()
        speed = self._done / max(self._spoke - self._begun, 1e-3)
        return last / total, f"Page({first}~{last}) of {total}: {step} ({speed:.1f} pages/s)"

    def is_silent(self) -> bool:
        """Whether nothing was said for long; asking counts as saying it."""
        if time.monotonic() - self._spoke < SILENCE:
            return False
        self._spoke = time.monotonic()
        return True
