"""The table method: one chunk for each row, its columns typed (contract 7.3, table)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice

from ingest.blocks import Draft, Field
from ingest.chunk import sources
from ingest.chunk.columns import Kind, kind_of_column, typed
from ingest.chunk.headers import Table, field_name, table_of
from ingest.chunk.job import Job
from ingest.parse import csv, sheet
from ingest.parse.rows import checked

SAMPLE_ROWS = 3_000
"""Rows by which the kinds of columns are told; as many as RAGFlow reads at a time (contract 4.3)."""
_IDS = frozenset(("id", "_id", "index", "idx"))


@dataclass(frozen=True, slots=True)
class _Column:
    number: int
    header: str
    field: str
    kind: Kind


def drafts(job: Job) -> Iterator[Draft]:
    """A chunk for each row of every sheet; raises Unreadable for a form without rows and for headers that repeat a name."""
    form = sources.form_of(job, sources.ROWS)
    if form is None:
        return
    for table in _tables(job, form):
        if table is not None:
            yield from _rows(table)


def _tables(job: Job, form: str) -> Iterator[Table | None]:
    if form == "sheet":
        yield from (table_of(map(checked, one.rows()), one.merged) for one in sheet.sheets(job.path))
    else:
        yield table_of(map(checked, csv.rows(job.path, delimiter="\t" if form == "text" else "")))


def _rows(table: Table) -> Iterator[Draft]:
    rows = table.rows
    sample = list(islice(rows, SAMPLE_ROWS))
    columns = _columns(table.names, sample)
    for row in chain(sample, rows):
        yield _draft(row, columns)


def _columns(names: Sequence[str], sample: Sequence[Sequence[str]]) -> list[_Column]:
    width = max((len(row) for row in sample), default=0)
    columns: list[_Column] = []
    taken: set[str] = set()
    for number in range(max(width, len(names))):
        header = names[number] if number < len(names) else ""
        if header.lower() in _IDS:
            continue
        kind = kind_of_column(row[number] for row in sample if number < len(row))
        field = _free(f"{field_name(header)}_{kind}", taken) if header else ""
        taken.add(field)
        columns.append(_Column(number, header, field, kind))
    return columns


def _free(name: str, taken: set[str]) -> str:
    """The name, with a number after it when another column has it, too."""
    return next(free for free in chain([name], (f"{name}{number}" for number in range(2, len(taken) + 3))) if free not in taken)


def _draft(row: Sequence[str], columns: Sequence[_Column]) -> Draft:
    shown: list[str] = []
    fields: list[Field] = []
    for column in columns:
        text = " ".join(row[column.number].split()) if column.number < len(row) else ""
        if not text:
            continue
        shown.append(f"{column.header}:{text}" if column.header else text)
        value = typed(text, column.kind)
        if column.header and value is not None:
            fields.append(Field(column.field, column.header, value))
    return Draft("; ".join(shown), [], fields=tuple(fields))
