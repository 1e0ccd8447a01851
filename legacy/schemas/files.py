"""Which thumbnails are asked for (legacy contract 7)."""

from __future__ import annotations

from typing import Any

from marshmallow import post_load

from legacy.arguments import Arguments
from legacy.schemas.fields import Words
from models.errors import InvalidInput


class ThumbnailQuery(Arguments):
    """Ids of documents, joined by commas or one by one."""

    location = "query"

    doc_ids = Words()

    @post_load
    def _ids(self, given: dict[str, Any], **_: Any) -> list[str]:
        ids = [id.strip() for word in given["doc_ids"] for id in word.split(",") if id.strip()]
        if not ids:
            raise InvalidInput("doc_ids", 'Lack of "Document ID"', condition="thumbnails.not_named")
        return ids
