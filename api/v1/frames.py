"""The answer of a chat as its clients read it, frame by frame or whole (RAGFlow v1 contract 3.25)."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from typing import Any

from api.v1.schemas.references import reference
from api.wire.streams import frame, paced
from models.errors import AppError
from services import answers
from services.answers import Answered, Event, Failed, Silence, Text, ragflow_markers

_END = {"code": 0, "data": True}


@dataclass(frozen=True, slots=True)
class Answering:
    """The answer to one question: its events, and the ids that each of its frames carries."""

    events: Any  # a generator of services.answers.Event
    exchange: str
    session: str
    grounded: bool  # whether the chat has datasets to answer from

    def frames(self) -> Iterator[bytes]:
        """Cumulative frames as the text grows, the last one with citations, and the closing one."""
        told = ""
        with closing(self.events):
            for event in paced(self.events):
                if isinstance(event, Text):
                    told = ragflow_markers(event.whole)
                yield from self._of(event, told)
        yield frame(_END)

    def whole(self) -> dict[str, Any]:
        """All of it at once. Raises what went wrong."""
        answered = answers.whole(self.events)
        return {
            "answer": ragflow_markers(answered.text),
            "reference": cited(answered),
            "prompt": answered.prompt if self.grounded else "",
            "created_at": answered.created_at,
            "audio_binary": None,
            **self._ids(),
        }

    def _of(self, event: Event, told: str) -> Iterator[bytes]:
        if isinstance(event, (Text, Silence)):  # while the model is silent, the last frame again (decisions C5)
            yield self._partial(told)
        elif isinstance(event, Answered):
            yield from self._last(event, told)
        elif isinstance(event, Failed):
            yield failed(event.error)

    def _partial(self, told: str) -> bytes:
        data: dict[str, Any] = {"answer": told, "reference": {}, "audio_binary": None}
        if not self.grounded:
            data |= {"prompt": "", "created_at": time.time()}
        return frame({"code": 0, "data": {**data, **self._ids()}})

    def _last(self, answered: Answered, told: str) -> Iterator[bytes]:
        """The decorated frame; a chat without datasets has none, but all of its text is told."""
        text = ragflow_markers(answered.text)
        if not self.grounded:
            if text != told:
                yield self._partial(text)
            return
        data: dict[str, Any] = {"answer": text, "reference": cited(answered), "prompt": answered.prompt}
        if answered.reference is not None and not answered.reference.passages:  # the chat's empty_response
            data["audio_binary"] = None
        else:
            data["created_at"] = answered.created_at
        yield frame({"code": 0, "data": {**data, **self._ids()}})

    def _ids(self) -> dict[str, str]:
        return {"id": self.exchange, "session_id": self.session}


def opening_data(session: Any) -> dict[str, Any]:
    """What a session that was just opened says."""
    opener = session.messages[0]["content"]
    return {"answer": opener, "reference": {}, "audio_binary": None, "id": None, "session_id": session.id}


def opening_frames(session: Any) -> Iterator[bytes]:
    """The opener of a new session and the closing frame; these two carry a message."""
    yield frame({"code": 0, "message": "", "data": opening_data(session)})
    yield frame({"code": 0, "message": "", "data": True})


def failed(error: AppError) -> bytes:
    """The frame of an answer, of a chat or an agent, that came to nothing."""
    return frame({"code": 500, "message": error.message, "data": {"answer": f"**ERROR**: {error.message}", "reference": []}})


def cited(answered: Answered) -> dict[str, Any]:
    """What an answer stands on; empty where it stands on nothing."""
    return reference(asdict(answered.reference)) if answered.reference is not None else {}
