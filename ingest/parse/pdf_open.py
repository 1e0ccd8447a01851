"""PDF files opened, and refused with a sentence where they cannot be."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pypdfium2
from pypdfium2 import raw

from ingest.blocks import Unreadable
from ingest.parse.archive import DAMAGED

LOCKED = "The file is protected by a password. Save a copy without one and upload that."
REOPEN_AFTER = 100
"""Pages after which the file is opened anew, as PDFium keeps what it has once read."""


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """The document; raises Unreadable when it is locked or damaged."""
    document = open_document(path)
    try:
        yield document
    finally:
        document.close()


def each_page(path: Path, wants: Callable[[int], bool]) -> Iterator[tuple[Any, int, int]]:
    """Document, index from 0 and number of pages for each page wanted (asked from 1), in order."""
    document = open_document(path)
    try:
        total = len(document)
        wanted = (index for index in range(total) if wants(index + 1))
        for count, index in enumerate(wanted):
            if count and count % REOPEN_AFTER == 0:
                document.close()
                document = open_document(path)
            yield document, index, total
    finally:
        document.close()


def open_document(path: Path) -> Any:
    """The document, which its caller closes; raises Unreadable when it is locked or damaged."""
    try:
        return pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError as error:
        if raw.FPDF_GetLastError() == raw.FPDF_ERR_PASSWORD:
            raise Unreadable(LOCKED) from error
        raise Unreadable(DAMAGED) from error
