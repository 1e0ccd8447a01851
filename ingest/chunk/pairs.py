"""Pairs of texts, one of them for each row or line: questions with answers, texts with tags (contract 7.3, qa and tag)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ingest.chunk.job import Job
from ingest.parse import csv, sheet
from ingest.parse.encoding import open_text

Record = tuple[str, str]


def records(job: Job, form: str) -> Iterator[Record | str]:
    """The pairs of a sheet, csv or text file in order, and the lines between them that are none."""
    if form == "sheet":
        return _of_sheets(job)
    return _of_csv(job) if form == "csv" else _of_text(job)


def _of_sheets(job: Job) -> Iterator[Record | str]:
    """The first two cells that hold text of each row of every sheet; a row with fewer is none."""
    for one in sheet.sheets(job.path):
        for row in one.rows():
            filled = [cell.strip() for cell in row if cell.strip()]
            if len(filled) > 1:
                yield filled[0], filled[1]


def _of_csv(job: Job) -> Iterator[Record | str]:
    with open_text(job.path) as stream:
        delimiter = "\t" if any("\t" in line for line in stream) else ","
    for row in csv.rows(job.path, delimiter=delimiter):
        yield from _record(row, delimiter)


def _of_text(job: Job) -> Iterator[Record | str]:
    with open_text(job.path) as stream:
        tabs, commas = _counts(stream)
    delimiter = "\t" if tabs >= commas else ","
    with open_text(job.path) as stream:
        for line in stream:
            yield from _record(line.rstrip("\n").split(delimiter), delimiter)


def _counts(lines: Iterator[str]) -> tuple[int, int]:
    """How many lines have exactly one tab, and how many exactly one comma."""
    tabs = commas = 0
    for line in lines:
        tabs += line.count("\t") == 1
        commas += line.count(",") == 1
    return tabs, commas


def _record(fields: Sequence[str], delimiter: str) -> Iterator[Record | str]:
    if len(fields) == 2:
        yield fields[0].strip(), fields[1].strip()
    else:
        yield delimiter.join(fields)
