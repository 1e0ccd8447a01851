"""Streamed answers: the built-in model's first word, fifty answers side by side on one process, and memory over a thousand."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Barrier
from typing import Any

import httpx

from bench import collections
from bench.client import Client, in_parallel
from bench.figures import Figure, quantile
from bench.server import Server
from tests.scripted_model import ScriptedModel, says

STREAMS = 50
PIECES = [f"piece {number} " for number in range(20)]
PAUSE = 0.1
QUESTIONS = 100
MANY = 1_000
TEXT = 400_000  # bytes of documents to answer from
ONE_PROCESS = {"DOVETAIL_HTTP__WORKERS": "1"}
BUILT_IN = "extractive@Dovetail"


def measure(server: Server, folder: Path) -> Iterator[Figure]:
    """Yield the figures; starts the server itself, with one web process and a model that writes at a steady pace."""
    with ScriptedModel() as model:
        model.plays(says(*PIECES, pause=PAUSE))
        server.start({**ONE_PROCESS, "DOVETAIL_CHAT__BASE_URL": model.url, "DOVETAIL_CHAT__MODEL": "scripted"})
        client = Client(server.base, server.key)
        asker = _Asker(server, client)
        yield from _first_words(client, asker, folder)
        yield from _side_by_side(asker)
        model.plays(says(*PIECES))
        yield from _memory(server, asker)


class _Asker:
    """Asks chats, each question in a session of its own."""

    def __init__(self, server: Server, client: Client) -> None:
        self._base, self._client = server.base, client
        self._http = httpx.Client(headers={"Authorization": f"Bearer {server.key}"}, timeout=120, limits=httpx.Limits(max_connections=None))

    def chat(self, name: str, **fields: Any) -> str:
        """Create a chat and return its id."""
        return str(self._client.call("POST", "/chats", json={"name": name, **fields})["id"])

    def ask(self, chat: str, question: str) -> list[float]:
        """Seconds from the question to each of the answer's frames."""
        session = self._client.call("POST", f"/chats/{chat}/sessions", json={})["id"]
        begun = time.monotonic()
        path, body = f"{self._base}/api/v1/chats/{chat}/completions", {"session_id": session, "question": question}
        with self._http.stream("POST", path, json=body) as reply:
            came = [(time.monotonic() - begun, line) for line in reply.iter_lines() if line]
        assert json.loads(came[-1][1].removeprefix("data:"))["data"] is True, came[-1]
        return [at for at, _ in came]


def _first_words(client: Client, asker: _Asker, folder: Path) -> Iterator[Figure]:
    dataset = client.dataset("streams", parser_config={"chunk_token_num": 100})
    client.parse(dataset, client.upload(dataset, [("text.txt", collections.text_of(TEXT, collections.paragraphs(folder)))]))
    chat = asker.chat("built-in", dataset_ids=[dataset], llm={"model_name": BUILT_IN})
    retrievals, words = [], []
    for question in list(collections.read("squad", folder).questions.values())[:QUESTIONS]:
        begun = time.monotonic()
        client.retrieve(dataset, question, page_size=6)
        retrievals.append(1000 * (time.monotonic() - begun))
        words.append(1000 * asker.ask(chat, question)[0])
    above = quantile(words, 0.5) - quantile(retrievals, 0.5)
    note = f"{quantile(words, 0.5):.0f} ms against {quantile(retrievals, 0.5):.0f} ms"
    yield Figure("streams", "first word of the built-in model above retrieval, p50", above, "ms", "<= 60", note)


def _side_by_side(asker: _Asker) -> Iterator[Figure]:
    chat = asker.chat("steady")
    together = Barrier(STREAMS)

    def ask(_: int) -> list[float]:
        together.wait()
        return asker.ask(chat, "Tell me.")

    came = in_parallel(ask, range(STREAMS), STREAMS)
    gaps = [after - before for frames in came for before, after in zip(frames, frames[1:], strict=False)]
    alone = PAUSE * len(PIECES)
    yield Figure("streams", f"{STREAMS} at once, slowest first word", max(frames[0] for frames in came), "s", f"<= {alone:g}")
    yield Figure("streams", f"{STREAMS} at once, slowest answer", max(frames[-1] for frames in came), "s", f"<= {2 * alone:g}", f"alone {alone:g} s")
    yield Figure("streams", f"{STREAMS} at once, longest pause between frames", max(gaps), "s", f"<= {alone:g}", f"p50 {quantile(gaps, 0.5):.2f} s")


def _memory(server: Server, asker: _Asker) -> Iterator[Figure]:
    """What a thousand answers leave behind, after a hundred that filled caches and pools."""
    chat = asker.chat("many")

    def ask(_: int) -> list[float]:
        return asker.ask(chat, "Tell me.")

    in_parallel(ask, range(MANY // 10), STREAMS // 5)
    before, _ = server.memory()
    begun = time.monotonic()
    in_parallel(ask, range(MANY), STREAMS // 5)
    rate = MANY / (time.monotonic() - begun)
    after, _ = server.memory()
    note = f"{before:.0f} MB before; {rate:.0f} answers/s"
    yield Figure("streams", f"memory after {MANY:,} answers, more than before", after - before, "MB", "<= 10", note)
