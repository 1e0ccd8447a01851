"""Completions: a question is answered, and what was said is stored exactly once (RAGFlow v1 contract 3.25, legacy contract 6.4)."""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from models.database import give_back
from models.errors import AppError
from models.tables import Chat, Session
from services import answers, chats, sessions
from services.access import Principal
from services.answers import Answered, Event, Failed, Text, Turn

log = logging.getLogger(__name__)


def _new_exchange() -> str:
    return str(uuid.uuid4())


@dataclass(frozen=True, slots=True)
class Asked:
    """A question in its history, oldest turn first, and how it is to be answered.

    `id` is that of the question and of its answer; `beside` is what the client sent with the question's text, to be stored with it.
    """

    turns: Sequence[Turn]
    quote: bool = True
    documents: Sequence[str] = ()
    variables: Mapping[str, Any] = field(default_factory=dict)
    id: str = field(default_factory=_new_exchange)
    beside: Mapping[str, Any] = field(default_factory=dict)


def history(session: Session) -> tuple[Turn, ...]:
    """What was said in the session so far."""
    return tuple(Turn(message["role"], message["content"]) for message in session.messages)


def answer(principal: Principal, chat: Chat, *, asked: Asked) -> Iterator[Event]:
    """Answer without storing anything. What is wrong with the question is raised at once; what fails later is the last event.

    The events are those of services.answers. Close the iterator when the client leaves: that ends the model's work too.
    """
    return watched(_events(principal, chat, asked), lambda text, said: None)


def converse(principal: Principal, chat: Chat, session: Session, *, asked: Asked) -> Iterator[Event]:
    """Answer, and add the exchange to the session before its last event leaves; nothing of an answer that failed.

    When the client leaves before the end, what it was told so far is added, without citations.
    """
    question = asked.turns[-1].content if asked.turns else ""

    def store(text: str, said: Answered | None) -> None:
        reference = asdict(said.reference) if said and said.reference else {}
        created = said.created_at if said else time.time()
        exchange = sessions.Exchange(asked.id, question, text, reference, created, asked.beside)
        sessions.record(session.id, exchange)

    return watched(_events(principal, chat, asked), store)


def _events(principal: Principal, chat: Chat, asked: Asked) -> Iterator[Event]:
    return answers.answer(
        principal, chats.setup(chat), turns=asked.turns, quote=asked.quote, documents=asked.documents, variables=asked.variables
    )


def watched(events: Iterator[Any], store: Callable[[str, Answered | None], None]) -> Generator[Any, None, None]:
    """Pass the events of an answer on, store what came of them, and leave nothing open: neither the model's stream nor a connection.

    `store` gets the answer before it is passed on, or, without it, what was told until the client left.
    """
    told = ""
    try:
        for event in events:
            if isinstance(event, Answered):
                store(event.text, event)
            told = _untold(event, told)
            give_back()
            yield event
    except GeneratorExit:
        if told:
            store(answers.without_markers(told), None)
        raise
    except AppError as error:
        yield Failed(error, told)
    # The answer has begun: a crash can only be told in its stream, and the session must be able to go on.
    except Exception:
        log.exception("crash while answering")
        yield Failed(AppError("crash", "Internal Server Error"), told)
    finally:
        events.close()  # type: ignore[attr-defined]  # a generator's
        give_back()


def _untold(event: object, told: str) -> str:
    """What was told and is not stored yet: nothing once the answer has ended, well or badly."""
    if isinstance(event, Text):
        return event.whole
    return "" if isinstance(event, (Answered, Failed)) else told
