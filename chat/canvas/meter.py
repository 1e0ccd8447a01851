"""What a run has spent, and the stop when it is too much."""

from __future__ import annotations

import time

from chat.canvas.events import Limits
from chat.exchange import Usage
from models.errors import AppError


MOST_TEXT = 2_000_000  # characters of one text or list of texts
MOST_TEXTS = 8_000_000  # characters of all that a canvas keeps


class Meter:
    """Seconds, tokens, steps and characters of one run.

    What is over a limit is raised as AppError run.deadline, run.tokens, run.steps or run.text.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._began = time.monotonic()
        self._steps = 0
        self.read = self.written = 0

    @property
    def usage(self) -> Usage:
        """The tokens of all models so far."""
        return Usage(self.read, self.written)

    def seconds_left(self) -> float:
        """Until the deadline; never less than a moment, for whoever waits with it."""
        return max(self._limits.seconds - (time.monotonic() - self._began), 0.01)

    def tokens_left(self) -> int:
        """What models may still read and write."""
        return self._limits.tokens - self.read - self.written

    def afford(self, tokens: int) -> None:
        """Stop the run before a model reads what leaves it nothing to write."""
        if tokens >= self.tokens_left():
            raise self._over()

    def spend(self, usage: Usage) -> None:
        """Note what a model read and wrote."""
        self.read += usage.prompt_tokens
        self.written += usage.completion_tokens
        self.check()

    def step(self) -> None:
        """Note a step."""
        self._steps += 1
        self.check()

    def hold(self, place: str, characters: int, *, most: int = MOST_TEXT) -> None:
        """Stop the run before it builds or keeps more text than fits."""
        if characters > most:
            raise AppError("run.text", f"{place}: the texts of this run have more than {most} characters.")

    def check(self) -> None:
        """Stop the run when it is over a limit."""
        if time.monotonic() - self._began > self._limits.seconds:
            raise AppError("run.deadline", f"The run took longer than its {self._limits.seconds:g} seconds.")
        if self.read + self.written > self._limits.tokens:
            raise self._over()
        if self._steps > self._limits.steps:
            raise AppError("run.steps", f"The run took more than its {self._limits.steps} steps.")

    def _over(self) -> AppError:
        return AppError("run.tokens", f"The run used more than its {self._limits.tokens} tokens.")
