"""Documents on the wire (RAGFlow v1 contract 2.3, 3.5 to 3.11)."""

from __future__ import annotations

from typing import Any

from flask import request
from flask_smorest.fields import Upload as PartField
from marshmallow import INCLUDE, RAISE, fields, post_load

from api.v1 import bodies
from api.v1.schemas.base import Arguments, Deletion, Query
from api.wire.fields import FreeObject, Text, Texts, Whole, broken
from api.wire.objects import HttpDate, Reply, Status, Timed
from models.errors import InvalidInput
from services.arrivals import Upload
from services.documents import Wanted
from services.paging import Paging

NAME_BYTES = 128
_MOST_IDS = 100_000
_LARGEST_CONFIG = 65_535
_LONGEST_PATTERN = 1_000  # characters, far over any name; databases limit it too
# RAGFlow sorts by any column of its table; these are its names for ours.
_COLUMNS = {
    "chunk_num": "chunk_count",
    "create_date": "create_time",
    "kb_id": "dataset",
    "parser_id": "chunk_method",
    "process_duation": "process_duration",
    "status": "enabled",
    "token_num": "token_count",
    "type": "kind",
    "update_date": "update_time",
}
_UNSORTABLE = {"parser_config", "meta_fields"}  # JSON, which not every database can order by


class Column(Text):
    """A plain column of RAGFlow's table, under its name here."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        name = super()._deserialize(value, attr, data, **kwargs)
        if name in _UNSORTABLE:
            raise broken("orderby.unknown", value)
        return _COLUMNS.get(name, name)


class DocumentQuery(Query):
    """Filters, order and page of a list. Page 0 is the first page; only False and false sort upwards (contract 1.7)."""

    id = Text()
    name = Text()
    keywords = Text(most=_LONGEST_PATTERN)
    create_time_from = Whole(least=0, most=2**63 - 1, attribute="created_from")
    create_time_to = Whole(least=0, most=2**63 - 1, attribute="created_to")
    page = Whole(least=0)
    page_size = Whole(least=0)
    orderby = Column()
    desc = Text()

    @post_load
    def _listing(self, values: dict[str, Any], **_: Any) -> dict[str, Any]:
        paging = {name: values.pop(name) for name in ("page", "page_size", "orderby") if name in values}
        desc = values.pop("desc", "True") not in ("False", "false")
        return {"wanted": Wanted(**values), "paging": Paging(**paging, desc=desc)}


class ExactQuery(DocumentQuery):
    """Those filters alone whose misses are told before anything else of the query is (contract 3.8, appendix B)."""

    class Meta(DocumentQuery.Meta):
        fields = ("id", "name")

    def read(self) -> Wanted:
        wanted: Wanted = super().read()["wanted"]
        return wanted


class DocumentUpdate(Arguments):
    """Handed to the service as it was sent: what a key may hold depends on the document (contract 3.6)."""

    class Meta:
        unknown = INCLUDE

    name = fields.Raw(allow_none=True, metadata={"type": "string"})
    chunk_method = fields.Raw(allow_none=True, metadata={"type": "string"})
    parser_config = FreeObject(allow_none=True, most=_LARGEST_CONFIG)
    meta_fields = FreeObject(allow_none=True, most=_LARGEST_CONFIG)
    enabled = fields.Raw(allow_none=True, metadata={"enum": [0, 1, True, False]})
    chunk_count = fields.Raw(allow_none=True, metadata={"type": "integer"})
    token_count = fields.Raw(allow_none=True, metadata={"type": "integer"})
    progress = fields.Raw(allow_none=True, metadata={"type": "number"})

    @post_load
    def _safe(self, values: dict[str, Any], **_: Any) -> dict[str, Any]:
        if isinstance(values.get("name"), str):
            require_plain_name(values["name"])
        return values


class DocumentDelete(Deletion):
    """None, said by an absent or empty list too, means all of the dataset (contract 1.8)."""

    ids = Texts(most=_MOST_IDS, allow_none=True)

    @post_load
    def _ids(self, values: dict[str, Any], **_: Any) -> list[str] | None:
        return values.get("ids") or None


class DocumentsParse(Arguments):
    """Documents to parse; an absent body names none."""

    document_ids = Texts(most=_MOST_IDS, allow_none=True)

    def read(self) -> list[str]:
        ids: list[str] | None = self.take(bodies.deleting() or {}).get("document_ids")
        if not ids:
            raise InvalidInput("document_ids", "`document_ids` is required", condition="required")
        return ids


class DocumentsStop(DocumentsParse):
    """Documents whose parsing is to stop; as in any DELETE an unknown key is refused (decisions A6)."""

    class Meta:
        unknown = RAISE


class Files(Arguments):
    """The form of an upload: one or more parts named `file`."""

    location = "files"

    file = fields.List(PartField(), required=True)

    def read(self) -> list[Upload]:
        """The files, their names checked before anything else (contract 3.5). Raises InvalidInput."""
        parts = request.files.getlist("file")
        if not parts:
            raise InvalidInput("file", "No file part!")
        names = [part.filename or "" for part in parts]
        if not all(names):
            raise InvalidInput("file", "No file selected!")
        if any(len(name.encode()) >= NAME_BYTES for name in names):
            raise InvalidInput("file", f"File name should be less than {NAME_BYTES} bytes.")
        for name in names:
            require_plain_name(name)
        return [Upload(name, part.stream) for name, part in zip(names, parts, strict=True)]


class RunName(fields.Field[str]):
    """The state of parsing, in capitals."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> str:
        return str(value).upper()


class Document(Timed):
    id = fields.String(required=True)
    dataset_id = fields.String(attribute="dataset", required=True)
    older_dataset_id = fields.String(attribute="dataset", data_key="knowledgebase_id", required=True)
    created_by = fields.String(required=True)
    name = fields.String(required=True)
    location = fields.String(required=True)
    type = fields.String(attribute="kind", required=True)
    size = fields.Integer(required=True)
    source_type = fields.String(required=True)
    thumbnail = fields.String(required=True, allow_none=True)
    chunk_method = fields.String(required=True)
    parser_config = fields.Dict(required=True)
    run = RunName(required=True, metadata={"type": "string", "enum": ["UNSTART", "RUNNING", "CANCEL", "DONE", "FAIL"]})
    progress = fields.Float(required=True)
    progress_msg = fields.String(required=True)
    process_begin_at = HttpDate(required=True, allow_none=True)
    process_duation = fields.Float(attribute="process_duration", required=True)  # RAGFlow's spelling
    process_duration = fields.Float(required=True)
    chunk_count = fields.Integer(required=True)
    token_count = fields.Integer(required=True)
    meta_fields = fields.Dict(required=True)
    status = Status(attribute="enabled", required=True)


class DocumentPage(Reply):
    total = fields.Integer(required=True)
    docs = fields.List(fields.Nested(Document), attribute="rows", required=True)


class PartialSuccess(Reply):
    """What a list operation did although ids were sent twice; absent when none were."""

    may_be_absent = True

    success_count = fields.Integer(required=True)
    errors = fields.List(fields.String(), required=True)


def require_plain_name(name: str) -> None:
    """Refuse a file name that is a path or holds control characters; any other is kept as it is. Raises InvalidInput."""
    if any(character in "/\\\x7f" or character < " " for character in name):
        raise InvalidInput("name", "File name should not contain slashes or control characters.", condition="name.path")
