"""From a file to an answer through Open WebUI's API: upload, poll, add, ask with the collection, streaming."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import httpx

from bench import collections
from bench.figures import Figure
from bench.server import Server

ROUNDS = 3
BYTES = 100_000
MODEL = "extractive@Dovetail"
SECTION = "openwebui"


def measure(server: Server, folder: Path) -> Iterator[Figure]:
    """Yield the seconds of the whole way, the first time and at best later, and of its parts."""
    text = collections.text_of(BYTES * (ROUNDS + 1), collections.paragraphs(folder))
    with httpx.Client(base_url=server.base, headers={"Authorization": f"Bearer {server.key}"}, timeout=120) as client:
        rounds = [_round(client, text[number * BYTES : (number + 1) * BYTES]) for number in range(ROUNDS + 1)]
    yield Figure(SECTION, "100 KB: upload, poll, add, ask, stream, first on a fresh server", sum(rounds[0].values()), "s", "<= 3")
    best = min(rounds[1:], key=lambda one: sum(one.values()))
    yield Figure(SECTION, "100 KB: the same again, best of three", sum(best.values()), "s", "<= 3")
    for part, seconds in best.items():
        yield Figure(SECTION, f"of it {part}", seconds, "s")


def _round(client: httpx.Client, text: bytes | str) -> dict[str, float]:
    """The seconds of each step."""
    data = text if isinstance(text, bytes) else text.encode()
    knowledge = _json(client.post("/api/v1/knowledge/create", json={"name": "bench", "description": ""}))["id"]
    begun = time.monotonic()
    file = _json(client.post("/api/v1/files/", files={"file": ("bench.txt", data, "text/plain")}))["id"]
    while _json(client.get(f"/api/v1/files/{file}"))["data"].get("status") != "completed":
        time.sleep(0.05)
    read = time.monotonic()
    _json(client.post(f"/api/v1/knowledge/{knowledge}/file/add", json={"file_id": file}))
    added = time.monotonic()
    said = [{"role": "user", "content": "What was the result of the experiment?"}]
    asked = {"model": MODEL, "messages": said, "files": [{"type": "collection", "id": knowledge}], "stream": True}
    with client.stream("POST", "/api/chat/completions", json=asked) as reply:
        lines = [line for line in reply.iter_lines() if line]
    if lines[-1] != "data: [DONE]" or "sources" not in json.loads(lines[0].removeprefix("data: ")):
        raise RuntimeError(f"no grounded answer: {lines[:2]}")
    return {"upload and poll": read - begun, "add": added - read, "ask and stream": time.monotonic() - added}


def _json(reply: httpx.Response) -> dict[str, object]:
    reply.raise_for_status()
    found: dict[str, object] = reply.json()
    return found
