"""An answer in OpenAI's words: chunks of a stream, or one object (RAGFlow v1 contract 3.26)."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict
from typing import Any

from api.v1.schemas.openai import ChatRequest
from api.v1.schemas.references import scored_chunk
from api.wire.streams import frame
from services import answers
from services.answers import Answered, Failed, Silence, Text, ragflow_markers
from services.compat import profile

_PREFIX = b"data:"
_OPEN, _CLOSE = "<think>", "</think>"


class Answering:
    """The answer to one request; it counts what it has told, in characters. `prefix` begins every line of a stream."""

    def __init__(self, events: Any, id: str, asked: ChatRequest, *, prefix: bytes = _PREFIX) -> None:
        self._events, self._asked, self._prefix = events, asked, prefix
        self._id, self._created = f"chatcmpl-{id}", int(time.time())
        self._told = ""  # all of the text that deltas were made of
        self._length = 0

    def chunks(self) -> Iterator[bytes]:
        """The stream: deltas, the chunk that ends it, and OpenAI's closing word."""
        answered: Answered | None = None
        with closing(self._events):
            for event in self._events:
                if isinstance(event, Text):
                    yield from self._grown(_settled(ragflow_markers(event.whole)))
                elif isinstance(event, Silence):  # an empty delta, never a comment line (decisions D5)
                    yield self._chunk({"content": ""})
                elif isinstance(event, Answered):
                    answered = event
                    yield from self._grown(ragflow_markers(event.text))
                elif isinstance(event, Failed):
                    yield self._counted("content", f"**ERROR**: {event.error.message}")
        yield self._last(answered)
        yield self._prefix + b"[DONE]\n\n"

    def whole(self) -> dict[str, Any]:
        """The object of a request that does not stream. Raises what went wrong."""
        answered = answers.whole(self._events)
        text = ragflow_markers(answered.text)
        message: dict[str, Any] = {"role": "assistant", "content": text}
        if self._asked.reference:
            message["reference"] = _chunks(answered)
        self._length = len(text)
        details = {"reasoning_tokens": self._asked.length, "accepted_prediction_tokens": len(text), "rejected_prediction_tokens": 0}
        return {
            "id": self._id,
            "object": "chat.completion",
            "created": self._created,
            "model": self._asked.model,
            "usage": {**self._usage(), "completion_tokens_details": details},
            "choices": [{"message": message, "logprobs": None, "finish_reason": "stop", "index": 0}],
        }

    def _grown(self, text: str) -> Iterator[bytes]:
        """What came since; nothing where the new text is not the old one with more at its end, as citations make it."""
        if text.startswith(self._told) and text != self._told:
            for key, delta in _parts(self._told, text):
                yield self._counted(key, delta)
            self._told = text

    def _counted(self, key: str, delta: str) -> bytes:
        self._length += len(delta)
        return self._chunk({"content": delta} if key == "content" else {"content": None, "reasoning_content": delta})

    def _last(self, answered: Answered | None) -> bytes:
        delta: dict[str, Any] = {"content": None}
        if self._asked.reference:
            delta |= {"reference": _chunks(answered), "final_content": ragflow_markers(answered.text) if answered else ""}
        return self._chunk(delta, finish_reason="stop", usage=self._usage())

    def _chunk(self, delta: dict[str, Any], *, finish_reason: str | None = None, usage: dict[str, int] | None = None) -> bytes:
        """One chunk, its keys in RAGFlow's order; RAGFlow 0.19 always has `reasoning_content`, the seeds do not name it."""
        whole = {"content": delta["content"], "role": "assistant", "function_call": None, "tool_calls": None}
        if profile().name == "v0.19":
            whole["reasoning_content"] = None
        choice = {"delta": {**whole, **delta}, "finish_reason": finish_reason, "index": 0, "logprobs": None}
        chunk = {
            "id": self._id,
            "choices": [choice],
            "created": self._created,
            "model": "model",
            "object": "chat.completion.chunk",
            "system_fingerprint": "",
            "usage": usage,
        }
        return self._prefix + frame(chunk).removeprefix(_PREFIX)

    def _usage(self) -> dict[str, int]:
        """RAGFlow counts characters."""
        asked = len(self._asked.question)
        return {"prompt_tokens": asked, "completion_tokens": self._length, "total_tokens": asked + self._length}


def _parts(told: str, text: str) -> Iterator[tuple[str, str]]:
    """What came since, divided into reasoning and answer; the marks between them are told in neither."""
    for key, before, now in zip(("reasoning_content", "content"), _divided(told), _divided(text), strict=True):
        if now != before and now.startswith(before):
            yield key, now[len(before) :]


def _divided(text: str) -> tuple[str, str]:
    """Reasoning and answer of a text that may break off anywhere."""
    head, opened, rest = text.partition(_OPEN)
    if not opened:
        return "", text
    reasoning, _, answer = rest.partition(_CLOSE)
    return reasoning, head + answer


def _settled(text: str) -> str:
    """The text without the beginning of a mark at its end, which the next event may complete."""
    for mark in (_OPEN, _CLOSE):
        cut = next((size for size in range(len(mark) - 1, 0, -1) if text.endswith(mark[:size])), 0)
        if cut:
            return text[:-cut]
    return text


def _chunks(answered: Answered | None) -> list[dict[str, Any]]:
    if answered is None or answered.reference is None:
        return []
    return [scored_chunk(asdict(passage)) for passage in answered.reference.passages]
