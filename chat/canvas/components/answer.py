"""Answer: speaks what stands before it, then waits for the user."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import ClassVar

from chat.canvas.component import Component, Params


@dataclass(frozen=True, slots=True)
class AnswerParams(Params):
    """Those of an Answer."""

    post_answers: tuple[str, ...] = ()


class Answer(Component):
    """Run by the runner itself, for it ends a round."""

    kind = "Answer"
    schema: ClassVar[type[Params]] = AnswerParams
    params: AnswerParams

    def postfix(self) -> str:
        """One of the texts that go behind what is said."""
        return random.choice(self.params.post_answers) if self.params.post_answers else ""
