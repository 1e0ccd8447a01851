"""Retrieval over HTTP, hybrid with highlight, at one and at eight clients, and the disk that the chunks take."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from bench import collections
from bench.client import Client, in_parallel
from bench.figures import Figure, quantile
from bench.server import Server

GOALS = {2_000: {1: 8, 8: 40}, 20_000: {1: 15, 8: 60}}
QUESTIONS = 400
PART = 250_000  # bytes of one uploaded file
CHUNK_BYTES = 480  # about what a chunk of CHUNK_TOKENS holds
CHUNK_TOKENS = 100


def measure(server: Server, folder: Path) -> Iterator[Figure]:
    """Yield rate of ingest, disk per chunk, and latencies, for 2,000 and for 20,000 chunks, each in a tenant of its own."""
    questions = list(collections.read("squad", folder).questions.values())[:QUESTIONS]
    for size, goals in GOALS.items():
        client = Client(server.base, server.new_key())
        before = server.disk()
        begun = time.monotonic()
        dataset, chunks = _fill(client, size, folder)
        rate = chunks / (time.monotonic() - begun)
        yield Figure("latency", f"ingest of {chunks:,} chunks", rate, "chunks/s")
        yield Figure("latency", f"disk per chunk at {chunks:,}, its file included", (server.disk() - before) / chunks, "bytes")
        for clients, goal in goals.items():
            yield from _latencies(client, dataset, questions, clients, f"<= {goal}", f"{chunks:,}")


def _fill(client: Client, chunks: int, folder: Path) -> tuple[str, int]:
    config = {"chunk_token_num": CHUNK_TOKENS}
    dataset = client.dataset("latency", chunk_method="naive", parser_config=config)
    paragraphs = collections.paragraphs(folder)
    documents: list[str] = []
    for number in range(max(1, chunks * CHUNK_BYTES // PART)):
        documents += client.upload(dataset, [(f"part-{number}.txt", collections.text_of(PART, paragraphs))])
    return dataset, client.parse(dataset, documents)


def _latencies(client: Client, dataset: str, questions: list[str], clients: int, goal: str, chunks: str) -> Iterator[Figure]:
    def ask(question: str) -> float:
        begun = time.monotonic()
        client.retrieve(dataset, question, highlight=True)
        return 1000 * (time.monotonic() - begun)

    in_parallel(ask, questions[:40], clients)
    took = in_parallel(ask, questions, clients)
    who = "1 client" if clients == 1 else f"{clients} clients"
    yield Figure("latency", f"retrieval, {chunks} chunks, {who}, p50", quantile(took, 0.5), "ms", goal)
    yield Figure("latency", f"retrieval, {chunks} chunks, {who}, p95", quantile(took, 0.95), "ms")
