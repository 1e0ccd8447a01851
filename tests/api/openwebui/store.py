"""What tests of files, knowledge and retrieval send and expect."""

from __future__ import annotations

import io
import uuid
from typing import Any

from api.openwebui import wording

FILES, KNOWLEDGE, RETRIEVAL, V1 = "/api/v1/files", "/api/v1/knowledge", "/api/v1/retrieval", "/api/v1"
TEXT = "The kettle boils two litres.\nIts warranty lasts twenty-four months.\n"
OTHER = "Cranes are birds with long legs.\n"
UNKNOWN = "00000000-0000-1000-8000-000000000000"
TWIN = f"400: {wording.DUPLICATE_CONTENT}"
FILE_KEYS = {"id", "user_id", "hash", "filename", "data", "meta", "created_at", "updated_at"}
FULL_KEYS = {*FILE_KEYS, "path", "access_control"}
KNOWLEDGE_KEYS = {"id", "user_id", "name", "description", "data", "meta", "access_control", "created_at", "updated_at", "files"}


def ok(reply: Any) -> Any:
    """The body of a success."""
    assert reply.status_code == 200, (reply.status_code, reply.text)
    return reply.json


def refused(reply: Any, status: int, detail: Any) -> None:
    """A refusal of this status, in these words."""
    assert (reply.status_code, reply.json) == (status, {"detail": detail}), reply.text


def sent(client: Any, content: bytes | str = TEXT, name: str = "kettle.txt", *, query: str = "", **form: Any) -> Any:
    """The reply to an upload."""
    data = content.encode() if isinstance(content, str) else content
    return client.post(f"{FILES}/{query}", data={"file": (io.BytesIO(data), name), **form})


def upload(client: Any, content: bytes | str = TEXT, name: str = "kettle.txt") -> str:
    """The id of an uploaded file."""
    return str(ok(sent(client, content, name))["id"])


def knowledge(client: Any, name: str = "manuals", **fields: Any) -> str:
    """The id of a new knowledge."""
    return str(ok(client.post(f"{KNOWLEDGE}/create", json={"name": name, "description": "", **fields}))["id"])


def add(client: Any, knowledge: str, file: str) -> Any:
    """The reply to placing a file in a knowledge."""
    return client.post(f"{KNOWLEDGE}/{knowledge}/file/add", json={"file_id": file})


def placed(client: Any, content: bytes | str = TEXT, name: str = "kettle.txt") -> tuple[str, str]:
    """A knowledge with one file in it: their ids."""
    own, file = knowledge(client), upload(client, content, name)
    ok(add(client, own, file))
    return own, file


def found(client: Any, names: str | list[str], query: str = "How long is the warranty of the kettle?", **more: Any) -> list[str]:
    """The passages that answer, best first."""
    body = {"collection_names": [names] if isinstance(names, str) else names, "query": query, **more}
    (documents,) = ok(client.post(f"{RETRIEVAL}/query/collection", json=body))["documents"]
    return list(documents)


def bare(id: str) -> str:
    """An id as RAGFlow's dialects spell it."""
    return uuid.UUID(id).hex


def datasets(client: Any) -> dict[str, Any]:
    """The datasets as /api/v1 tells of them, by id."""
    return {row["id"]: row for row in client.get(f"{V1}/datasets").json["data"]}
