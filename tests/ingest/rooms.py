"""The rooms an ingest worker needs, over one folder, and an embedding endpoint that a test can hold up or break."""

from __future__ import annotations

import io
import json
import re
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np

from models import blobs, jobs
from models.base import database, new_id
from models.database import close_database, open_database
from models.tables import TABLES, Chunk, Dataset, Document, File, Job
from search import catalogue, embedding, engine, outbox
from search.index import Filter, IndexKey, Query
from search.passages import passage_vectors
from search.terms import question_terms

DIMENSION = 64
MODEL = "test-model"
TENANT = "0" * 32


class Endpoint:
    """An OpenAI-compatible embedding endpoint: a bag of hashed words. `gate` holds its answers up, `status` breaks them."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.gate.set()
        self.status = 200
        self.texts: list[str] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                texts = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["input"]
                outer.texts += texts
                outer.gate.wait(60)
                rows = [{"index": at, "embedding": vector_of(text).tolist()} for at, text in enumerate(texts)]
                body = json.dumps({"data": rows}).encode()
                self.send_response(outer.status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *words: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request: object, address: object) -> None:
                pass  # a caller that was killed hangs up

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.gate.set()
        self._server.shutdown()
        self._server.server_close()


def vector_of(text: str) -> np.ndarray:
    """A vector that is near to those of texts with the same words."""
    vector = np.full(DIMENSION, 1e-3)
    for word in re.findall(r"\w+", text.lower()):
        vector[zlib.crc32(word.encode()) % DIMENSION] += 1
    return vector / np.linalg.norm(vector)


def open_rooms(folder: Path, url: str) -> None:
    """Open database, blobs, indexes and the model of the endpoint; every process of a test calls it."""
    open_database(f"sqlite:///{folder / 'rows.db'}")
    blobs.open_store(folder / "blobs")
    engine.open_indexes(folder / "indexes")
    embedding.open_models(folder / "models", timeout=30.0)
    catalogue.load({"models": {MODEL: {"source": "remote", "base_url": url, "needs_key": False}}})


@contextmanager
def opened(folder: Path, url: str) -> Iterator[None]:
    """The rooms over empty tables, closed again."""
    open_rooms(folder, url)
    database.create_tables(TABLES)
    passage_vectors(MODEL, "", ["measured once, before a test holds the endpoint up"])
    yield
    engine.close()
    close_database()


def place(content: bytes | str, **fields: object) -> Document:
    """A document with its stored file, in a dataset of its own unless one is given."""
    data = content.encode() if isinstance(content, str) else content
    name = str(fields.pop("name", "manual.txt"))
    dataset = fields.pop("dataset", None) or make_dataset()
    assert isinstance(dataset, Dataset)
    id = new_id()
    blobs.put(f"files/{id}", io.BytesIO(data))
    File.create(id=id, tenant=dataset.tenant, name=name, blob=f"files/{id}", size=len(data), digest="0" * 64)
    Dataset.change(Dataset.id == dataset.id, document_count=Dataset.document_count + 1)
    plain = {"tenant": dataset.tenant, "dataset": dataset.id, "created_by": dataset.tenant, "file": id, "size": len(data)}
    named = {"name": name, "name_key": name.casefold(), "location": name, "kind": "doc", "chunk_method": "naive"}
    return Document.create(id=id, **plain | named | {"parser_config": {"chunk_token_num": 16, "delimiter": "\\n"}} | fields)


def make_dataset(**fields: object) -> Dataset:
    """A dataset of the test's tenant."""
    plain = {"tenant": TENANT, "created_by": TENANT, "name": "manuals", "name_key": "manuals", "embedding_model": MODEL, "model": MODEL}
    return Dataset.create(**plain | fields)


def ask_for_parse(document: Document) -> None:
    """Queue the document's parse, as services.parsing does."""
    with database.atomic():
        jobs.enqueue(document, kind=jobs.PARSE)


def sentences(count: int, word: str = "valve") -> str:
    """A text that the tests' settings cut into about as many chunks as it has lines."""
    return "\n".join(f"Line {number} of the manual says how to turn {word} number {number} by hand, slowly and well." for number in range(count))


def fresh(document: Document) -> Document:
    return Document.get_by_id(document.id)


def contents(document: Document) -> list[str]:
    """The texts of the document's chunks, in their order."""
    return [row.content for row in Chunk.select(Chunk.content).where(Chunk.document == document.id).order_by(Chunk.slot)]


def found(document: Document, question: str) -> set[str]:
    """The texts of the document's chunks that a reader of its index finds by a word."""
    key = IndexKey(document.tenant, MODEL)
    outbox.catch_up(key)
    hits = engine.index(key).search(Query(question_terms(question), Filter(documents=[document.id])))
    slots = [int(slot) for slot in hits.slots]
    rows = {row.slot: row.content for row in Chunk.select(Chunk.slot, Chunk.content).where(Chunk.slot.in_(slots))}
    return {rows[slot] for slot in slots}


def assert_whole(document: Document) -> None:
    """Nothing lost, nothing twice: rows, counters and index of a parsed document agree, and its job is gone."""
    row, dataset = fresh(document), Dataset.get_by_id(document.dataset)
    rows = list(Chunk.select().where(Chunk.document == document.id))
    assert len({chunk.id for chunk in rows}) == len(rows) == row.chunk_count
    assert row.token_count == sum(chunk.token_count for chunk in rows)
    documents = list(Document.select().where(Document.dataset == dataset.id))
    assert dataset.chunk_count == sum(one.chunk_count for one in documents)
    assert dataset.token_count == sum(one.token_count for one in documents)
    key = IndexKey(document.tenant, MODEL)
    outbox.catch_up(key)
    assert engine.index(key).count() == Chunk.select().where(Chunk.tenant == document.tenant).count()
    assert not Job.select().where(Job.document == document.id).exists()
