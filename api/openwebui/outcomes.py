"""What an error's answer is: an HTTP status and a sentence."""

from __future__ import annotations

from dataclasses import dataclass

Key = tuple[str, str]  # a route's function, or "*" for any; the condition of the error


@dataclass(frozen=True, slots=True)
class Answer:
    """What a client is told; `detail` has places for the details of the error, `{message}` among them."""

    status: int
    detail: str = "{message}"
