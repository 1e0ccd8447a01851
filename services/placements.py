"""Placements: a file becomes a document of a dataset, or a document goes over to another one (decisions A4)."""

from __future__ import annotations

from ingest import kinds
from models import jobs
from models.tables import Dataset, Document, File
from services.access import Principal

OTHER = "other"  # the kind of a file whose type is unknown


def placement(principal: Principal, dataset: Dataset, file: File, *, name: str, method: str = "", id: str = "") -> Document:
    """The row of the file's placement under this name, not saved; without an id it is the first one, which carries the file's."""
    return Document(
        id=id or file.id,
        tenant=dataset.tenant,
        dataset=dataset.id,
        file=file.id,
        created_by=principal.user,
        name=name,
        name_key=name.casefold(),
        location=name,
        kind=kinds.kind_of(file.name) or OTHER,
        size=file.size,
        chunk_method=kinds.method_of(name, method or dataset.chunk_method),
        parser_config=dataset.parser_config,
    )


def picture(document: Document) -> None:
    """Queue the making of a thumbnail, where the format has one, inside the caller's transaction."""
    if kinds.has_thumbnail(document.name):
        jobs.enqueue(document, kind=jobs.THUMBNAIL)
