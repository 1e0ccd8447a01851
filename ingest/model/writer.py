"""A language model as these steps see it; which model a tenant has is decided above (services/writers.py)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol

from peewee import chunked

AT_ONCE = 4  # requests that one document makes at the same time


@dataclass(frozen=True, slots=True)
class Request:
    """What a model is asked: what it is to do, the text it is to do it with, and how many tokens it may write."""

    instruction: str
    text: str
    longest: int = 512


@dataclass(frozen=True, slots=True)
class Written:
    """A model's answer, without its reasoning, and the tokens that it read and wrote."""

    text: str
    tokens: int


class Writer(Protocol):
    """A language model; called by several threads at a time."""

    def ask(self, request: Request) -> Written:
        """Answer; a text too long for the model is cut. Raises Unavailable with a sentence for people."""


Opening = Callable[[str], Writer | None]

_opening: Opening | None = None


def use(opening: Opening) -> None:
    """Set where this process finds a tenant's model: None for a tenant who has only the built-in one, which writes nothing of its own."""
    global _opening
    _opening = opening


def opened(tenant: str) -> Writer | None:
    """The tenant's model."""
    return _opening(tenant) if _opening is not None else None


class Metered:
    """A writer that counts what it costs."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self.calls = self.tokens = 0

    def answers(self, requests: Iterable[Request]) -> Iterator[str]:
        """The answers in the order of the requests, of which a few are made at a time. Raises Unavailable."""
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for batch in chunked(requests, AT_ONCE):
                for written in pool.map(self._writer.ask, batch):
                    self.calls += 1
                    self.tokens += written.tokens
                    yield written.text

    def cost(self) -> str:
        """What it has cost so far, in words."""
        return f"{self.calls} model call{'' if self.calls == 1 else 's'}, {self.tokens} tokens"
