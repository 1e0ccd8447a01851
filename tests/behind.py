"""The suites of `pytest --behind-nginx`: their clients, written for the application, speak to gunicorn through nginx instead."""

from __future__ import annotations

import http.client
import inspect
import sys
from collections.abc import Callable, Iterable, Iterator
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask

from app import create_app
from conf.settings import load
from tests.nginx import Nginx
from tests.running import ROOT, Server

OPTION = "--behind-nginx"
_CLIENTS = {"client", "anonymous", "stranger", "server"}
# What a test asks for when it reaches into the application or sets it up in its own way.
_INSIDE = {"app", "settings", "environment", "monkeypatch", "start_server"}
# Tests whose point is in the process of the application, or in an address that nginx refuses before it; and the longest.
_ELSEWHERE = {
    "test_a_condition_may_match_a_hundred_thousand_documents",  # long, and nothing new on the way
    "test_a_full_database_refuses_a_write_whole",
    "test_a_list_asks_nothing_of_its_documents_twice",
    "test_head_opens_nothing",  # looks at all rows
    "test_keywords_may_be_long_only_where_they_are_words",  # 100 kB: 414
    "test_sessions_of_another_dialect_are_not_listed_nor_deleted",  # looks at all rows
    "test_ten_thousand_chats_are_deleted_at_once",  # long
    "test_with_another_secret_tokens_work_on_and_are_listed_by_their_first_characters",  # changes the application's secret
}
_OTHER_ROWS = {"test_login.py", "test_key_import.py"}  # modules that make a user of one address for each test, or work on rows of their own
_BUFFER = 8_000
_HOP = {"connection", "keep-alive", "transfer-encoding"}
# One address asks for all tests here, as fast as it can.
_UNLIMITED = {f"rate={shipped}r/s": "rate=5000r/s" for shipped in (100, 200, 1)}


class Deployment:
    """gunicorn without an ingest worker, and nginx before it; `app` is an application over the same rows, whose clients ask nginx."""

    def __init__(self, folder: Path, model_folder: Path) -> None:
        self._server = Server(folder / "data", model_folder, {"DOVETAIL_LOG__LEVEL": "warning"})
        self._nginx = Nginx(folder / "nginx", self._server.port, changes=_UNLIMITED)
        self.app: Flask

    def __enter__(self) -> Deployment:
        self._server.command("migrate").check_returncode()
        self._server.start(sys.executable, "-m", "gunicorn", "--config", str(ROOT / "conf" / "gunicorn.conf.py"), "app:wsgi()")
        self._nginx.start()
        self.app = create_app(load(self._server.environment))
        self.app.wsgi_app = _through(self._nginx.port)  # type: ignore[method-assign]
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._nginx.stop()
        self._server.stop()


def fits(item: pytest.Item) -> bool:
    """Whether a test speaks to a server through a client alone, and to one that is set up as by default."""
    assert isinstance(item, pytest.Function)
    asked = set(inspect.signature(item.function).parameters)
    parameters = item.callspec.params if hasattr(item, "callspec") else {}
    if not _CLIENTS & set(item.fixturenames) or item.originalname in _ELSEWHERE:
        return False
    if any(_is_refused_before(value) for value in parameters.values()):
        return False
    by_default = parameters.get("profile", "seed") == "seed" and parameters.get("engine", "embedded") == "embedded"
    return by_default and item.path.name not in _OTHER_ROWS and not _INSIDE & (asked | set(parameters))


def _is_refused_before(value: object) -> bool:
    """Whether nginx refuses an address or header with this in it: a NUL, or more than its buffer holds."""
    return isinstance(value, str) and ("%00" in value or len(quote(value)) > _BUFFER)


def _through(port: int) -> Callable[[dict[str, Any], Any], Iterable[bytes]]:
    """A WSGI application that asks the server at this port, and answers what it answers, as it comes."""

    def forward(environ: dict[str, Any], start_response: Any) -> Iterator[bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        length = int(environ.get("CONTENT_LENGTH") or 0)
        body = environ["wsgi.input"].read(length) if length else None
        connection.request(environ["REQUEST_METHOD"], _address(environ), body, _sent(environ))
        reply = connection.getresponse()
        headers = [(name, value) for name, value in reply.getheaders() if name.lower() not in _HOP]
        start_response(f"{reply.status} {HTTPStatus(reply.status).phrase}", headers)
        return _parts(connection, reply)

    return forward


def _address(environ: dict[str, Any]) -> str:
    """The path as the test spelled it, with what may not stand in an address escaped, and the query."""
    path = quote(environ["REQUEST_URI"].partition("?")[0].encode("latin-1"), safe="/%:@!$&'()*+,;=~")
    return f"{path}?{environ['QUERY_STRING']}" if environ.get("QUERY_STRING") else path


def _sent(environ: dict[str, Any]) -> dict[str, str]:
    headers = {name.removeprefix("HTTP_").replace("_", "-"): value for name, value in environ.items() if name.startswith("HTTP_")}
    return headers | ({"Content-Type": environ["CONTENT_TYPE"]} if environ.get("CONTENT_TYPE") else {})


def _parts(connection: http.client.HTTPConnection, reply: http.client.HTTPResponse) -> Iterator[bytes]:
    try:
        while part := reply.read1(1 << 16):
            yield part
    finally:
        connection.close()
