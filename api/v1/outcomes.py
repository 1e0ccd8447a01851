"""What an answer is: a code and a sentence for each profile, and short words to write one down with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

NOTHING: Any = object()  # no `data` key at all


@dataclass(frozen=True, slots=True)
class Answer:
    """What a client is told: a code, a sentence with places for details, the HTTP status, and `data` if there is any."""

    code: int
    sentence: str
    status: int = 200
    data: Any = NOTHING


Pair = tuple[Answer, Answer]  # seed, v0.19


def same(code: int, sentence: str) -> Pair:
    """One answer in both profiles."""
    return Answer(code, sentence), Answer(code, sentence)


def differ(seed: tuple[int, str], v019: tuple[int, str]) -> Pair:
    """One answer for each profile."""
    return Answer(*seed), Answer(*v019)


def status(status: int, seed: tuple[int, str], v019: tuple[int, str], *, data: Any = None) -> Pair:
    """Outcomes with an HTTP status of their own in `seed` (A11); RAGFlow 0.19 sends 200 for everything (1.1)."""
    return Answer(*seed, status, data), Answer(*v019, 200, data)


def kind(v019: str) -> Pair:
    """A value of the wrong type: a sentence naming the field in `seed` (B3), RAGFlow's literal in `v0.19` (1.10)."""
    return differ((101, "{message}"), (100, v019))
