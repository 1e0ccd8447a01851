"""The suites of `pytest --behind-nginx`: their clients, written for the application, speak to gunicorn through nginx instead."""

from __future__ import annotations

import http.client
import inspect
import sys
from collections.abc import Callable, Iterable, Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest

from conf.settings import Settings, load
from tests.nginx import Nginx
from tests.running import ROOT, Server

OPTION = "--behind-nginx"
_CLIENTS = {"client", "anonymous", "stranger", "server"}
# What a test asks for when it reaches into the application or sets it up in its own way.
_INSIDE = {"app", "settings", "environment", "monkeypatch", "start_server"}
_HOP = {"connection", "keep-alive", "transfer-encoding"}
# One address asks for all tests here.
_UNLIMITED = {"rate=200r/s": "rate=5000r/s"}


class Deployment:
    """gunicorn without an ingest worker, and nginx before it; `settings` are those of both."""

    def __init__(self, folder: Path, model_folder: Path, profile: str) -> None:
        environment = {"DOVETAIL_COMPAT__PROFILE": profile, "DOVETAIL_LOG__LEVEL": "warning"}
        self.server = Server(folder / "data", model_folder, environment)
        self.nginx = Nginx(folder / "nginx", self.server.port, changes=_UNLIMITED)
        self.settings: Settings = load(self.server.environment)

    def start(self) -> Deployment:
        """Start both, on migrated tables."""
        self.server.command("migrate").check_returncode()
        self.server.start(sys.executable, "-m", "gunicorn", "--config", str(ROOT / "conf" / "gunicorn.conf.py"), "app:wsgi()")
        self.nginx.start()
        return self

    def stop(self) -> None:
        """Stop both."""
        self.nginx.stop()
        self.server.stop()


def fits(item: pytest.Item) -> bool:
    """Whether a test speaks to a server through a client alone, and to one that is set up as by default."""
    assert isinstance(item, pytest.Function)
    asked = set(inspect.signature(item.function).parameters)
    parameters = set(item.callspec.params) if hasattr(item, "callspec") else set()
    other_profile = parameters and item.callspec.params.get("profile", "seed") != "seed"
    return bool(_CLIENTS & set(item.fixturenames)) and not _INSIDE & (asked | parameters) and not other_profile


def through(port: int) -> Callable[[dict[str, Any], Any], Iterable[bytes]]:
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
    query = environ.get("QUERY_STRING")
    return f"{environ['REQUEST_URI']}?{query}" if query else str(environ["REQUEST_URI"])


def _sent(environ: dict[str, Any]) -> dict[str, str]:
    headers = {name.removeprefix("HTTP_").replace("_", "-"): value for name, value in environ.items() if name.startswith("HTTP_")}
    return headers | ({"Content-Type": environ["CONTENT_TYPE"]} if environ.get("CONTENT_TYPE") else {})


def _parts(connection: http.client.HTTPConnection, reply: http.client.HTTPResponse) -> Iterator[bytes]:
    try:
        while part := reply.read1(1 << 16):
            yield part
    finally:
        connection.close()
