"""Answers of the built-in model: whether the chunks it cites are right ones, and whether it declines what no document holds."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import collections
from bench.client import Client, in_parallel
from bench.figures import Figure
from bench.server import Server

BUILT_IN = "extractive@Dovetail"
QUESTIONS = 200
CLIENTS = 4
EMPTY = "Sorry! No relevant content was found in the knowledge base!"
_MARKER = re.compile(r"##(\d+)\$\$")


@dataclass(frozen=True, slots=True)
class _Store:
    """One dataset with a document for each article; `chunks` and `articles` by passage, `documents` by article."""

    client: Client
    chat: str
    chunks: dict[str, str]
    articles: dict[str, str]
    documents: dict[str, str]


def measure(server: Server, folder: Path) -> Iterator[Figure]:
    """Yield both shares over the first questions of squad, each asked once of all articles and once of all but its own."""
    collection = collections.read("squad", folder)
    store = _fill(Client(server.base, server.new_key()), collection, collections.articles("squad", folder))
    asked = sorted(collection.gains)[:QUESTIONS]
    right = in_parallel(lambda id: _cites_right(store, collection.questions[id], set(collection.gains[id])), asked, CLIENTS)
    note = "the chunk that the question was written for is among those cited"
    yield Figure("answers", f"built-in model cites right, {len(asked)} questions", 100 * sum(right) / len(right), "%", ">= 80", note)
    declined = in_parallel(lambda id: _declines(store, collection.questions[id], set(collection.gains[id])), asked, CLIENTS)
    note = "the same questions, the article that answers them left out of the search"
    yield Figure("answers", "built-in model declines what is not there", 100 * sum(declined) / len(declined), "%", ">= 80", note)


def _fill(client: Client, collection: collections.Collection, articles: dict[str, str]) -> _Store:
    dataset = client.dataset("articles")
    names = sorted(set(articles.values()))
    files = [(f"{number}.txt", b"The chunks of this document are added by hand.") for number, _ in enumerate(names)]
    documents = dict(zip(names, client.upload(dataset, files), strict=True))
    passages = list(collection.passages.items())
    chunks = in_parallel(lambda one: client.add_chunk(dataset, documents[articles[one[0]]], one[1]), passages, CLIENTS)
    fields: dict[str, Any] = {"dataset_ids": [dataset], "llm": {"model_name": BUILT_IN}, "prompt": {"empty_response": EMPTY}}
    chat = client.call("POST", "/chats", json={"name": "articles", **fields})["id"]
    return _Store(client, chat, dict(zip(collection.passages, chunks, strict=True)), articles, documents)


def _cites_right(store: _Store, question: str, passages: set[str]) -> bool:
    answer = _ask(store, question)
    listed = answer["reference"].get("chunks") or []
    cited = {listed[int(number)]["id"] for number in _MARKER.findall(answer["answer"])}
    return bool(cited & {store.chunks[passage] for passage in passages})


def _declines(store: _Store, question: str, passages: set[str]) -> bool:
    own = {store.articles[passage] for passage in passages}
    others = [document for article, document in store.documents.items() if article not in own]
    return bool(_ask(store, question, others)["answer"] == EMPTY)


def _ask(store: _Store, question: str, documents: Sequence[str] = ()) -> dict[str, Any]:
    """The answer in a session of its own, so that no question is completed from another."""
    session = store.client.call("POST", f"/chats/{store.chat}/sessions", json={})["id"]
    body = {"session_id": session, "question": question, "stream": False, "doc_ids": ",".join(documents)}
    answer: dict[str, Any] = store.client.call("POST", f"/chats/{store.chat}/completions", json=body)
    return answer
