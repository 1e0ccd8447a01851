"""What a canvas remembers between turns, read from its DSL and written back (RAGFlow v1 contract 8.1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from chat.canvas.component import Output

MOST_TURNS = 1_000  # of a history that is kept
MOST_SAID = 4_000_000  # characters of it
MOST_REFERENCES = 20  # that are kept with their passages


@dataclass(slots=True)
class State:
    """`history` holds [role, text] as models see it, `messages` what users saw, `path` the components of each round,
    `answer` the Answers that wait to speak, `reference` what each answer stands on, `outputs` the last of each component."""

    history: list[list[str]] = field(default_factory=list)
    messages: list[dict[str, Any]] = field(default_factory=list)
    path: list[list[str]] = field(default_factory=list)
    reference: list[Any] = field(default_factory=list)
    answer: list[str] = field(default_factory=list)
    outputs: dict[str, Output] = field(default_factory=dict)

    def question(self) -> str:
        """What the user said last."""
        return next((text for role, text in reversed(self.history) if role == "user"), "")

    def open_with(self, prologue: str) -> None:
        """Note an opener that was told before the first question."""
        if prologue and len(self.history) == 1:
            self.history.insert(0, ["assistant", prologue])
            self.messages.insert(0, {"role": "assistant", "content": prologue})

    def forget_question(self) -> None:
        """Leave whole exchanges alone in what models see."""
        if self.history and self.history[-1][0] == "user":
            self.history.pop()

    def window(self, size: int) -> list[list[str]]:
        """The newest entries of the history, at least what was said last."""
        return self.history[-max(size, 1) :]

    def recent(self) -> list[str]:
        """The components of this round and the one before, oldest first."""
        return [id for round in self.path[-2:] for id in round]

    def trimmed(self) -> None:
        """Forget what is too old to matter, so that a long session stays small."""
        for kept in (self.history, self.messages, self.path, self.reference):
            del kept[:-MOST_TURNS]
        del self.history[: _outgrown([text for _, text in self.history])]
        del self.messages[: _outgrown([str(one.get("content", "")) for one in self.messages])]
        older = max(len(self.reference) - MOST_REFERENCES, 0)
        self.reference[:older] = [{}] * older


def _outgrown(texts: Sequence[str]) -> int:
    """How many of these texts, from the first on, there is no room for; the last always stays."""
    left = MOST_SAID
    for place in range(len(texts) - 1, 0, -1):
        left -= len(texts[place])
        if left < 0:
            return min(place + 1, len(texts) - 1)
    return 0


def state_from(dsl: Mapping[str, Any], known: Mapping[str, Any]) -> State:
    """The state in a DSL; what is no state of a canvas of these components is left out, for it can be made anew."""
    path = [[id for id in round if isinstance(id, str) and id in known] for round in _lists(dsl.get("path")) if isinstance(round, list)]
    return State(
        history=[[str(turn[0]), str(turn[1])] for turn in _lists(dsl.get("history")) if _is_turn(turn)],
        messages=[dict(one) for one in _lists(dsl.get("messages")) if isinstance(one, Mapping)],
        path=path if any(path) else [],
        reference=list(_lists(dsl.get("reference"))),
        answer=[id for id in _lists(dsl.get("answer")) if isinstance(id, str) and id in known],
        outputs={id: output for id, entry in dsl["components"].items() if (output := _output(entry)) is not None},
    )


def _lists(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _is_turn(turn: Any) -> bool:
    return isinstance(turn, list | tuple) and len(turn) == 2 and turn[0] in ("user", "assistant") and isinstance(turn[1], str)


def _output(entry: Mapping[str, Any]) -> Output | None:
    """What `Canvas.dsl` wrote; the tables that RAGFlow writes there are made anew by the next run."""
    output = entry["obj"].get("output")
    content = output.get("content") if isinstance(output, Mapping) else None
    if not isinstance(content, list) or not all(isinstance(text, str) for text in content):
        return None
    return Output(tuple(content))
