"""RAGFlow's /api/v1 as a client sees it, over connections that are kept."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import local
from typing import Any, TypeVar

import httpx

PARSE_SECONDS = 1200

Given = TypeVar("Given")
Answer = TypeVar("Answer")


class Refused(Exception):
    """An answer whose code is not 0."""


class Client:
    """One API key; each thread keeps a connection of its own."""

    def __init__(self, base: str, key: str) -> None:
        self._base = f"{base}/api/v1"
        self._headers = {"Authorization": f"Bearer {key}"}
        self._own = local()

    def call(self, method: str, path: str, **options: Any) -> Any:
        """Send one request and return its `data`; raises Refused."""
        answer = self._http.request(method, path, **options).json()
        if answer["code"] != 0:
            raise Refused(f"{method} {path}: {answer}")
        return answer.get("data")

    def dataset(self, name: str, **fields: Any) -> str:
        """Create a dataset and return its id."""
        return str(self.call("POST", "/datasets", json={"name": name, **fields})["id"])

    def upload(self, dataset: str, files: Iterable[tuple[str, bytes]]) -> list[str]:
        """Upload files in one request and return the documents' ids."""
        parts = [("file", (name, content)) for name, content in files]
        return [one["id"] for one in self.call("POST", f"/datasets/{dataset}/documents", files=parts)]

    def parse(self, dataset: str, documents: Sequence[str]) -> int:
        """Parse documents and wait until all are done; returns how many chunks they have."""
        self.call("POST", f"/datasets/{dataset}/chunks", json={"document_ids": list(documents)})
        deadline = time.monotonic() + PARSE_SECONDS
        while time.monotonic() < deadline:
            listed = self.call("GET", f"/datasets/{dataset}/documents", params={"page_size": 1024})["docs"]
            states = {one["run"] for one in listed}
            if states == {"DONE"}:
                return sum(one["chunk_count"] for one in listed)
            if "FAIL" in states:
                raise Refused(next(one["progress_msg"] for one in listed if one["run"] == "FAIL"))
            time.sleep(0.05)
        raise Refused(f"After {PARSE_SECONDS} s there are still documents that are {', '.join(sorted(states))}")

    def add_chunk(self, dataset: str, document: str, content: str) -> str:
        """Add a chunk by hand and return its id."""
        chunk = self.call("POST", f"/datasets/{dataset}/documents/{document}/chunks", json={"content": content})["chunk"]
        return str(chunk["id"])

    def retrieve(self, dataset: str, question: str, **fields: Any) -> dict[str, Any]:
        """Ask one dataset; the API's defaults hold for every field that is not given."""
        data: dict[str, Any] = self.call("POST", "/retrieval", json={"dataset_ids": [dataset], "question": question, **fields})
        return data

    @property
    def _http(self) -> httpx.Client:
        kept: httpx.Client | None = getattr(self._own, "http", None)
        if kept is None:
            kept = self._own.http = httpx.Client(base_url=self._base, headers=self._headers, timeout=300)
        return kept


def in_parallel(task: Callable[[Given], Answer], items: Iterable[Given], clients: int) -> list[Answer]:
    """Run a task over items by several clients at once; answers in the order of the items."""
    with ThreadPoolExecutor(clients) as pool:
        return list(pool.map(task, items))
