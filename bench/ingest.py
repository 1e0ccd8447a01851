"""From upload to queryable: one large text, many small files."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from bench import collections
from bench.client import Client
from bench.figures import Figure
from bench.server import Server

LARGE = 1_000_000
FILES = 200
SMALL = 2_000
TOGETHER = 20  # files of one upload


def measure(server: Server, folder: Path) -> Iterator[Figure]:
    """Yield the seconds of 1 MB and the rate of 200 files of 2 KB."""
    paragraphs = collections.paragraphs(folder)
    client = Client(server.base, server.key)
    _warm_up(client, collections.text_of(SMALL, paragraphs))
    dataset = client.dataset("large")
    text = collections.text_of(LARGE, paragraphs)
    begun = time.monotonic()
    chunks = client.parse(dataset, client.upload(dataset, [("large.txt", text)]))
    assert client.retrieve(dataset, "What is shown?")["total"] > 0
    seconds = time.monotonic() - begun
    yield Figure("ingest", "1 MB of text, upload to queryable", seconds, "s", "<= 10", f"{chunks} chunks")

    dataset = client.dataset("small")
    files = [(f"small-{number}.txt", collections.text_of(SMALL, paragraphs)) for number in range(FILES)]
    begun = time.monotonic()
    documents: list[str] = []
    for start in range(0, FILES, TOGETHER):
        documents += client.upload(dataset, files[start:start + TOGETHER])
    uploaded = time.monotonic() - begun
    chunks = client.parse(dataset, documents)
    assert client.retrieve(dataset, "What is shown?")["total"] > 0
    rate = FILES / (time.monotonic() - begun)
    yield Figure("ingest", "200 files of 2 KB, upload to queryable", rate, "files/s", ">= 30", f"{chunks} chunks; uploads took {uploaded:.1f} s")


def _warm_up(client: Client, text: bytes) -> None:
    """The worker loads the model with its first document; that is part of the start."""
    dataset = client.dataset("warm-up")
    client.parse(dataset, client.upload(dataset, [("warm-up.txt", text)]))
