"""A server of the tests' own behind a proxy: it keeps what it was asked, and answers as the test says."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it arrived: its first line, its headers, and the number of bytes of its body."""

    line: str
    headers: Message
    received: int


Answer = Callable[[BaseHTTPRequestHandler], None]


def plain(handler: BaseHTTPRequestHandler) -> None:
    """Answer an empty JSON object."""
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", "2")
    handler.end_headers()
    handler.wfile.write(b"{}")


def start_stream(handler: BaseHTTPRequestHandler, **headers: str) -> None:
    """Begin an answer without an end that was announced."""
    handler.send_response(200)
    for name, value in {"Content-Type": "text/event-stream", "Connection": "close", **headers}.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.close_connection = True


class Upstream:
    """Listens on a port; `asked` is what came, in order."""

    def __init__(self, answer: Answer = plain, port: int = 0) -> None:
        self.asked: list[Asked] = []
        upstream = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                upstream.asked.append(Asked(self.requestline, self.headers, _read(self)))
                answer(self)

            do_GET = do_POST = do_PUT = do_DELETE = answer

            def log_message(self, *_: object) -> None:
                """Nothing: the tests say what matters."""

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._server.daemon_threads = True
        self.port = int(self._server.server_address[1])

    def __enter__(self) -> Upstream:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()


def _read(handler: BaseHTTPRequestHandler) -> int:
    """Read the body in parts; gives its length."""
    if handler.headers.get("Transfer-Encoding") != "chunked":
        return _skip(handler, int(handler.headers.get("Content-Length", 0)))
    total = 0
    while size := int(handler.rfile.readline() or b"0", 16):
        total += _skip(handler, size)
        handler.rfile.readline()
    handler.rfile.readline()
    return total


def _skip(handler: BaseHTTPRequestHandler, size: int) -> int:
    rest = size
    while rest and (part := handler.rfile.read(min(rest, 1 << 16))):
        rest -= len(part)
    return size - rest
