"""The tag method: texts with the tags that other datasets' chunks are given after them (contract 7.3, tag)."""

from __future__ import annotations

from collections.abc import Iterator

from ingest.blocks import Draft
from ingest.chunk import sources
from ingest.chunk.job import Job
from ingest.chunk.pairs import Record, records


def drafts(job: Job) -> Iterator[Draft]:
    """A chunk for each text with its tags; raises Unreadable for a form without rows."""
    form = sources.form_of(job, sources.ROWS)
    if form is None:
        return
    before: list[str] = []
    for record in records(job, form):
        if isinstance(record, str):
            before.append(record)
            continue
        yield _draft(before, record)
        before = []


def _draft(before: list[str], record: Record) -> Draft:
    content, tags = record
    found = (tag.strip().replace(".", "_") for tag in tags.split(","))
    return Draft("\n".join([*before, content]).strip(), [], tags=tuple(dict.fromkeys(tag for tag in found if tag)))
