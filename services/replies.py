"""Replies to messages that a client leads: what they refer to is looked up, and the model answers (Open WebUI contract 4)."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

from chat import budget, grounds, replies
from chat.catalogue import Model
from chat.exchange import Failed, Silence, Turn, Usage
from chat.grounds import Excerpt
from chat.replies import Ended, Said, Talk, text_of
from models.database import give_back
from models.tables import File
from services import completions, enclosures, files, models, passages
from services.access import Principal
from services.passages import Passage, Place

__all__ = ["Asked", "Enclosed", "Ended", "Failed", "Found", "Place", "Reference", "Said", "Silence", "Sources", "Usage", "reply", "whole"]

TOP_K = 3  # passages of one reference
ROOM = 0.9  # of a model's context that messages and passages may fill together


@dataclass(frozen=True, slots=True)
class Enclosed:
    """A text that came with the request and what that says of it, or one of a whole `file`."""

    text: str
    metadata: Mapping[str, Any]
    file: File | None = None


@dataclass(frozen=True, slots=True)
class Reference:
    """What the n-th entry of a request points at: places to search, a file to be read whole, or texts that it brings."""

    number: int
    places: tuple[Place, ...] = ()
    file: str = ""
    enclosed: tuple[Enclosed, ...] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """A request: messages and settings as the model is to get them, and what they refer to."""

    model: str
    messages: tuple[Mapping[str, Any], ...]
    settings: Mapping[str, Any] = field(default_factory=dict)
    references: tuple[Reference, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """What a reference came to: passages, best first, or texts in whole."""

    reference: int
    passages: tuple[Passage, ...] = ()
    enclosed: tuple[Enclosed, ...] = ()


@dataclass(frozen=True, slots=True)
class Sources:
    """What the answer stands on, told when the search is over, also where it found nothing; a citation's number is the place in it."""

    found: tuple[Found, ...]


Event = Sources | Said | Silence | Ended | Failed


def reply(principal: Principal, asked: Asked) -> Iterator[Event]:
    """The events of the answer: Sources where something was referred to, Said and Silence as they come, then one Ended or Failed.

    Close it when the client leaves: that ends the model's work too. Raises InvalidInput chat_model.unknown, at once.
    """
    events = _events(principal, asked, models.chat_model(principal.tenant, asked.model))
    return completions.watched(events, lambda text, said: None)


def whole(events: Any) -> tuple[tuple[Found, ...], Ended]:
    """What the answer stands on, and the answer. Raises the error that it fails with."""
    found: tuple[Found, ...] = ()
    with closing(events):
        for event in events:
            if isinstance(event, Failed):
                raise event.error
            if isinstance(event, Sources):
                found = event.found
            if isinstance(event, Ended):
                ended = event
    return found, ended


def _events(principal: Principal, asked: Asked, model: Model) -> Iterator[Event]:
    said = tuple(Turn(str(message["role"]), text_of(message)) for message in asked.messages)
    question = next((turn.content for turn in reversed(said) if turn.role == "user"), "")
    talk = Talk(model, asked.messages, asked.settings, question, grounded=bool(asked.references))
    if asked.references:
        queries = yield from _queries(model, said, asked.references)
        found = _found(principal, asked.references, queries)
        yield Sources(found)
        talk = _grounded(talk, found, queries)
    give_back()
    yield from replies.reply(talk)


def _queries(model: Model, said: Sequence[Turn], references: Sequence[Reference]) -> Generator[Event, None, Sequence[str]]:
    """What to search for; no model is asked where nothing is searched."""
    if not any(reference.places for reference in references):
        return [turn.content for turn in said if turn.role == "user"][-1:]
    give_back()
    steps = grounds.queries(model, said)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return list(end.value)
        yield Silence()


def _found(principal: Principal, references: Sequence[Reference], queries: Sequence[str]) -> tuple[Found, ...]:
    """What each reference came to, without those that came to nothing."""
    found = []
    for reference in references:
        enclosed = reference.enclosed
        if reference.file:
            text = files.text_of(principal, reference.file)
            enclosed = (Enclosed(text, {}, files.find(principal, reference.file)),) if text else ()
        near = passages.search(principal, places=reference.places, questions=queries, count=TOP_K) if reference.places else ()
        if near or enclosed:
            found.append(Found(reference.number, tuple(near), enclosed))
    return tuple(found)


def _grounded(talk: Talk, found: Sequence[Found], queries: Sequence[str]) -> Talk:
    """The talk with its passages: put before the messages, or for the built-in model beside them."""
    searched = [
        Excerpt(one.text, number, one.term_similarity, one.vector_similarity) for number, source in enumerate(found) for one in source.passages
    ]
    enclosed = [(number, one.text) for number, source in enumerate(found) for one in source.enclosed]
    if talk.model.built_in:
        question = (queries or [talk.question])[0]
        excerpts = (*searched, *enclosures.scored(enclosed, question))
        return Talk(talk.model, talk.messages, talk.settings, question, excerpts, grounded=True)
    room = int(talk.model.context_tokens * ROOM) - sum(budget.count(text_of(message)) for message in talk.messages)
    excerpts = (*searched, *(Excerpt(text, number) for number, text in enclosed))
    messages = grounds.put_before(talk.messages, sorted(excerpts, key=lambda one: one.source), question=talk.question, room=room)
    return Talk(talk.model, messages, talk.settings, talk.question, tuple(excerpts), grounded=True)
