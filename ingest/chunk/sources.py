"""What chunk methods read: which forms of files each takes, and the blocks of a file of any form."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator

from ingest.blocks import Block
from ingest.chunk import pages
from ingest.chunk.job import Job
from ingest.chunk.wrapped import unwrapped
from ingest.kinds import extension
from ingest.parse import csv, docx, epub, html, json, markdown, odt, rtf, sheet, sniff, text, xml
from ingest.parse.encoding import open_text

Reader = Callable[[Job], Iterator[Block]]

ROWS = frozenset(("sheet", "csv", "text"))
"""What the methods of rows take: tables, and texts whose lines are rows."""
BOOKS = frozenset(("docx", "pdf", "text", "html", "rtf", "odt", "epub"))
"""What the methods of long texts take (contract 7.3, book; decisions B9)."""

AUTHORED = frozenset(("docx", "html", "rtf", "odt", "epub"))
"""Forms in which an author marks headings; in the others they are told by their looks."""

READERS: dict[str, Reader] = {
    "text": lambda job: text.blocks(job.path, delimiter=job.options.delimiter),
    "markdown": lambda job: markdown.blocks(job.path, chunk_tokens=job.options.chunk_tokens),
    "html": lambda job: html.blocks(job.path),
    "csv": lambda job: csv.blocks(job.path, as_html=job.options.html_rows),
    "sheet": lambda job: sheet.blocks(job.path, as_html=job.options.html_rows),
    "json": lambda job: json.blocks(job.path, chunk_tokens=job.options.chunk_tokens),
    "xml": lambda job: xml.blocks(job.path),
    "docx": lambda job: docx.blocks(job.path, title=job.title),
    "odt": lambda job: odt.blocks(job.path),
    "rtf": lambda job: rtf.blocks(job.path),
    "epub": lambda job: epub.blocks(job.path),
}
"""How the general method reads each form but PDF: cut into the pieces that it merges."""

_PLAIN = frozenset(("", "txt", "log"))


def form_of(job: Job, accepted: Container[str]) -> str | None:
    """The form of the job's file; None when it is empty. Raises Unreadable when the method does not take it (contract 7.1)."""
    form = sniff.form_of(job.path, job.name)
    if form is None:
        return None
    suffix = extension(job.name)
    if form not in accepted or (form == "text" and suffix not in _PLAIN):  # source code is text to the general method alone
        raise sniff.not_supported(form, named=suffix)
    return form


def lines(job: Job, form: str) -> Iterator[Block]:
    """The file as lines or paragraphs in reading order, its tables and headings marked; nothing is cut or dropped but blank lines."""
    if form == "pdf":
        return pages.blocks(job)
    if form == "text":
        return _text_lines(job)
    return READERS[form](job)


def _text_lines(job: Job) -> Iterator[Block]:
    with open_text(job.path) as stream:
        yield from map(Block, unwrapped(stream))
