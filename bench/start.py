"""How long a start takes, on an empty folder and on one with data."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from bench import collections
from bench.client import Client
from bench.figures import Figure
from bench.server import Server


def measure(server: Server, folder: Path) -> Iterator[Figure]:
    """Yield the seconds of a first start (the model being prepared) and of a second one. Needs a server not yet started."""
    yield Figure("start", "first start to first answer, model prepared", server.start(), "s")
    client = Client(server.base, server.key)
    dataset = client.dataset("start")
    text = collections.text_of(200_000, collections.paragraphs(folder))
    client.parse(dataset, client.upload(dataset, [("start.txt", text)]))
    server.stop()
    begun = time.monotonic()
    yield Figure("start", "second start to first answer", server.start(), "s", "<= 3")
    assert Client(server.base, server.key).retrieve(dataset, "What is shown?")["total"] > 0
    yield Figure("start", "second start to first retrieval", time.monotonic() - begun, "s")
