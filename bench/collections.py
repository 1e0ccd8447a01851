"""The public test collections, and texts for ingest made from them."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "shared" / "retrieval"
NAMES = ("squad", "xquad-en", "scifact", "cmrc", "xquad-zh")


class Missing(Exception):
    """A collection that is not on this machine."""


@dataclass(frozen=True, slots=True)
class Collection:
    """Passages by id, questions by id, and which passages answer which question, with their gain."""

    passages: dict[str, str]
    questions: dict[str, str]
    gains: dict[str, dict[str, float]]


def read(name: str, folder: Path = FOLDER) -> Collection:
    """Read one collection. Raises Missing with the path that was looked for."""
    place = folder / name
    if not place.is_dir():
        raise Missing(f"The collection {name} is not there: {place}. Name the folder that holds it with --collections-folder.")
    gains: dict[str, dict[str, float]] = {}
    for line in (place / "qrels.tsv").read_text(encoding="utf-8").splitlines():
        question, passage, gain = line.split("\t")
        if float(gain) > 0:
            gains.setdefault(question, {})[passage] = float(gain)
    return Collection(
        passages={one["_id"]: f"{one['title']}\n{one['text']}".strip() for one in _lines(place / "corpus.jsonl.gz")},
        questions={one["_id"]: one["text"] for one in _lines(place / "queries.jsonl.gz")},
        gains=gains,
    )


def articles(name: str, folder: Path = FOLDER) -> dict[str, str]:
    """The article that each passage of a collection is from."""
    return {one["_id"]: one["doc"] for one in _lines(folder / name / "corpus.jsonl.gz")}


def paragraphs(folder: Path = FOLDER) -> Iterator[str]:
    """English paragraphs without end: those of squad and scifact, then again with their sentences in another order."""
    originals = [text for name in ("squad", "scifact") for text in read(name, folder).passages.values()]
    dice = random.Random(7)
    dice.shuffle(originals)
    yield from originals
    while True:
        for text in originals:
            sentences = text.split(". ")
            dice.shuffle(sentences)
            yield ". ".join(sentences)


def text_of(size: int, source: Iterator[str]) -> bytes:
    """Take paragraphs until there are `size` bytes of them, cut to exactly that."""
    taken: list[bytes] = []
    total = 0
    while total < size:
        taken.append(next(source).encode() + b"\n\n")
        total += len(taken[-1])
    return b"".join(taken)[:size]


def _lines(path: Path) -> list[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]
