"""An OpenAI-compatible model server that does what a test tells it: answers, waits, breaks off, refuses, talks nonsense."""

from __future__ import annotations

import json
import select
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from types import TracebackType
from typing import Any

SECONDS = 30.0  # how long `stalls` waits for its client to leave


class Wire(BaseHTTPRequestHandler):
    """One request; what a reply may do with it."""

    protocol_version = "HTTP/1.1"
    server: _Server
    asked: dict[str, Any]

    def do_POST(self) -> None:
        """Note the request and act the next reply; the last one is repeated."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        model = self.server.model
        self.asked = {"path": self.path, "key": self.headers.get("Authorization", ""), **json.loads(body)}
        model.requests.append(self.asked)
        reply = model.script.popleft() if len(model.script) > 1 else model.script[0]
        try:
            reply(self)
        except (BrokenPipeError, ConnectionResetError):
            self.server.model.left.set()
            self.close_connection = True

    def begin(self, status: int = 200, kind: str = "text/event-stream", headers: Mapping[str, str] = {}) -> None:
        """Send status and headers; the body follows in chunks."""
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Transfer-Encoding": "chunked", **headers}.items():
            self.send_header(name, value)
        self.end_headers()

    def send(self, text: str) -> None:
        """Send one chunk of the body."""
        data = text.encode()
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        self.wfile.flush()

    def end(self) -> None:
        """Send the end of the body."""
        self.wfile.write(b"0\r\n\r\n")

    def frame(self, delta: Mapping[str, Any], *, finish: str | None = None, usage: Any = None) -> None:
        """Send one event of a streamed answer."""
        choices = [{"index": 0, "delta": delta, "finish_reason": finish}] if usage is None else []
        body = {"id": "x", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": choices, "usage": usage}
        self.send(f"data: {json.dumps(body)}\n\n")

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


Reply = Callable[[Wire], None]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    model: ScriptedModel


class ScriptedModel:
    """The server. `url` is its base URL, `requests` what it was sent, `left` is set when a client left in the middle."""

    def __init__(self) -> None:
        self.script: deque[Reply] = deque([says("ok")])
        self.requests: list[dict[str, Any]] = []
        self.left = Event()
        self._server = _Server(("127.0.0.1", 0), Wire)
        self._server.model = self
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def plays(self, *replies: Reply) -> None:
        """Set the replies to come, one per request; the last is repeated."""
        self.script = deque(replies)

    def __enter__(self) -> ScriptedModel:
        Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()


def says(
    *pieces: str, thinks: Iterable[str] = (), first: float = 0.0, pause: float = 0.0, usage: tuple[int, int] | None = (5, 7)
) -> Reply:
    """Stream these pieces, after `first` seconds and with `pause` seconds between them."""

    def reply(wire: Wire) -> None:
        wire.begin()
        time.sleep(first)
        for thought in thinks:
            wire.frame({"reasoning_content": thought})
        for piece in pieces:
            wire.frame({"content": piece})
            time.sleep(pause)
        wire.frame({}, finish="stop")
        if usage:
            wire.frame({}, usage={"prompt_tokens": usage[0], "completion_tokens": usage[1], "total_tokens": sum(usage)})
        wire.send("data: [DONE]\n\n")
        wire.end()

    return reply


def is_cut(*pieces: str, cleanly: bool = False) -> Reply:
    """Stream the pieces, then half a frame, and hang up; `cleanly` as if that were the end."""

    def reply(wire: Wire) -> None:
        wire.begin()
        for piece in pieces:
            wire.frame({"content": piece})
        wire.send('data: {"id": "x", "choices": [{"index": 0, "del')
        if cleanly:
            wire.end()
        wire.close_connection = True

    return reply


def stalls(*pieces: str) -> Reply:
    """Stream the pieces and then nothing, until the client leaves."""

    def reply(wire: Wire) -> None:
        wire.begin()
        for piece in pieces:
            wire.frame({"content": piece})
        if select.select([wire.connection], [], [], SECONDS)[0] and wire.connection.recv(1) == b"":
            raise BrokenPipeError

    return reply


def babbles(*pieces: str, body: str = '{"choices": [{"delta": {"content": "x') -> Reply:
    """Stream the pieces and then a frame that is not what it should be."""

    def reply(wire: Wire) -> None:
        wire.begin()
        for piece in pieces:
            wire.frame({"content": piece})
        wire.send(f"data: {body}\n\n")
        wire.end()

    return reply


def fails(status: int, *, message: str = "no", headers: Mapping[str, str] = {}) -> Reply:
    """Refuse with this status."""
    return answers({"error": {"message": message, "type": "x"}}, status=status, headers=headers)


def answers(body: Any, *, status: int = 200, headers: Mapping[str, str] = {}) -> Reply:
    """Answer with this JSON, whatever was asked."""

    def reply(wire: Wire) -> None:
        wire.begin(status, "application/json", headers)
        wire.send(json.dumps(body))
        wire.end()

    return reply
