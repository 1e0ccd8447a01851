"""Server-sent events, framed as RAGFlow's clients read them: `data:` without a space, one line of JSON, an empty line."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from flask import Response

from services.answers import Event, Text

MEDIA_TYPE = "text/event-stream"
# Line ends to clients that split text into lines before they look for events; in JSON they may be written out.
_LINE_ENDS = {0x85: "\\u0085", 0x2028: "\\u2028", 0x2029: "\\u2029"}
_HEADERS = {"Cache-control": "no-cache", "Connection": "keep-alive", "X-Accel-Buffering": "no"}


def event_stream(frames: Iterator[bytes]) -> Response:
    """A response whose every frame leaves at once; when the client leaves, the iterator is closed."""
    return Response(frames, content_type=f"{MEDIA_TYPE}; charset=utf-8", headers=_HEADERS)


def paced(events: Iterable[Event]) -> Iterator[Event]:
    """The events, but a text only when it grew by a fiftieth: sent whole each time, all frames together stay in proportion to it."""
    told = 0
    for event in events:
        if isinstance(event, Text):
            if len(event.whole) - told < told // 50:
                continue
            told = len(event.whole)
        yield event


def frame(value: Any) -> bytes:
    """One event: keys in their order, text as UTF-8."""
    text = json.dumps(value, ensure_ascii=False).translate(_LINE_ENDS)
    return b"data:" + text.encode("utf-8", "replace") + b"\n\n"
