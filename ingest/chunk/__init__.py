"""Chunk methods: from a stored file to the drafts of its chunks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ingest.blocks import Draft, Unreadable
from ingest.chunk import book, email, laws, manual, naive, one, pages, paper, picture, presentation, qa, table, tag
from ingest.chunk.job import Job, Report
from ingest.chunk.options import CHUNK_TOKENS, Options
from ingest.kinds import extension
from ingest.parse import office, sniff

Method = Callable[[Job], Iterator[Draft]]

METHODS: dict[str, Method] = {
    "naive": naive.drafts,
    "manual": manual.drafts,
    "qa": qa.drafts,
    "table": table.drafts,
    "paper": paper.drafts,
    "book": book.drafts,
    "laws": laws.drafts,
    "presentation": presentation.drafts,
    "picture": picture.drafts,
    "one": one.drafts,
    "knowledge_graph": naive.drafts,  # the graph is made of its chunks later
    "email": email.drafts,
    "tag": tag.drafts,
}
_TOKENS = {"knowledge_graph": 8_192}
_UNDRAWN = frozenset(("one", "presentation"))
"""Methods whose chunks of a PDF get no picture of their places: a whole file is none, and slides have theirs."""


def chunk_file(
    path: Path, *, name: str, method: str, config: Mapping[str, Any], language: str, report: Report
) -> Iterator[Draft]:
    """Chunk a file as its document says, page by page or row by row where the format allows.

    `report(progress, message)` is called with 0..1 as work proceeds. Chunks without pages are numbered
    `[i+1, i, i, i, i]` (contract 7.1); blank ones are dropped. Raises Unreadable with a sentence for the uploader.
    """
    if method == "audio":
        raise Unreadable(f"{sniff.NOT_SUPPORTED}(.{extension(name)}): sound cannot be parsed, only text and images")
    if method not in METHODS:
        raise Unreadable(f"The chunk method '{method}' is not available yet; choose one of {', '.join(METHODS)}.")
    options = Options.read(config, chunk_tokens=_TOKENS.get(method, CHUNK_TOKENS))
    number = 0
    with office.modern(path, name) as readable:
        for draft in _drafts(method, Job(readable, name, options, language, report)):
            content = _storable(draft.content)
            if content.strip():
                positions = draft.positions or [(number + 1, number, number, number, number)]
                yield replace(draft, content=content, positions=positions)
                number += 1


def _drafts(method: str, job: Job) -> Iterator[Draft]:
    drafts = METHODS[method](job)
    is_drawn = method not in _UNDRAWN and job.options.find_tables and sniff.form_of(job.path, job.name) == "pdf"
    return pages.illustrated(job, drafts) if is_drawn else drafts


def _storable(text: str) -> str:
    """Text that every database takes: no NUL, no half of a surrogate pair."""
    return text.replace("\0", "").encode("utf-8", "ignore").decode()
