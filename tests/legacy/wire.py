"""Short words for what every test of the dialect sends and expects."""

from __future__ import annotations

import io
from typing import Any

BASE = "/v1/api"
V1 = "/api/v1"
UNKNOWN = "b330ec2e91ec11efbc510242ac120004"  # a well-formed id of nothing
SECRET = "The kettle is sold in red, black and cream."
TOKEN_REFUSED = 'Token is not valid!"'
MISSING = object()


def upload(client: Any, dataset: str = "manuals", name: str = "kettle.txt", content: bytes = b"Kettles boil water.", **form: str) -> Any:
    """Upload a file; gives the document's row."""
    data = {"kb_name": dataset, "file": (io.BytesIO(content), name), **form}
    return assert_success(client.post(f"{BASE}/document/upload", data=data))


def said(reply: Any) -> tuple[int, str]:
    """Code and message, for a comparison in one line."""
    return reply.json["retcode"], reply.json["retmsg"]


def assert_envelope(reply: Any) -> dict[str, Any]:
    """The reply is HTTP 200 and has both names of code and message; gives its body."""
    body: dict[str, Any] = reply.json
    assert reply.status_code == 200
    assert (body["code"], body["message"]) == (body["retcode"], body["retmsg"])
    assert set(body) <= {"retcode", "retmsg", "code", "message", "data"}
    return body


def assert_success(reply: Any) -> Any:
    """The reply is a success; gives its data."""
    body = assert_envelope(reply)
    assert (body["retcode"], body["retmsg"]) == (0, "success"), body
    return body["data"]


def assert_error(reply: Any, code: int, message: str, data: Any = MISSING) -> None:
    """The reply is this error; without `data` it has no such key at all."""
    body = assert_envelope(reply)
    assert (body["retcode"], body["retmsg"]) == (code, message)
    assert body.get("data", MISSING) is data if data in (MISSING, None, False) else body["data"] == data
