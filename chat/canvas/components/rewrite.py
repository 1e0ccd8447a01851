"""RewriteQuestion: the last question, so that it stands without the ones before it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from chat import questions
from chat.canvas.call import Call
from chat.canvas.component import Output, Params, Running
from chat.canvas.components.generate import Asking, ModelParams
from chat.exchange import Turn
from chat.llm import waited

_INSTRUCTION = (
    "You rewrite the last question of an exchange so that it can be understood, and searched for, without the rest: replace pronouns and "
    "relative dates by what they stand for, add nothing else. If it is complete already, repeat it. Write it in {language}. "
    "Answer with the question alone."
)


@dataclass(frozen=True, slots=True)
class RewriteParams(ModelParams):
    """Those of a RewriteQuestion."""

    language: str = ""


class RewriteQuestion(Asking):
    """Asks a model; the built-in one puts the question before it in front where the last only points. The history holds what came of it."""

    kind = "RewriteQuestion"
    schema: ClassVar[type[Params]] = RewriteParams
    params: RewriteParams

    def run(self, call: Call) -> Running:
        turns = [Turn(role, text) for role, text in call.state.window(self.params.message_history_window_size)]
        if not turns or turns[-1].role != "user":
            turns.append(Turn("user", call.text()))
        model = call.world.model(self.params.llm_id)
        if model.built_in:
            question = waited(questions.completed(model, turns))
        else:
            shown = "\n".join(f"{turn.role.upper()}: {turn.content}" for turn in turns)
            instruction = _INSTRUCTION.format(language=self.params.language or "the language of the last question")
            question = (yield from call.asked(model, instruction, shown, self.settings())).strip('"') or turns[-1].content
        self._replace(call, question)
        return Output((question,))

    def _replace(self, call: Call, question: str) -> None:
        if call.state.history and call.state.history[-1][0] == "user":
            call.state.history[-1][1] = question
