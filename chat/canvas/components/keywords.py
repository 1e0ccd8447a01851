"""KeywordExtract: the words of what comes in that a search should know."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

from chat import questions
from chat.canvas.call import Call
from chat.canvas.component import Output, Params, Running
from chat.canvas.components.generate import Asking, ModelParams
from chat.canvas.schema import refused

_INSTRUCTION = (
    "You extract keywords from a text that goes to a search engine: the {count} most telling, in the text's language, separated by commas. "
    "Answer with the keywords alone."
)


@dataclass(frozen=True, slots=True)
class KeywordParams(ModelParams):
    """Those of a KeywordExtract."""

    top_n: int = 1


class KeywordExtract(Asking):
    """Asks a model; the built-in one takes the text's own content words."""

    kind = "KeywordExtract"
    schema: ClassVar[type[Params]] = KeywordParams
    params: KeywordParams

    def check(self) -> None:
        super().check()
        if self.params.top_n < 1:
            raise refused(self.id, f"{self.id}: params.top_n should be over 0.")

    def run(self, call: Call) -> Running:
        text = call.text()
        model = call.world.model(self.params.llm_id)
        if model.built_in:
            words = questions.content_words(text)
        else:
            said = yield from call.asked(model, _INSTRUCTION.format(count=self.params.top_n), text, self.settings())
            words = [word for part in re.split(r"[,，、;\n]", said) if (word := part.strip())]
        return Output((", ".join(words[: self.params.top_n]),))
