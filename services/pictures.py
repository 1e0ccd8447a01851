"""Pictures by their id: those that chunks show, and the thumbnails of documents (legacy contract 7).

An id is a dataset's id, a hyphen, and a chunk's id or the name of a thumbnail. Both are told in answers, so who knows one has read of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from models import blobs
from models.errors import NotFound
from models.tables import Chunk, Dataset, Document
from services import document_lookup
from services.access import Principal, reach

_THUMBNAIL = "thumbnail_"


def picture(principal: Principal | None, id: str) -> bytes:
    """The picture's bytes, a JPEG or PNG; no principal is anybody (decisions C6). Raises NotFound of `image`, also for what is no such id."""
    dataset, _, name = id.partition("-")
    key = _key(dataset, name) if "-" not in name and _may_see(principal, dataset) else None
    if key is None:
        raise NotFound("image", id)
    try:
        return blobs.read(key)
    except FileNotFoundError:
        raise NotFound("image", id) from None


def thumbnails(principal: Principal, *, documents: Sequence[str]) -> dict[str, str]:
    """The id of each document's thumbnail by the document's id, empty where there is none; documents out of reach are left out."""
    found = document_lookup.find_all(principal, documents)
    return {document.id: f"{document.dataset}-{document.thumbnail}" if document.thumbnail else "" for document in found}


def _may_see(principal: Principal | None, dataset: str) -> bool:
    shown: Any = Dataset.hidden == False if principal is None else reach(principal)  # noqa: E712  (an SQL expression)
    return Dataset.select(Dataset.id).where((Dataset.id == dataset) & shown).exists()


def _key(dataset: str, name: str) -> str | None:
    """Where the picture is kept, by the row that names it."""
    if name.startswith(_THUMBNAIL):
        id = name.removeprefix(_THUMBNAIL).partition(".")[0]
        named = Document.get_or_none((Document.id == id) & (Document.dataset == dataset) & (Document.thumbnail == name))
        return str(named.thumbnail) if named else None
    image = f"{dataset}-{name}"
    shown = Chunk.select(Chunk.document).where((Chunk.id == name) & (Chunk.image_id == image)).first()
    return f"{blobs.image_folder(dataset, shown.document)}/{image}" if shown else None
