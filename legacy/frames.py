"""An answer as old clients read it, frame by frame, byte for byte, or whole (legacy contract 6.4.3, 6.4.4; decisions C5)."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from typing import Any

from flask import Response, stream_with_context

from api.wire.streams import event_stream, frame, paced
from legacy.envelope import answer_for, enveloped
from legacy.schemas.references import reference
from models.errors import AppError
from services import answers
from services.agent_sessions import Started
from services.answers import Answered, Event, Failed, Silence, Text, ragflow_markers


@dataclass(frozen=True, slots=True)
class Answering:
    """The answer to one question: its events, and the id that each of its frames carries."""

    events: Any  # a generator of services.answers.Event, and of an agent services.agent_sessions.Started
    exchange: str
    of_agent: bool = False  # whose frames have three keys, and never an object for an empty reference (contract 6.4.8)

    def streamed(self) -> Response:
        """The answer as it comes."""
        return event_stream(stream_with_context(self._frames()))

    def _frames(self) -> Iterator[bytes]:
        """Cumulative frames as the text grows, the one with citations, or the error; after all of them, always, the closing one."""
        told = ""
        with closing(self.events):
            for event in paced(self.events):
                if isinstance(event, Text):
                    told = ragflow_markers(event.whole)
                if not isinstance(event, Started):
                    yield self._frame(event, told)
        yield frame(enveloped(0, "", True))

    def _frame(self, event: Event, told: str) -> bytes:
        if isinstance(event, Failed):
            text = answer_for(event.error)[1]
            return frame(enveloped(500, text, {"answer": f"**ERROR**: {text}", "reference": []}))
        if isinstance(event, (Text, Silence)):  # while the model is silent, the last frame again
            return frame(enveloped(0, "", {"answer": told, **self._beside_part, "id": self.exchange}))
        return frame(enveloped(0, "", {**_content(event), **({} if self.of_agent else {"prompt": event.prompt}), "id": self.exchange}))

    @property
    def _beside_part(self) -> dict[str, Any]:
        return {"reference": []} if self.of_agent else {"reference": {}, "audio_binary": None}

    def answered(self) -> Answered:
        """The answer when it is whole. Raises what went wrong."""
        return answers.whole(self.events)

    def whole(self) -> dict[str, Any]:
        """All of it at once. Raises what went wrong."""
        answered = self.answered()
        about = {} if self.of_agent else {"prompt": answered.prompt, "audio_binary": None, "created_at": answered.created_at}
        return {**_content(answered), "id": self.exchange, **about}


def failed(error: AppError) -> Generator[Event]:
    """The events of an answer that did not begin."""
    yield Failed(error, "")


def _content(answered: Answered) -> dict[str, Any]:
    cited = reference(asdict(answered.reference)) if answered.reference is not None else []
    return {"answer": ragflow_markers(answered.text), "reference": cited}
