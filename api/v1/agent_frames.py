"""The answer of an agent as its clients read it, frame by frame or whole (RAGFlow v1 contract 3.28, 8.4)."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from api.v1.frames import cited, failed
from api.wire.streams import frame, paced
from services import answers
from services.agent_sessions import Started
from services.answers import Answered, Failed, Text, ragflow_markers
from services.compat import profile

_END = {"code": 0, "message": "", "data": True}


@dataclass(frozen=True, slots=True)
class Answering:
    """The answer to one question: its events, the ids that each of its frames carries, and the agent's Begin parameters."""

    events: Any  # a generator of services.answers.Event and services.agent_sessions.Started
    exchange: str
    session: str
    parameters: Sequence[dict[str, Any]]

    def frames(self) -> Iterator[bytes]:
        """What runs, cumulative frames as the text grows, the last one with citations, and the closing one."""
        told = ""
        with closing(self.events):
            for event in paced(self.events):
                if isinstance(event, Text):
                    told = ragflow_markers(event.whole)
                yield self._of(event, told)
        yield frame(_END)

    def whole(self) -> dict[str, Any]:
        """All of it at once. Raises what went wrong."""
        return self._answered(answers.whole(self.events))

    def _of(self, event: Any, told: str) -> bytes:
        if isinstance(event, Started):
            return _framed({"answer": f"*'{event.name}'* is running...🕞", "running_status": True})
        if isinstance(event, Answered):
            return _framed(self._answered(event))
        if isinstance(event, Failed):
            return failed(event.error)
        return _framed(self._data(told, {}))  # while a model is silent, the last frame again (decisions C5)

    def _answered(self, answered: Answered) -> dict[str, Any]:
        return self._data(ragflow_markers(answered.text), cited(answered))

    def _data(self, text: str, reference: dict[str, Any]) -> dict[str, Any]:
        data: dict[str, Any] = {"answer": text, "reference": reference}
        if self.parameters or profile().name == "v0.19":
            data["param"] = list(self.parameters)
        return {**data, "id": self.exchange, "session_id": self.session}


def opening_data(session: Any, parameters: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """What a session that was just opened says; with Begin parameters, those too, in the order of contract 3.28."""
    opener = session.messages[0]["content"]
    if parameters:
        return {"session_id": session.id, "answer": opener, "reference": [], "param": list(parameters)}
    data = {"answer": opener, "reference": {}, "id": str(uuid.uuid4()), "session_id": session.id}
    return {**data, "param": []} if profile().name == "v0.19" else data


def opening_frames(data: dict[str, Any]) -> Iterator[bytes]:
    """The one event of a new session, and the closing one."""
    yield _framed(data)
    yield frame(_END)


def _framed(data: dict[str, Any]) -> bytes:
    return frame({"code": 0, "message": "", "data": data})
