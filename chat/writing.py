"""From a question and its passages to the events of an answer, by a model or by quoting (RAGFlow v1 contract 6 steps 6 to 11)."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

from chat import budget, cite, extract, llm, markers, prompt
from chat.catalogue import Model
from chat.cite import Vectors
from chat.exchange import Answered, DocumentCount, Event, Failed, Passage, Reference, Setup, Silence, Text, Turn, Usage
from chat.failures import ModelFailed
from chat.thoughts import Thoughts
from models.errors import InvalidInput, Unavailable

log = logging.getLogger(__name__)

NOTHING = Reference(0, (), ())


@dataclass(frozen=True, slots=True)
class Material:
    """What was found: passages, best first, of `total` hits; `vectors` and `embed`, of the model `space`, match sentences to them,
    `meta` is by document."""

    total: int = 0
    passages: tuple[Passage, ...] = ()
    documents: tuple[DocumentCount, ...] = ()
    vectors: Callable[[], Vectors] | None = None
    embed: Callable[[Sequence[str]], Vectors] | None = None
    meta: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    space: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """What a model wrote, its markers placed."""

    text: str
    usage: Usage


@dataclass(frozen=True, slots=True)
class Task:
    """One answer to be written. `question` is what was searched; `searched` tells whether anything was, `quote` whether to cite."""

    setup: Setup
    model: Model
    turns: tuple[Turn, ...]
    values: Mapping[str, str]
    quote: bool
    grounded: bool
    searched: bool = False
    question: str = ""
    seconds: Mapping[str, float] = field(default_factory=dict)


def write(task: Task, material: Material) -> Iterator[Event]:
    """The events of the answer, the last of which is Answered or Failed."""
    if task.searched and not material.passages and task.setup.empty_response:
        yield declined(task, task.setup.empty_response)
    elif task.model.built_in:
        yield from _quoted(task, material)
    else:
        yield from _generated(task, material)


def declined(task: Task, text: str) -> Answered:
    """The answer that nothing was found."""
    return _answered(task, text, NOTHING if task.grounded else None, "")


def _quoted(task: Task, material: Material) -> Iterator[Event]:
    asked = task.turns[-1].content if extract.word_weights(task.turns[-1].content) else task.question
    quotes = extract.quotes(asked, material.passages)
    if not quotes:
        refusal = task.setup.empty_response or extract.NOTHING_FITS
        yield declined(task, refusal if task.grounded else extract.NO_DOCUMENTS)
        return
    whole = ""
    for piece in extract.written(quotes, quote=task.quote):
        whole += piece
        yield Text(whole)
    text, _ = prompt.fragments(material.passages, material.meta, task.model.context_tokens)
    system = prompt.system(task.setup, task.values, text, quote=False)
    yield _answered(task, whole, reference(material, whole) if task.quote else None, system)


def _generated(task: Task, material: Material) -> Generator[Event, None, None]:
    quote = task.quote and bool(material.passages)
    system, given = _system(task, material, quote)
    turns = budget.fit(prompt.messages(system, task.turns), task.model.context_tokens)
    settings = prompt.settings(task.setup.llm, room=task.model.context_tokens - budget.spent(turns))
    weight = task.setup.vector_similarity_weight
    draft = yield from drafted(task.model, turns, settings, material, cited=given if quote else 0, weight=weight)
    if draft:
        yield _answered(task, draft.text, reference(material, draft.text) if quote else None, system, draft.usage)


def drafted(
    model: Model, turns: Sequence[Turn], settings: Mapping[str, Any], material: Material, *, cited: int, weight: float
) -> Generator[Event, None, Draft | None]:
    """What the model writes, piece by piece, with markers of the first `cited` passages; None behind a Failed."""
    text = _Written(cited)
    try:
        yield from _shown(llm.stream(model, turns, settings), text)
    except ModelFailed as error:
        yield Failed(error, text.end())
        return None
    whole = text.end()
    if cited and not markers.cited(_spoken(whole)):
        whole = _matched(whole, material, cited, weight)
    return Draft(whole, text.usage or Usage(budget.spent(turns), budget.count(whole)))


def _shown(pieces: Generator[llm.Piece | None, None, None], text: _Written) -> Iterator[Event]:
    """What there is to show of each piece as it comes."""
    with closing(pieces):
        for piece in pieces:
            if text.add(piece):
                yield Text(text.whole)
            elif piece is None:
                yield Silence()


def _matched(whole: str, material: Material, given: int, weight: float) -> str:
    """The text with citations where its sentences match passages; without, when the embedding model is away, rather than no answer."""
    if not (material.vectors and material.embed):
        return whole
    try:
        return cite.with_markers(whole, material.passages[:given], material.vectors()[:given], embed=material.embed, weight=weight)
    except (Unavailable, InvalidInput) as error:
        log.warning("An answer is not cited: %s", error.message)
        return whole


class _Written:
    """An answer as its pieces come: reasoning in <think>, markers neutral; without any where no passage can be cited (`count` 0)."""

    def __init__(self, count: int) -> None:
        self.usage: Usage | None = None
        self._stream = markers.Stream(count)
        self._thoughts = Thoughts()

    def add(self, piece: llm.Piece | None) -> bool:
        """Take a piece; tells whether there is more to show than before."""
        if piece is None:
            return False
        self.usage = piece.usage or self.usage
        before = len(self.whole)
        return len(self._stream.add(self._thoughts.add(piece))) > before

    def end(self) -> str:
        """The whole text."""
        self._stream.add(self._thoughts.end())
        return self._stream.end()

    @property
    def whole(self) -> str:
        """All that can be shown by now."""
        return self._stream.whole


def _system(task: Task, material: Material, quote: bool) -> tuple[str, int]:
    """The system message, and how many passages it has room for; without datasets the prompt as it is (contract 6)."""
    if not task.grounded:
        return task.setup.prompt, 0
    bare = prompt.system(task.setup, task.values, "", quote=False) + prompt.MATERIAL + prompt.CITATIONS
    room = int(task.model.context_tokens * budget.HISTORY_SHARE) - budget.count(bare) - budget.spent(task.turns[-1:]) - budget.MESSAGE_TOKENS
    text, given = prompt.fragments(material.passages, material.meta, min(room, int(task.model.context_tokens * budget.KNOWN_SHARE)))
    return prompt.system(task.setup, task.values, text, quote=quote), given


def reference(material: Material, text: str) -> Reference:
    """The passages, and the documents that the text cites: all of them when it cites none."""
    cited = [number for number in markers.cited(_spoken(text)) if number < len(material.passages)]
    if not cited:
        return Reference(material.total, material.passages, material.documents)
    ids = {material.passages[number].document_id for number in cited}
    return Reference(material.total, material.passages, tuple(one for one in material.documents if one.id in ids))


def _spoken(text: str) -> str:
    return text.rpartition("</think>")[2]


def _answered(task: Task, text: str, reference: Reference | None, system: str, usage: Usage | None = None) -> Answered:
    counted = usage or Usage(budget.count(system) + budget.spent(task.turns), budget.count(text))
    return Answered(text, reference, prompt.report(system, task.question, task.seconds), counted, time.time(), task.grounded)
