"""Both engines over the same chunks and questions: do they give the same answers?"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import yaml

from bench import collections
from bench.figures import Figure
from bench.quality import DEPTH, THRESHOLD, ndcg
from bench.server import MODELS, ROOT, Server
from models.base import new_id
from search import catalogue, fusion
from search.elastic.cluster import Cluster
from search.elastic.options import Options
from search.embedded import EmbeddedIndex
from search.embedding import Embedder, embedder, open_models
from search.engine import model_space
from search.index import Changes, ChunkIndex, Entry, Filter, IndexKey, Query
from search.terms import chunk_terms, question_terms

MODEL = "all-MiniLM-L6-v2"
WEIGHT = 0.3  # the API's default

Ranked = dict[str, float]  # passages with their similarity, best first


@dataclass(frozen=True, slots=True)
class Compared:
    """One question: whether both engines give the same first ten, the largest difference of a score, and the nDCG@10 of each."""

    same: bool
    difference: float
    embedded: float
    elasticsearch: float


def measure(server: Server, folder: Path, *, url: str, names: Sequence[str] = collections.NAMES, questions: int = 0) -> Iterator[Figure]:
    """Yield how far the engines agree on each collection, in this process and the cluster at `url`.

    `questions` bounds how many are asked of each; 0 asks all.
    """
    open_models(MODELS, threads=os.cpu_count() or 1)
    catalogue.load(yaml.safe_load((ROOT / "conf" / "models.yaml").read_text(encoding="utf-8")))
    for name in names:
        with _indexes(url) as (embedded, elasticsearch):
            found = _compare(embedded, elasticsearch, collections.read(name, folder), questions)
        yield from _figures(name, found)


def _figures(name: str, found: Sequence[Compared]) -> Iterator[Figure]:
    same = 100 * sum(one.same for one in found) / len(found)
    means = [sum(getattr(one, engine) for one in found) / len(found) for engine in ("embedded", "elasticsearch")]
    yield Figure("parity", f"{name}, questions with the same first ten", same, "%", ">= 95", f"{len(found)} questions")
    yield Figure("parity", f"{name}, largest difference of a score", max(one.difference for one in found), "score", "<= 0.01")
    note = f"embedded {means[0]:.4f}, Elasticsearch {means[1]:.4f}"
    yield Figure("parity", f"{name}, difference of nDCG@10", abs(means[0] - means[1]), "nDCG@10", "<= 0.003", note)


@contextmanager
def _indexes(url: str) -> Iterator[tuple[ChunkIndex, ChunkIndex]]:
    """An empty index of each engine."""
    with TemporaryDirectory() as folder, ExitStack() as stack:
        there = Cluster(Options([url], prefix="parity"))
        stack.callback(there.close)
        elasticsearch = there.index(IndexKey(new_id(), MODEL), lambda: model_space(MODEL))
        stack.callback(elasticsearch.drop)
        yield EmbeddedIndex(Path(folder) / "index", lambda: model_space(MODEL)), elasticsearch


def _compare(embedded: ChunkIndex, elasticsearch: ChunkIndex, collection: collections.Collection, questions: int) -> list[Compared]:
    model = embedder(MODEL)
    passages = list(collection.passages)
    changes = Changes(entries=_entries(model, list(collection.passages.values())))
    for index in (embedded, elasticsearch):
        index.apply(changes)
    found = []
    for id in sorted(collection.gains)[: questions or None]:
        query = _query(model, collection.questions[id])
        one, other = (_ranked(index, query, passages, model.floor) for index in (embedded, elasticsearch))
        first, second = list(one)[:DEPTH], list(other)[:DEPTH]
        apart = max((abs(one[passage] - other[passage]) for passage in one.keys() & other.keys()), default=0.0)
        found.append(Compared(first == second, apart, ndcg(first, collection.gains[id]), ndcg(second, collection.gains[id])))
    return found


def _entries(model: Embedder, texts: Sequence[str]) -> list[Entry]:
    vectors = model.embed_passages(texts).astype(np.float16)
    return [Entry(slot, "dataset", "document", chunk_terms(content=text), vectors[slot]) for slot, text in enumerate(texts)]


def _query(model: Embedder, question: str) -> Query:
    return Query(question_terms(question), Filter(datasets=["dataset"]), model.embed_query(question))


def _ranked(index: ChunkIndex, query: Query, passages: Sequence[str], floor: float) -> Ranked:
    """What a retrieval keeps, in its order."""
    found = index.search(query)
    by_vector = fusion.vector_similarity(found.cosines, floor=floor)
    together = np.round(fusion.similarity(fusion.term_similarity(found.terms), by_vector, weight=WEIGHT), 6).tolist()
    hits = [(-score, slot) for slot, score in zip(found.slots.tolist(), together, strict=True) if score >= THRESHOLD]
    return {passages[slot]: -score for score, slot in sorted(hits)}
