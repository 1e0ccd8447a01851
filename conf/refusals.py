"""Gunicorn's threaded web process, which refuses what is no HTTP request in JSON, as no dialect comes to see it."""

from __future__ import annotations

import json
from typing import Any

from gunicorn.http.errors import InvalidResponseHeader, InvalidResponseHeaderName, LimitRequestHeaders, LimitRequestLine, ParseException
from gunicorn.util import write_nonblock
from gunicorn.workers.gthread import ThreadWorker

_BAD = (400, "Bad Request", 101)
_LONG = (414, "URI Too Long", 101)
_MANY = (431, "Request Header Fields Too Large", 101)
_CRASH = (500, "Internal Server Error", 500)


def _refuse(worker: ThreadWorker, request: Any, client: Any, address: Any, error: BaseException) -> None:
    status, reason, code = _outcome(error)
    if status == 500:
        worker.log.error("crash outside of the application", exc_info=error)
    else:
        worker.log.info("refused: %s", type(error).__name__)
    body = json.dumps({"code": code, "data": None, "message": reason if status == 500 else "Bad Request"})
    head = f"HTTP/1.1 {status} {reason}\r\nConnection: close\r\nContent-Type: application/json\r\nX-Content-Type-Options: nosniff\r\n"
    try:
        write_nonblock(client, f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode())
    except OSError:
        worker.log.debug("the client left before its refusal")


def _outcome(error: BaseException) -> tuple[int, str, int]:
    """Status, reason and code; a header that the application made up wrongly is no fault of the client's."""
    if not isinstance(error, ParseException) or isinstance(error, InvalidResponseHeader | InvalidResponseHeaderName):
        return _CRASH
    if isinstance(error, LimitRequestLine):
        return _LONG
    return _MANY if isinstance(error, LimitRequestHeaders) else _BAD


class JsonWorker(ThreadWorker):
    """Words its own refusals as /api/v1 does: the path may not have been read."""

    handle_error = _refuse
