"""Documents as old clients send, ask for and read them (legacy contract 5.4, 6.5, 6.9 to 6.11)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import request
from flask_smorest.fields import Upload as PartField
from marshmallow import RAISE, fields, post_load

from api.wire.fields import Text
from api.wire.objects import HttpDate, Reply, Status, Timed
from legacy.arguments import Arguments, nothing_sent, sent
from legacy.schemas.fields import STATES, Digits, State, Words
from legacy.schemas.paging import Listing
from models.errors import InvalidInput
from services.arrivals import Upload
from services.documents import Placing, Wanted

_LONGEST_PATTERN = 1_000  # characters, far over any name; databases limit it too
_NAME_BYTES = 240  # of a name in lower case: a number in parentheses still fits the column
_METHODS = {"naive", "qa", "manual", "table", "paper", "laws", "presentation", "picture", "one", "book", "resume", "audio"}
_TYPES = ("pdf", "doc", "visual", "aural", "virtual", "folder", "other")
_COLUMNS = {
    **{name: name for name in ("id", "name", "location", "size", "thumbnail", "source_type", "created_by", "run", "progress")},
    **{name: name for name in ("progress_msg", "process_begin_at", "process_duration")},
    "kb_id": "dataset",
    "type": "kind",
    "parser_id": "chunk_method",
    "token_num": "token_count",
    "chunk_num": "chunk_count",
    "process_duation": "process_duration",
    "status": "enabled",
}


class DatasetName(Arguments):
    """The name of a dataset, which is looked up before anything else is looked at; none is no dataset's."""

    kb_name = Text(load_default="", allow_none=True)

    @post_load
    def _name(self, given: dict[str, Any], **_: Any) -> str:
        return given["kb_name"] or ""


class UploadTarget(DatasetName):
    """The dataset's name, which an upload has in its form."""

    def read(self) -> Any:
        if "kb_name" not in request.form:  # contract 6.5: a JSON body satisfies the check, and holds no file
            raise _no_part()
        return self.take(sent())


class DocumentUpload(Arguments):
    """The form of an upload: one file, and how it is to be chunked."""

    location = "files"
    required = True

    kb_name = fields.String(required=True)
    file = PartField(required=True)
    parser_id = fields.String()
    run = fields.String()

    def read(self) -> tuple[Upload, Placing]:
        """The file and what is to become of it (contract 6.5). Raises InvalidInput."""
        found = uploads()
        if len(found) > 1:  # decisions C7
            raise InvalidInput("file", "Only one file can be uploaded at a time, nothing was stored.", condition="upload.several_parts")
        method = request.form.get("parser_id", "").strip()
        parse = request.form.get("run", "").strip() == "1"
        return found[0], Placing(method if method in _METHODS else "", any_kind=True, parse=parse)


class DocumentQuery(Listing):
    """Which part of a dataset's list (contract 6.9), whose name `DatasetName` reads."""

    columns = _COLUMNS

    kb_name = Text(load_default="")
    keywords = Text(load_default="", most=_LONGEST_PATTERN)
    status = Digits()
    types = Words()

    @post_load
    def _listing(self, given: dict[str, Any], **_: Any) -> dict[str, Any]:
        _require_known("status", given["status"], STATES)
        _require_known("types", given["types"], _TYPES)
        runs = [STATES[digit] for digit in given["status"]]
        return {"wanted": Wanted(keywords=given["keywords"], runs=runs, kinds=given["types"]), "paging": self.paging(given)}


class DocumentIds(Arguments):
    """Ids of documents."""

    doc_ids = Words()

    @post_load
    def _ids(self, given: dict[str, Any], **_: Any) -> list[str]:
        return given["doc_ids"]


class DocumentDelete(Arguments):
    """Documents by name and by id. An unknown key, or a body that is no object, is refused (decisions A6)."""

    class Meta:
        unknown = RAISE

    doc_names = Words()
    doc_ids = Words()

    def read(self) -> Any:
        if not sent() and not nothing_sent():
            raise InvalidInput("body", "The body should be a JSON object.")
        return self.take(sent())

    @post_load
    def _choice(self, given: dict[str, Any], **_: Any) -> dict[str, Any]:
        if not given["doc_names"] and not given["doc_ids"]:
            raise InvalidInput("doc_ids", "No document is named.", condition="documents.not_named")
        return {"names": given["doc_names"], "ids": given["doc_ids"]}


class DocumentName(Reply):
    """What a list tells of a document."""

    doc_id = fields.String(attribute="id", required=True)
    doc_name = fields.String(attribute="name", required=True)


class DocumentPage(Reply):
    """A page, and how many documents match in all."""

    total = fields.Integer(required=True)
    docs = fields.List(fields.Nested(DocumentName), attribute="rows", required=True)


class Document(Timed):
    """A document's row (contract 5.4)."""

    id = fields.String(required=True)
    kb_id = fields.String(attribute="dataset", required=True)
    name = fields.String(required=True)
    location = fields.String(required=True)
    size = fields.Integer(required=True)
    type = fields.String(attribute="kind", required=True)
    suffix = fields.Function(lambda row: row.name.rpartition(".")[2] if "." in row.name else "", required=True, metadata={"type": "string"})
    thumbnail = fields.String(required=True)
    parser_id = fields.String(attribute="chunk_method", required=True)
    parser_config = fields.Dict(required=True)
    source_type = fields.String(required=True)
    created_by = fields.String(required=True)
    token_num = fields.Integer(attribute="token_count", required=True)
    chunk_num = fields.Integer(attribute="chunk_count", required=True)
    progress = fields.Float(required=True)
    progress_msg = fields.String(required=True)
    process_begin_at = HttpDate(required=True, allow_none=True)
    process_duation = fields.Float(attribute="process_duration", required=True)  # RAGFlow's spelling
    process_duration = fields.Float(required=True)
    run = State(required=True, metadata={"type": "string", "enum": list(STATES)})
    status = Status(attribute="enabled", required=True, metadata={"type": "string"})
    meta_fields = fields.Dict(required=True)


def uploads() -> list[Upload]:
    """The parts named `file`, at least one. Raises InvalidInput upload.no_part, and as `require_name`."""
    parts = request.files.getlist("file")
    if not parts:
        raise _no_part()
    for part in parts:
        require_name(part.filename or "")
    return [Upload(part.filename or "", part.stream) for part in parts]


def require_name(name: str) -> None:
    """Refuse a file name that is blank, too long, a path, or holds control characters. Raises InvalidInput."""
    if not name.strip():
        raise InvalidInput("file", "No file selected!", condition="upload.no_name")
    if len(name.casefold().encode()) >= _NAME_BYTES:
        raise InvalidInput("file", f"File name should be less than {_NAME_BYTES} bytes.")
    if name in (".", ".."):
        raise InvalidInput("file", "File name should not be a folder.")
    if any(character in "/\\\x7f" or character < " " for character in name):
        raise InvalidInput("file", "File name should not contain slashes or control characters.")


def _no_part() -> InvalidInput:
    return InvalidInput("file", "No file part!", condition="upload.no_part")


def _require_known(field: str, values: Sequence[str], known: Any) -> None:
    unknown = list(dict.fromkeys(value for value in values if value not in known))
    if unknown:
        plural = "several" if len(unknown) > 1 else "one"
        raise InvalidInput(field, f"{field} is not known", condition=f"{field}.unknown.{plural}", values=", ".join(unknown))
