"""Memory of the whole server: idle, and after a retrieval by every process and a parse."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from bench import collections
from bench.client import Client, in_parallel
from bench.figures import Figure
from bench.server import Server

REST = 3.0


def measure(server: Server, folder: Path) -> Iterator[Figure]:
    """Yield the sum of PSS of a server that has just started, and of the same after work. Needs a fresh server."""
    time.sleep(REST)
    idle, processes = server.memory()
    yield Figure("memory", "PSS, idle", idle, "MB", "<= 250", f"{processes} processes")
    client = Client(server.base, server.key)
    dataset = client.dataset("memory")
    text = collections.text_of(200_000, collections.paragraphs(folder))
    client.parse(dataset, client.upload(dataset, [("memory.txt", text)]))
    in_parallel(lambda number: client.retrieve(dataset, f"What is shown in {number}?", highlight=True), range(200), 8)
    after, processes = server.memory()
    yield Figure("memory", "PSS, after a parse and retrievals", after, "MB", "<= 500", f"{processes} processes")
