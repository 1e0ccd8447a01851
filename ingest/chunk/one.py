"""The one method: a whole file is one chunk (contract 7.3, one)."""

from __future__ import annotations

from collections.abc import Iterator

from ingest.blocks import Draft
from ingest.chunk import sources
from ingest.chunk.job import Job
from ingest.chunk.merge import draft
from ingest.parse.encoding import read_text

_TAKEN = sources.BOOKS | {"sheet", "markdown"}
_AS_IT_IS = frozenset(("text", "markdown"))


def drafts(job: Job) -> Iterator[Draft]:
    """The file in reading order, its lines joined by newlines; texts as they stand. Raises Unreadable for other forms."""
    form = sources.form_of(job, _TAKEN)
    if form in _AS_IT_IS:
        yield Draft(read_text(job.path).strip("\n"), [])
    elif form is not None:
        yield draft(list(sources.lines(job, form)), joint="\n")
