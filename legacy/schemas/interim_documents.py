"""Documents as the clients of v0.11 and v0.12 send and read them (legacy contract 8)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_smorest.fields import Upload as PartField
from marshmallow import fields, post_load

from api.wire.fields import Choice, Part, Text
from api.wire.objects import Reply, Status
from legacy.arguments import Arguments
from legacy.schemas import documents
from legacy.schemas.fields import Words
from legacy.schemas.interim_datasets import Identity, ParserConfig
from legacy.schemas.paging import Listing
from models.errors import InvalidInput
from services.arrivals import Upload
from services.documents import Placing, Wanted

RUNS = ("1", "2")
PLACING = Placing(any_kind=True)
_COLUMNS = {
    **{name: name for name in ("id", "name", "size", "run", "progress", "token_count", "chunk_count")},
    "type": "kind",
    "parser_method": "chunk_method",
}


class Files(Arguments):
    """The form of an upload: any number of parts named `file`."""

    location = "files"
    required = True

    file = fields.List(PartField(), required=True)

    def read(self) -> list[Upload]:
        """The files. Raises InvalidInput."""
        return documents.uploads()


class InterimDocumentQuery(Listing):
    """A dataset, and which part of its list; the id in the path stands in where the query has none."""

    columns = _COLUMNS

    knowledgebase_id = Text(load_default="")
    keywords = Text(load_default="", most=1_000)

    @post_load
    def _listing(self, given: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {"dataset": given["knowledgebase_id"], "wanted": Wanted(keywords=given["keywords"]), "paging": self.paging(given)}


class DocumentKey(Arguments):
    """A document by name, which counts when both are given, or by id."""

    id = Text(allow_none=True)
    name = Text(allow_none=True)

    @post_load
    def _named(self, given: dict[str, Any], **_: Any) -> dict[str, str]:
        for name in ("name", "id"):
            if given.get(name):
                return {name: given[name]}
        raise InvalidInput("id", "required argument are missing: id; ")


class DocumentSave(Arguments):
    """A document by id, or else by name, and its changes."""

    required = True

    id = Text(allow_none=True)
    name = Text(allow_none=True)
    parser_method = Text(allow_none=True, attribute="chunk_method", most=255)
    parser_config = Part(ParserConfig, allow_none=True)

    def take(self, sent: Mapping[str, Any]) -> tuple[dict[str, str], dict[str, Any]]:
        """Which document, and its changes in the house's names; a name given without an id names the document."""
        given = {name: value for name, value in super().take(sent).items() if value}
        key = "id" if "id" in given else "name"
        if key not in given:
            raise InvalidInput("id", "required argument are missing: id; ")
        if "name" in given:
            documents.require_name(given["name"])
        return {key: given.pop(key)}, given


class ParserChange(Arguments):
    """Another chunk method, and its configuration."""

    required = True

    doc_id = Text(required=True)
    parser_id = Text(required=True, attribute="chunk_method", most=255)
    parser_config = Part(ParserConfig, allow_none=True)


class Renaming(Arguments):
    """Another name."""

    required = True

    doc_id = Text(required=True)
    name = Text(required=True)

    @post_load
    def _plain(self, given: dict[str, Any], **_: Any) -> dict[str, Any]:
        documents.require_name(given["name"])
        return given


class DocumentIdentity(Identity):
    key = "document_id"

    document_id = Text()


class Digit(Choice):
    """A digit, also as a number."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        plain = isinstance(value, int) and not isinstance(value, bool)
        return super()._deserialize(str(value) if plain else value, attr, data, **kwargs)


class Run(Arguments):
    """Documents to parse, with `1`, or no longer to parse, with `2`."""

    required = True

    document_ids = Words(attribute="ids")
    run = Digit(*RUNS, required=True)


class InterimDocument(documents.Document):
    """A document's row, with the names of v0.12."""

    class Meta(documents.Document.Meta):
        exclude = ("kb_id", "token_num", "chunk_num", "parser_id")

    knowledgebase_id = fields.String(attribute="dataset", required=True)
    token_count = fields.Integer(required=True)
    chunk_count = fields.Integer(required=True)
    parser_method = fields.String(attribute="chunk_method", required=True)


class InterimDocumentPage(Reply):
    """A page, and how many documents match in all."""

    total = fields.Integer(required=True)
    docs = fields.List(fields.Nested(InterimDocument), attribute="rows", required=True)


class DocumentStatus(Reply):
    """How far a document is parsed, and whether it is switched on."""

    progress = fields.Float(required=True)
    status = Status(attribute="enabled", required=True, metadata={"type": "string"})
