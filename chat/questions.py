"""What is done to a question before it is searched: completed from its history, widened by keywords, translated."""

from __future__ import annotations

import logging
import re
from collections.abc import Generator, Sequence
from typing import Any

from chat import budget, llm
from chat.catalogue import Model
from chat.exchange import Turn
from chat.extract import ASKING
from chat.failures import ModelFailed
from search import terms

log = logging.getLogger(__name__)

Steps = Generator[None, None, Any]

RECALLED = 8  # turns of a history that a question is completed from
LONGEST = 2000  # characters of a question that a model wrote
KEYWORDS = 3
RELATED = 5

_REFINE = (
    "You rewrite the last question of an exchange so that it can be understood without the others. Replace pronouns and "
    "relative dates by what they stand for, keep its language, add nothing else. If it is complete already, repeat it. "
    "Answer with the question alone."
)
_KEYWORDS = (
    "You extract keywords from a question that goes to a search engine: the {count} most telling, in the question's language, "
    "separated by commas. Answer with the keywords alone."
)
_TRANSLATE = (
    "You translate a question into each of these languages: {languages}. Answer with one translation per line, in that order, and nothing else."
)
_RELATED = (
    "You suggest what somebody who asked a question may want to ask next: {count} different questions on the same topic, in its language. "
    "Answer with one question per line, without numbers, and nothing else."
)
_PLAIN = {"temperature": 0.1, "max_tokens": 512}
_POINTING = frozenset("it its they them their he him his she her that this those these there then one ones former latter same 它 他 她 这 那".split())
_CJK_POINTING = re.compile("[它他她这那其]")


def completed(model: Model, turns: Sequence[Turn]) -> Steps:
    """The last question so that it stands alone; yields for each while of silence.

    The built-in model puts the question before it in front, when the last one only points at something.
    """
    question = turns[-1].content
    if model.built_in:
        return _joined(turns)
    recalled = "\n".join(f"{turn.role.upper()}: {budget.cut(turn.content, 500)}" for turn in turns[-RECALLED:])
    written = yield from _asked(model, _REFINE, recalled)
    line = written.strip().strip('"')
    return line[:LONGEST] if line and "**ERROR**" not in line else question


def keywords(model: Model, question: str) -> Steps:
    """The words that go with a question to the search: the model's, or its own content words (decisions B13)."""
    if model.built_in:
        return content_words(question)
    written = yield from _asked(model, _KEYWORDS.format(count=KEYWORDS), question)
    return [word for word in (part.strip() for part in re.split(r"[,，、;\n]", written[:LONGEST])) if word]


def translated(model: Model, question: str, languages: Sequence[str]) -> Steps:
    """The question in each of the languages, as far as the model wrote them."""
    written = yield from _asked(model, _TRANSLATE.format(languages=", ".join(languages)), question)
    return [line.strip()[:LONGEST] for line in written.splitlines() if line.strip()][: len(languages)]


def related(model: Model, question: str) -> Steps:
    """Questions that may come next; the built-in model turns the question's own words around."""
    if model.built_in:
        topic = " ".join(content_words(question))
        return [f"What is {topic}?", f"Why is {topic} important?", f"How does {topic} work?", f"Where is {topic} described?"] if topic else []
    written = yield from _asked(model, _RELATED.format(count=RELATED), question)
    lines = (re.sub(r"^\s*(?:\d+[.)、]|[-*•])\s*", "", line).strip() for line in written.splitlines())
    return [line[:LONGEST] for line in lines if line][:RELATED]


def content_words(question: str) -> list[str]:
    """The words of a question that say what it is about, as they are written there; runs of Chinese stay together."""
    wanted = set(terms.question_terms(question))
    spans: list[tuple[int, int]] = []
    for _, start, end in terms.places(question, wanted):
        if spans and start < spans[-1][1]:
            spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
        elif spans and start == spans[-1][1] and not question[start].isascii():
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((start, end))
    words = [question[start:end] for start, end in spans]
    return list(dict.fromkeys(word for word in words if word.lower() not in ASKING))


def _joined(turns: Sequence[Turn]) -> str:
    asked = [turn.content for turn in turns if turn.role == "user"]
    question = asked[-1]
    words = set(re.findall(r"\w+", question.lower()))
    points = words & _POINTING or _CJK_POINTING.search(question) or len(content_words(question)) < 2
    return f"{asked[-2]} {question}" if points and len(asked) > 1 else question


def _asked(model: Model, instruction: str, text: str) -> Steps:
    """What the model writes; nothing when it fails, for the answer itself can do without."""
    turns = budget.fit([Turn("system", instruction), Turn("user", text)], model.context_tokens)
    try:
        return (yield from llm.complete(model, turns, _PLAIN))
    except ModelFailed as error:
        log.warning("A question is searched as it is: %s", error.message)
        return ""
