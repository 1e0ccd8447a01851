"""An answer of a model on the wire: one object, or frames of a stream (contract 4.2, 4.4; decisions D1, D5)."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import Any

from api.openwebui.envelope import Refusal, detail_of
from api.openwebui.places import metadata_of, metadata_of_whole
from api.openwebui.replies import spaced
from api.openwebui.schemas.completions import Request
from models.errors import AppError, Unavailable
from services import replies
from services.replies import Enclosed, Ended, Failed, Found, Said, Silence, Sources

DONE = b"data: [DONE]\n\n"
_SECOND = 1_000_000_000
# What the status of a model's server stands for, where it failed (contract 1.1).
_STATUSES = {"busy": 429, "refused": 400, "key": 401, "unknown": 404, "silent": 504}
_UNREACHABLE = "500: Open WebUI: Server Connection Error"


class Answering:
    """The answer to one request."""

    def __init__(self, events: Any, request: Request) -> None:
        self._events, self._request = events, request
        self.found: tuple[Found, ...] = ()  # what a whole answer stands on
        self._id, self._created = f"{request.model}-{uuid.uuid4()}", int(time.time())
        self._began = time.perf_counter_ns()

    def begun(self) -> Iterator[bytes]:
        """The frames of the stream, once its first event is there. Raises what went wrong before: then no stream has begun."""
        first = next(self._events)
        while isinstance(first, Silence) and self._request.asked.references:  # the sources are the first frame
            first = next(self._events)
        if first == Sources(()):  # which is no frame
            first = next(self._events)
        if isinstance(first, Failed):
            self._events.close()
            raise refusal(first.error)
        return self._frames(first)

    def whole(self) -> dict[str, Any]:
        """The object of a request that does not stream. Raises what went wrong."""
        try:
            self.found, ended = replies.whole(self._events)
        except Unavailable as error:
            raise refusal(error) from None
        message: dict[str, Any] = {"content": ended.text, "role": "assistant"}
        if ended.calls:
            message["tool_calls"] = list(ended.calls)
        return {
            **({"sources": sources(self.found, self._request.files)} if self.found else {}),
            "id": self._id,
            "created": self._created,
            "model": self._request.model,
            "choices": [{"index": 0, "logprobs": None, "finish_reason": ended.finish, "message": message}],
            "object": "chat.completion",
            "usage": self._usage(ended),
        }

    def _frames(self, first: Any) -> Iterator[bytes]:
        with closing(self._events):
            event = first
            while event is not None:
                if told := self._frame(event):
                    yield told
                event = next(self._events, None)
        yield DONE

    def _frame(self, event: Any) -> bytes | None:
        if isinstance(event, Sources):
            return spaced({"sources": sources(event.found, self._request.files)})
        if isinstance(event, Said):
            return self._delta({"content": event.text, **({"tool_calls": list(event.calls)} if event.calls else {})})
        if isinstance(event, Silence):
            return self._delta({"content": ""})
        if isinstance(event, Ended):
            return self._delta({}, event.finish, {"usage": self._usage(event)})
        text = detail_of(refusal(event.error))
        return spaced({"error": {"message": text, "detail": text}})

    def _delta(self, delta: dict[str, Any], finish: str | None = None, rest: dict[str, Any] | None = None) -> bytes:
        choice = {"index": 0, "logprobs": None, "finish_reason": finish, "delta": delta}
        head = {"id": self._id, "created": self._created, "model": self._request.model, "choices": [choice]}
        return spaced({**head, "object": "chat.completion.chunk", **(rest or {})})

    def _usage(self, ended: Ended) -> dict[str, Any]:
        return usage(ended, total=time.perf_counter_ns() - self._began)


def usage(ended: Ended, *, total: int) -> dict[str, Any]:
    """The counts and the times, in the order that clients read (contract 4.2); `total` in nanoseconds."""
    read, written = ended.usage.prompt_tokens, ended.usage.completion_tokens
    seconds = total // _SECOND
    return {
        "response_token/s": _rate(written, ended.writing),
        "prompt_token/s": _rate(read, ended.reading),
        "total_duration": total,
        "load_duration": 0,
        "prompt_eval_count": read,
        "prompt_tokens": read,
        "prompt_eval_duration": ended.reading,
        "eval_count": written,
        "completion_tokens": written,
        "eval_duration": ended.writing,
        "approximate_total": f"{seconds // 3600}h{seconds % 3600 // 60}m{seconds % 60}s",
        "total_tokens": read + written,
        "completion_tokens_details": {"reasoning_tokens": 0, "accepted_prediction_tokens": 0, "rejected_prediction_tokens": 0},
    }


def refusal(error: AppError) -> AppError:
    """The error of an answer as it leaves: what the server could not do is a 400 that tells the model server's status (contract 4.5)."""
    if not isinstance(error, Unavailable):
        return error
    reason = error.details.get("reason")
    if reason == "unreachable":
        return Refusal(400, _UNREACHABLE)
    return Refusal(400, f"{_STATUSES.get(str(reason), 500)}: {error.message}")


def sources(found: Sequence[Found], files: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """What the answer stands on, one object for each reference, which is shown as it was sent."""
    shown = []
    for one in found:
        texts = [*(passage.text for passage in one.passages), *(text.text for text in one.enclosed)]
        metadata = [*(metadata_of(passage) for passage in one.passages), *(_told(text) for text in one.enclosed)]
        told = {"source": files[one.reference], "document": texts, "metadata": metadata}
        shown.append({**told, "distances": [passage.distance for passage in one.passages]} if one.passages else told)
    return shown


def _told(text: Enclosed) -> dict[str, Any]:
    return metadata_of_whole(text.file) if text.file else dict(text.metadata)


def _rate(count: int, nanoseconds: int) -> float | str:
    return round(count / (nanoseconds / _SECOND), 2) if nanoseconds else "N/A"
