"""nDCG@10 through the running server at the API's defaults, and the right passages that the threshold loses."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import collections
from bench.client import Client, in_parallel
from bench.figures import Figure
from bench.server import Server

GOALS = {"squad": 0.899, "xquad-en": 0.973, "scifact": 0.729, "cmrc": 0.975, "xquad-zh": 0.958}
CLIENTS = 8
DEPTH = 10
THRESHOLD = 0.2  # the API's default
WINDOW = 1024


@dataclass(frozen=True, slots=True)
class Outcome:
    """One question: its nDCG@10, and of its right chunks how many were candidates and how many of those were lost."""

    ndcg: float
    candidates: int
    lost: int


def measure(server: Server, folder: Path, *, names: Sequence[str] = collections.NAMES, questions: int = 0) -> Iterator[Figure]:
    """Yield nDCG@10 of each collection, in a tenant of its own, and the share of right passages lost over all.

    `questions` bounds how many are asked of each collection; 0 asks all.
    """
    outcomes: list[Outcome] = []
    for name in names:
        client = Client(server.base, server.new_key())
        found = _ask_collection(client, collections.read(name, folder), name, questions)
        mean = sum(outcome.ndcg for outcome in found) / len(found)
        lost = sum(outcome.lost for outcome in found)
        note = f"{len(found)} questions, {lost} right candidates below {THRESHOLD}"
        yield Figure("quality", f"{name}, API defaults", mean, "nDCG@10", f">= {GOALS[name]}", note)
        outcomes += found
    candidates = max(1, sum(outcome.candidates for outcome in outcomes))
    lost = sum(outcome.lost for outcome in outcomes)
    note = f"{lost} of {candidates} right candidates are below {THRESHOLD}"
    yield Figure("quality", "right passages lost to the threshold", 100 * lost / candidates, "%", "<= 0.5", note)


def _ask_collection(client: Client, collection: collections.Collection, name: str, questions: int) -> list[Outcome]:
    dataset = client.dataset(name)
    [document] = client.upload(dataset, [(f"{name}.txt", b"The chunks of this document are added by hand.")])
    chunks = in_parallel(lambda text: client.add_chunk(dataset, document, text), collection.passages.values(), CLIENTS)
    chunk_of = dict(zip(collection.passages, chunks, strict=True))
    right = {
        question: {chunk_of[passage]: gain for passage, gain in gains.items() if passage in chunk_of}
        for question, gains in collection.gains.items()
    }
    asked = sorted(right)[:questions or None]
    return in_parallel(lambda id: _ask(client, dataset, collection.questions[id], right[id]), asked, CLIENTS)


def _ask(client: Client, dataset: str, question: str, gains: Mapping[str, float]) -> Outcome:
    found = [chunk["id"] for chunk in client.retrieve(dataset, question, page_size=DEPTH)["chunks"]]
    if set(gains) <= set(found):
        return Outcome(ndcg(found, gains), len(gains), 0)
    all_of_it = client.retrieve(dataset, question, page_size=WINDOW, similarity_threshold=0)["chunks"]
    similarities = [chunk["similarity"] for chunk in all_of_it if chunk["id"] in gains]
    return Outcome(ndcg(found, gains), len(similarities), sum(similarity < THRESHOLD for similarity in similarities))


def ndcg(found: Sequence[str], gains: Mapping[str, float]) -> float:
    """nDCG@10 with linear gain, as trec_eval defines it."""
    gained = sum(gains.get(chunk, 0.0) / math.log2(place + 2) for place, chunk in enumerate(found[:DEPTH]))
    best = sum(gain / math.log2(place + 2) for place, gain in enumerate(sorted(gains.values(), reverse=True)[:DEPTH]))
    return gained / best if best else 0.0
