"""A model's reasoning within its answer's text, between <think> and </think>, as clients know it."""

from __future__ import annotations

from chat.llm import Piece


class Thoughts:
    """The text of an answer as its pieces come, reasoning marked."""

    def __init__(self) -> None:
        self._open = False

    def add(self, piece: Piece) -> str:
        """The text of a piece."""
        new = ""
        if piece.reasoning:
            new = piece.reasoning if self._open else "<think>" + piece.reasoning
            self._open = True
        if piece.text:
            new += ("</think>" if self._open else "") + piece.text
            self._open = False
        return new

    def end(self) -> str:
        """What closes a reasoning that no answer followed."""
        closing = "</think>" if self._open else ""
        self._open = False
        return closing
