"""Agents: what the runner costs by itself, a hundred runs at once on one process, and memory over many of them."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Barrier
from typing import Any

import httpx
import numpy as np

from bench import collections
from bench.client import Client, in_parallel
from bench.figures import Figure, quantile
from bench.server import ROOT, Server
from bench.streams import PAUSE, PIECES
from chat.canvas import Doors, Lookup, Spoken, load
from chat.catalogue import Model
from chat.cite import Vectors
from chat.writing import Material
from tests.scripted_model import ScriptedModel, says

RUNS = 100
MANY = 1_000
SIDE_BY_SIDE = 10
TURNS = 300
CHAIN = 20  # components of a round
TEXT = 100_000  # bytes of documents to answer from
SAMPLE = ROOT / "tests" / "agents" / "samples" / "chatbot.json"
THREADS = {"DOVETAIL_HTTP__WORKERS": "1", "DOVETAIL_HTTP__THREADS": "128"}


def measure(server: Server, folder: Path) -> Iterator[Figure]:
    """Yield the figures; starts the server itself, with one web process and a model that writes at a steady pace."""
    yield from _runner()
    with ScriptedModel() as model:
        model.plays(says(*PIECES, pause=PAUSE))
        server.start({**THREADS, "DOVETAIL_CHAT__BASE_URL": model.url, "DOVETAIL_CHAT__MODEL": "scripted"})
        client = Client(server.base, server.key)
        dataset = client.dataset("agents")
        client.parse(dataset, client.upload(dataset, [("text.txt", collections.text_of(TEXT, collections.paragraphs(folder)))]))
        asker = _Asker(server, client, dataset)
        yield from _side_by_side(asker)
        model.plays(says("Yes."))
        yield from _memory(server, asker)


class _Nothing:
    """A world that costs nothing, so that what is left is the runner's."""

    doors = Doors()

    def model(self, name: str) -> Model:
        """The built-in model."""
        return Model("extractive", "Dovetail")

    def retrieve(self, lookup: Lookup) -> Material:
        """Nothing."""
        return Material()

    def embed(self, texts: Sequence[str]) -> Vectors:
        """All alike."""
        return np.ones((len(texts), 1), dtype=np.float32)


def _runner() -> Iterator[Figure]:
    """A turn as a session does it: loaded, run, saved, its history full."""
    names = [f"Template:{number}" for number in range(CHAIN)]
    components: dict[str, Any] = {"begin": _entry("Begin", {}, "Answer:A"), "Answer:A": _entry("Answer", {}, names[0])}
    for name, after in zip(names, [*names[1:], "Answer:A"], strict=True):
        components[name] = _entry("Template", {"content": "{begin} {Answer:A} and so on"}, after)
    dsl = load({"components": components}).dsl()
    spent = []
    for number in range(TURNS):
        begun = time.perf_counter()
        canvas = load(json.loads(json.dumps(dsl)))
        for event in canvas.run(_Nothing(), question=f"Question {number}"):
            last = event
        assert isinstance(last, Spoken)
        dsl = canvas.dsl()
        spent.append(1000 * (time.perf_counter() - begun) / CHAIN)
    note = f"{TURNS} turns of {CHAIN} components, loaded and saved each time; p95 {quantile(spent, 0.95):.2f} ms"
    yield Figure("agents", "the runner's own time for a component, p50", quantile(spent, 0.5), "ms", "<= 5", note)


def _entry(kind: str, params: dict[str, Any], *after: str) -> dict[str, Any]:
    return {"obj": {"component_name": kind, "params": params}, "downstream": list(after), "upstream": []}


class _Asker:
    """Asks one agent, each question in a session of its own."""

    def __init__(self, server: Server, client: Client, dataset: str) -> None:
        self._base, self._client = server.base, client
        limits = httpx.Limits(max_connections=None)
        self._http = httpx.Client(headers={"Authorization": f"Bearer {server.key}"}, timeout=300, limits=limits)
        text = SAMPLE.read_text(encoding="utf-8").replace("DATASET", dataset).replace("extractive@Dovetail", "scripted")
        client.call("POST", "/agents", json={"title": "bench", "dsl": json.loads(text)["dsl"]})
        self._agent = client.call("GET", "/agents", params={"title": "bench"})[0]["id"]

    def session(self) -> str:
        """Open a session."""
        return str(self._client.call("POST", f"/agents/{self._agent}/sessions", json={})["id"])

    def ask(self, session: str, question: str) -> list[float]:
        """Seconds from the question to each frame with text."""
        begun = time.monotonic()
        path, body = f"{self._base}/api/v1/agents/{self._agent}/completions", {"session_id": session, "question": question}
        with self._http.stream("POST", path, json=body) as reply:
            came = [(time.monotonic() - begun, json.loads(line.removeprefix("data:"))) for line in reply.iter_lines() if line]
        assert came[-1][1]["data"] is True and not any("**ERROR**" in str(frame) for _, frame in came), came[-1]
        return [at for at, frame in came if isinstance(frame["data"], dict) and not frame["data"].get("running_status")]


def _side_by_side(asker: _Asker) -> Iterator[Figure]:
    sessions = [asker.session() for _ in range(RUNS)]
    asker.ask(asker.session(), "Tell me.")
    together = Barrier(RUNS)

    def ask(session: str) -> list[float]:
        together.wait()
        return asker.ask(session, "What is known about it?")

    came = in_parallel(ask, sessions, RUNS)
    alone = PAUSE * len(PIECES)
    firsts, lasts = [frames[0] for frames in came], [frames[-1] for frames in came]
    yield Figure("agents", f"{RUNS} runs at once on one process, first word, p50", quantile(firsts, 0.5), "s", "", f"slowest {max(firsts):.2f} s")
    yield Figure("agents", f"{RUNS} runs at once on one process, slowest answer", max(lasts), "s", f"<= {5 * alone:g}", f"alone {alone:g} s")


def _memory(server: Server, asker: _Asker) -> Iterator[Figure]:
    """What many runs leave behind, after as many that filled caches and pools."""
    sessions = [asker.session() for _ in range(MANY // 10)]

    def ask(number: int) -> list[float]:
        return asker.ask(sessions[number % len(sessions)], "And then?")

    in_parallel(ask, range(MANY // 2), SIDE_BY_SIDE)
    before, _ = server.memory()
    begun = time.monotonic()
    in_parallel(ask, range(MANY), SIDE_BY_SIDE)
    rate = MANY / (time.monotonic() - begun)
    after, _ = server.memory()
    note = f"{before:.0f} MB before; {rate:.0f} runs/s"
    yield Figure("agents", f"memory after {MANY:,} runs, more than before", after - before, "MB", "<= 20", note)
