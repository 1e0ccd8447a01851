"""200,000 synthetic chunks put beside each other as rows, without parsing and embedding: how fast they are indexed and found."""

from __future__ import annotations

import os
import random
import sqlite3
import time
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

import numpy as np
import yaml
from numpy.typing import NDArray

from bench import collections
from bench.client import Client
from bench.figures import Figure, quantile
from bench.server import MODELS, ROOT, Server
from models.base import new_id
from search import catalogue
from search.embedding import embedder, open_models

CHUNKS = 200_000
DATASETS = 4
REAL = 2_000  # passages whose vectors and words the synthetic ones are mixed from
WORDS = 90
QUESTIONS = 150
COLUMNS = (
    "id, tenant, dataset, document, content, important_keywords, questions, available, positions, top, image_id, image_kind, titled, token_count,"
    " create_time, vector"
)


def measure(server: Server, folder: Path) -> Iterator[Figure]:
    """Yield the rate of `dovetail reindex`, and the latency of retrieval over all chunks and over a quarter of them."""
    client = Client(server.base, server.key)
    datasets = [client.dataset(f"scale-{number}") for number in range(DATASETS)]
    documents = [client.upload(dataset, [("scale.txt", b"Its chunks are written beside it.")])[0] for dataset in datasets]
    _write_rows(server.folder / "dovetail.db", documents, folder)
    before = server.disk()
    begun = time.monotonic()
    server.command("reindex")
    rate = CHUNKS / (time.monotonic() - begun)
    yield Figure("scale", f"dovetail reindex of {CHUNKS:,} chunks", rate, "chunks/s", ">= 2500", "no embedding")
    yield Figure("scale", f"index per chunk at {CHUNKS:,}", (server.disk() - before) / CHUNKS, "bytes")
    questions = list(collections.read("squad", folder).questions.values())[:QUESTIONS]
    yield from _latencies(client, datasets, questions, "all", "<= 90")
    yield from _latencies(client, datasets[:1], questions, "a quarter", "<= 60")


def _latencies(client: Client, datasets: Sequence[str], questions: Sequence[str], part: str, goal: str) -> Iterator[Figure]:
    took = []
    for question in (*questions[:30], *questions):
        begun = time.monotonic()
        client.call("POST", "/retrieval", json={"dataset_ids": datasets, "question": question, "highlight": True})
        took.append(1000 * (time.monotonic() - begun))
    yield Figure("scale", f"retrieval, {part} of {CHUNKS:,} chunks, 1 client, p50", quantile(took[30:], 0.5), "ms", goal)
    yield Figure("scale", f"retrieval, {part} of {CHUNKS:,} chunks, 1 client, p95", quantile(took[30:], 0.95), "ms")


def _write_rows(file: Path, documents: Sequence[str], folder: Path) -> None:
    """Write the chunks as the worker does, in one transaction."""
    owners = dict(sqlite3.connect(file).execute("SELECT id, tenant || ' ' || dataset FROM document").fetchall())
    values = []
    for number, (text, vector) in enumerate(islice(_synthetic(folder), CHUNKS)):
        document = documents[number % len(documents)]
        tenant, dataset = owners[document].split()
        values.append((new_id()[:16], tenant, dataset, document, text, "[]", "[]", 1, "[]", 0, "", "", 0, WORDS, time.time(), vector.tobytes()))
    with sqlite3.connect(file, timeout=60) as rows:
        rows.executemany(f"INSERT INTO chunk ({COLUMNS}) VALUES ({', '.join('?' * 16)})", values)


def _synthetic(folder: Path) -> Iterator[tuple[str, NDArray[np.float16]]]:
    """Texts and vectors, each mixed from two real ones."""
    texts = list(islice(collections.paragraphs(folder), REAL))
    words = [text.split() for text in texts]
    vectors = _vectors(texts)
    dice, noise = random.Random(5), np.random.default_rng(5)
    while True:
        one, other = dice.randrange(REAL), dice.randrange(REAL)
        mixed = 0.7 * vectors[one] + 0.5 * vectors[other] + 0.01 * noise.normal(size=vectors.shape[1])
        text = " ".join(dice.sample(words[one], min(len(words[one]), WORDS * 3 // 4)) + words[other][: WORDS // 4])
        yield text, (mixed / np.linalg.norm(mixed)).astype(np.float16)


def _vectors(texts: Sequence[str]) -> NDArray[np.float32]:
    open_models(MODELS, threads=os.cpu_count() or 1)
    catalogue.load(yaml.safe_load((ROOT / "conf" / "models.yaml").read_text(encoding="utf-8")))
    return embedder("all-MiniLM-L6-v2").embed_passages(texts)
