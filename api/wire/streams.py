"""Server-sent events, framed as RAGFlow's clients read them: `data:` without a space, one line of JSON, an empty line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from flask import Response

MEDIA_TYPE = "text/event-stream"
_HEADERS = {"Cache-control": "no-cache", "Connection": "keep-alive", "X-Accel-Buffering": "no"}


def event_stream(frames: Iterator[bytes]) -> Response:
    """A response whose every frame leaves at once; when the client leaves, the iterator is closed."""
    return Response(frames, content_type=f"{MEDIA_TYPE}; charset=utf-8", headers=_HEADERS)


def frame(value: Any) -> bytes:
    """One event: keys in their order, text as UTF-8."""
    return b"data:" + json.dumps(value, ensure_ascii=False).encode("utf-8", "replace") + b"\n\n"
