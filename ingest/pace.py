"""How far a parse is, in words: which pages of how many are done, and how fast."""

from __future__ import annotations

import time

SILENCE = 2.0  # seconds without a word, after which somebody who waits wants to see that it goes on


class Pace:
    """Counts the pages of one document from when it is made, which is before the first is read."""

    def __init__(self) -> None:
        self._done = self._read = 0
        self._begun = self._spoke = time.monotonic()

    def at(self, first: int, last: int, step: str, *, of: int, pages: int = 1) -> tuple[float, str]:
        """Fraction and line for a report when so many pages, `first` to `last` (from 1), of all have had this step."""
        self._done += pages
        return self._told(f"Page({first}~{last})", last, of, step, self._done)

    def read(self, number: int, *, of: int) -> tuple[float, str] | None:
        """Count a page that was read, which goes before all else; what to report when nothing was said for long."""
        self._read += 1
        return self._told(f"Page {number}", number, of, "read", self._read) if self.is_silent() else None

    def is_silent(self) -> bool:
        """Whether nothing was said for long."""
        return time.monotonic() - self._spoke >= SILENCE

    def _told(self, what: str, number: int, total: int, step: str, count: int) -> tuple[float, str]:
        self._spoke = time.monotonic()
        speed = count / max(self._spoke - self._begun, 1e-3)
        return number / max(total, 1), f"{what} of {total}: {step} ({speed:.1f} pages/s)"
