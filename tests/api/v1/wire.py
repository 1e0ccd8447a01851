"""Short words for what every test of the dialect sends and expects."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

BASE = "/api/v1"
UNKNOWN = "b330ec2e91ec11efbc510242ac120004"  # a well-formed id of nothing
both_profiles = pytest.mark.parametrize("profile", ["seed", "v0.19"], indirect=True)
as_seed = pytest.mark.parametrize("profile", ["seed"], indirect=True)
as_v019 = pytest.mark.parametrize("profile", ["v0.19"], indirect=True)


def upload(client: Any, dataset: str, *names: str, content: bytes = b"Kettles boil water.") -> dict[str, Any]:
    """Upload files of these names; gives the last document."""
    files = [(io.BytesIO(content), name) for name in names]
    reply = client.post(f"{BASE}/datasets/{dataset}/documents", data={"file": files})
    assert reply.json["code"] == 0, reply.json
    return reply.json["data"][-1]


def said(reply: Any) -> tuple[int, str | None]:
    """Code and message, for a comparison in one line."""
    return reply.json["code"], reply.json.get("message")


def assert_error(reply: Any, code: int, message: str, status: int = 200) -> None:
    """The reply is this error in the envelope, and nothing more than an error has."""
    assert said(reply) == (code, message)
    assert reply.status_code == status
    assert set(reply.json) <= {"code", "message", "data"}


def assert_success(reply: Any) -> Any:
    """The reply is a success; gives its data."""
    assert reply.status_code == 200
    assert reply.json["code"] == 0, reply.json
    assert "message" not in reply.json  # contract 1.2: dropped whenever the code is 0
    return reply.json.get("data")


def frames(reply: Any) -> list[Any]:
    """The events of a stream, each framed as contract 3.25 has it."""
    assert reply.headers["Content-Type"] == "text/event-stream; charset=utf-8", reply.text
    *events, rest = reply.get_data().decode().split("\n\n")
    assert rest == ""
    assert all(event.startswith("data:") and "\n" not in event for event in events)
    return [json.loads(event.removeprefix("data:")) for event in events if event != "data:[DONE]"]
