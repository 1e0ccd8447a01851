"""A reply to messages that a client leads: they go to the model as they are, and its pieces come back (Open WebUI contract 4)."""

from __future__ import annotations

import re
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from chat import budget, extract, llm
from chat.catalogue import Model
from chat.exchange import Failed, Passage, Silence, Usage
from chat.failures import ModelFailed
from chat.grounds import Excerpt
from chat.thoughts import Thoughts

Message = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Talk:
    """What is to be answered: messages and further settings for the model as they are to be sent.

    `question` and `excerpts` are for the built-in model, which quotes; `grounded` tells whether the client referred to anything.
    """

    model: Model
    messages: tuple[Message, ...]
    settings: Mapping[str, Any]
    question: str
    excerpts: tuple[Excerpt, ...] = ()
    grounded: bool = False


@dataclass(frozen=True, slots=True)
class Said:
    """What is new of the answer: text, or parts of calls of tools as the model sent them."""

    text: str
    calls: tuple[Message, ...] = ()


@dataclass(frozen=True, slots=True)
class Ended:
    """The finished answer, whole, and why it ended; times in nanoseconds, until its first word and from there to its last."""

    text: str
    calls: tuple[Message, ...]
    finish: str
    usage: Usage
    reading: int
    writing: int


Event = Said | Silence | Ended | Failed


def reply(talk: Talk) -> Iterator[Event]:
    """The events of the answer, the last of which is Ended or Failed. Close it to give the answer up."""
    return _quoted(talk) if talk.model.built_in else _generated(talk)


def text_of(message: Message) -> str:
    """The text of a message, of all its parts."""
    content = message.get("content")
    if isinstance(content, list):
        return "\n".join(part["text"] for part in content if isinstance(part, dict) and isinstance(part.get("text"), str))
    return content if isinstance(content, str) else ""


def _generated(talk: Talk) -> Iterator[Event]:
    told = _Told(talk.messages)
    try:
        yield from _shown(llm.stream(talk.model, talk.messages, talk.settings), told)
    except ModelFailed as error:
        yield Failed(error, told.text)
        return
    if rest := told.end():
        yield Said(rest)
    yield told.ended()


def _shown(pieces: Generator[llm.Piece | None, None, None], told: _Told) -> Iterator[Event]:
    """What there is to tell of each piece as it comes."""
    with closing(pieces):
        for piece in pieces:
            if piece is None:
                yield Silence()
            elif (new := told.add(piece)) or piece.calls:
                yield Said(new, piece.calls)


def _quoted(talk: Talk) -> Iterator[Event]:
    """Sentences of the excerpts, each followed by its source's number."""
    told = _Told(talk.messages)
    passages = [_passage(excerpt) for excerpt in talk.excerpts]
    for piece in _written(extract.quotes(talk.question, passages), talk):
        yield Said(told.add(llm.Piece(text=piece)))
    yield told.ended()


def _written(quotes: Sequence[extract.Quote], talk: Talk) -> Iterator[str]:
    if not quotes:
        yield from re.findall(r"\s*\S+", extract.NOTHING_FITS if talk.grounded else extract.NO_DOCUMENTS)
    for place, one in enumerate(quotes):
        yield from re.findall(r"\s*\S+", (" " if place else "") + one.text)
        source = talk.excerpts[one.passage].source
        if place + 1 == len(quotes) or talk.excerpts[quotes[place + 1].passage].source != source:
            yield f" [{source}]"


def _passage(excerpt: Excerpt) -> Passage:
    return Passage("", excerpt.text, "", "", "", term_similarity=excerpt.term_similarity, vector_similarity=excerpt.vector_similarity)


class _Told:
    """What was told so far, how long it took, and what the model counted."""

    def __init__(self, messages: Sequence[Message]) -> None:
        self.text = ""
        self._messages = messages
        self._thoughts = Thoughts()
        self._calls: dict[int, dict[str, Any]] = {}
        self._usage: Usage | None = None
        self._finish = ""
        self._began, self._first = time.perf_counter_ns(), 0

    def add(self, piece: llm.Piece) -> str:
        """Take a piece; returns what is new of the text."""
        new = self._thoughts.add(piece)
        for part in piece.calls:
            _join(self._calls, part)
        if (new or piece.calls) and not self._first:
            self._first = time.perf_counter_ns()
        self._usage, self._finish = piece.usage or self._usage, piece.finish or self._finish
        self.text += new
        return new

    def end(self) -> str:
        """What closes the text."""
        rest = self._thoughts.end()
        self.text += rest
        return rest

    def ended(self) -> Ended:
        """All of it."""
        now = time.perf_counter_ns()
        first = self._first or now
        calls = tuple(self._calls[index] for index in sorted(self._calls))
        usage = self._usage or Usage(self._read_tokens(), budget.count(self.text))
        return Ended(self.text, calls, self._finish or "stop", usage, first - self._began, now - first)

    def _read_tokens(self) -> int:
        return sum(budget.count(text_of(message)) + budget.MESSAGE_TOKENS for message in self._messages)


def _join(calls: dict[int, dict[str, Any]], part: Message) -> None:
    """Add a part to the call of its index: names and ids come once, arguments bit by bit."""
    call = calls.setdefault(int(part.get("index") or 0), {"id": "", "type": "function", "function": {"name": "", "arguments": ""}})
    call["id"] = part.get("id") or call["id"]
    given = part.get("function") or {}
    call["function"]["name"] = given.get("name") or call["function"]["name"]
    call["function"]["arguments"] += given.get("arguments") or ""
