"""Chunk methods: from a stored file to the drafts of its chunks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ingest.blocks import Draft, Unreadable
from ingest.chunk import email, naive, presentation
from ingest.chunk.job import Job, Report
from ingest.chunk.options import Options
from ingest.parse import office

METHODS: dict[str, Callable[[Job], Iterator[Draft]]] = {
    "naive": naive.drafts,
    "presentation": presentation.drafts,
    "email": email.drafts,
}


def chunk_file(
    path: Path, *, name: str, method: str, config: Mapping[str, Any], language: str, report: Report
) -> Iterator[Draft]:
    """Chunk a file as its document says, page by page or row by row where the format allows.

    `report(progress, message)` is called with 0..1 as work proceeds. Chunks without pages are numbered
    `[i+1, i, i, i, i]` (contract 7.1); blank ones are dropped. Raises Unreadable with a sentence for the uploader.
    """
    drafts = METHODS.get(method)
    if drafts is None:
        raise Unreadable(f"The chunk method '{method}' is not available yet; naive, presentation and email are.")
    number = 0
    with office.modern(path, name) as readable:
        for draft in drafts(Job(readable, name, Options.read(config), language, report)):
            content = _storable(draft.content)
            if content.strip():
                positions = draft.positions or [(number + 1, number, number, number, number)]
                yield replace(draft, content=content, positions=positions)
                number += 1


def _storable(text: str) -> str:
    """Text that every database takes: no NUL, no half of a surrogate pair."""
    return text.replace("\0", "").encode("utf-8", "ignore").decode()
