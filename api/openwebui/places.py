"""What passages are told of, and the names of where they are looked for (contract 4.3, 7.4)."""

from __future__ import annotations

import json
from typing import Any

from api.openwebui.ids import read_id, spelled
from services.passages import Passage, Place

FILE = "file-"  # begins the name of a file's own collection


def place_named(name: str) -> Place | None:
    """The place that a collection's name means; None for a name of nothing."""
    if name.startswith(FILE):
        id = read_id(name.removeprefix(FILE))
        return Place(file=id) if id else None
    id = read_id(name)
    return Place(dataset=id) if id else None


def metadata_of(passage: Passage) -> dict[str, Any]:
    """What an answer tells of a passage; every value is a scalar."""
    told: dict[str, Any] = {
        "name": passage.name,
        "source": passage.name,
        "file_id": spelled(passage.file),
        "created_by": spelled(passage.created_by),
        "hash": passage.digest,
        "start_index": passage.start,
        "embedding_config": json.dumps({"engine": "", "model": passage.model}, ensure_ascii=False),
        "content_type": passage.content_type or "",
        "size": passage.size,
        "collection_name": spelled(passage.dataset) if passage.dataset else FILE + spelled(passage.file),
    }
    return told if passage.page is None else {**told, "page": passage.page}


def metadata_of_whole(file: Any) -> dict[str, Any]:
    """What an answer tells of a file that was read whole: no search, no model."""
    return {
        "name": file.name,
        "source": file.name,
        "file_id": spelled(file.id),
        "created_by": spelled(file.created_by or file.tenant),
        "hash": file.text_digest or "",
        "start_index": 0,
        "embedding_config": json.dumps({"engine": "", "model": ""}),
        "content_type": file.content_type or "",
        "size": file.size,
        "collection_name": FILE + spelled(file.id),
    }
