"""Chunks of real files (../shared/documents) that a person has read and found right; `--write-golden` writes them anew."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.ingest.conftest import chunks_of
from tests.ingest.golden_formats import FORMATS
from tests.ingest.golden_pdf import PDF

FOLDER = Path(__file__).parent / "golden"
GOLDEN = [
    ("unstructured/fake-text.txt", "naive"),
    ("unstructured/fake-text-utf-16-be.txt", "naive"),
    ("unstructured/codeblock.md", "naive"),
    ("unstructured/simple-table.md", "naive"),
    ("unstructured/fake-html.html", "naive"),
    ("unstructured/stanley-cups.csv", "naive"),
    ("unstructured/stanley-cups.xlsx", "naive"),
    ("unstructured/docx-tables.docx", "naive"),
    ("unstructured/docx-shapes.docx", "naive"),
    ("unstructured/teams_chat.docx", "naive"),
    ("unstructured/factbook.xml", "naive"),
    ("unstructured/stanley-cups-with-emoji.csv", "table"),
    ("unstructured/table-multi-row-column-cells-actual.csv", "table"),
    ("unstructured/table-semicolon-delimiter.csv", "table"),
    ("unstructured/semicolon-delimited.csv", "table"),
    ("unstructured/stanley-cups.xlsx", "table"),
    ("unstructured/vodafone.xlsx", "table"),
    ("unstructured/tests-example.xls", "table"),
    ("unstructured/codeblock.md", "qa"),
    ("unstructured/umlauts-non-utf8.md", "qa"),
    ("unstructured/tests-example.xls", "qa"),
    ("unstructured/category-level.docx", "qa"),
    ("unstructured/handbook-1p.docx", "manual"),
    ("unstructured/category-level.docx", "manual"),
    ("mineru/docx_01.docx", "manual"),
    ("unstructured/handbook-1p.docx", "laws"),
    ("unstructured/category-level.docx", "laws"),
    ("unstructured/book-war-and-peace-1p.txt", "book"),
    ("unstructured/handbook-1p.docx", "book"),
    ("unstructured/fake-html.html", "book"),
    ("unstructured/fake-html-lang-de.html", "one"),
    ("unstructured/stanley-cups.xlsx", "one"),
    ("unstructured/simple-table.md", "one"),
    ("unstructured/fake-text.txt", "knowledge_graph"),
    ("unstructured/fake-power-point-table.pptx", "presentation"),
    ("unstructured/sample-presentation.pptx", "presentation"),
    ("unstructured/eml/fake-email-header.eml", "email"),
    ("unstructured/eml/mime-multipart-digest.eml", "email"),
    ("unstructured/pdf/multi-column-2p.pdf", "paper"),
    ("pdfplumber/pdf_structure.pdf", "book"),
    ("unstructured/pdf/fake-memo.pdf", "one"),
    *PDF,
    *FORMATS,
]
_SHOWN = ("content", "indexed", "important_keywords", "tags", "fields")


@pytest.mark.parametrize(("name", "method"), GOLDEN, ids=[f"{Path(name).name} by {method}" for name, method in GOLDEN])
def test_a_real_file_gives_the_chunks_that_were_read_and_found_right(shared, request, name, method):
    found = [dict(_shown(draft)) for draft in chunks_of(shared / "documents" / name, method=method)]
    path = FOLDER / f"{name.replace('/', '.')}.{method}.json"
    if request.config.getoption("--write-golden"):
        path.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    assert found == json.loads(path.read_text(encoding="utf-8"))


def _shown(draft: Any) -> Iterator[tuple[str, Any]]:
    """What a chunk says and how it is found, and its place when it is on a page."""
    for name in _SHOWN:
        value = getattr(draft, name)
        if name == "fields":
            value = {field.name: field.value for field in value}
        if value:
            yield name, list(value) if isinstance(value, tuple) else value
    if any(right > left for _, left, right, _, _ in draft.positions):
        yield "positions", [list(position) for position in draft.positions]
    if draft.image:
        yield "image", draft.image_kind
