"""Changing a document: everything the client sent is checked first, then all of it happens (decisions B10).

The checks follow RAGFlow v1 contract 3.6 in order: counters, meta_fields, name, parser_config, chunk_method, enabled.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ingest.kinds import extension
from models import blobs, counters, jobs
from models.base import database
from models.errors import Conflict, InvalidInput
from models.tables import Chunk, Document
from search import outbox
from search.index import IndexKey
from services import access, parser_config, removal
from services.access import Principal

NAME_BYTES = 128
_COUNTERS = ("chunk_count", "token_count", "progress")
_FIXED_KINDS = {"visual", "aural"}
_FIXED_EXTENSIONS = {"ppt", "pptx", "pages"}


def update(principal: Principal, dataset_id: str, document_id: str, *, sent: Mapping[str, Any]) -> Document:
    """Change what `sent` names; its values are as the client sent them, and unknown keys are ignored.

    A changed chunk_method removes the chunks and resets the document; one that is the same ends the work there, so that
    `enabled` beside it is ignored. Raises NotFound, InvalidInput, Conflict document.name_taken.
    """
    with database.atomic():
        document = access.document(principal, dataset_id, document_id)
        key = removal.index_key(access.lock_dataset(document.dataset))
        fields: dict[str, Any] = {}
        for check in _CHECKS:
            fields.update(check(document, sent, fields))
        _apply(document, key, fields)
    if "chunk_method" in fields:
        blobs.discard_folders([blobs.image_folder(document.dataset, document.id)])
    outbox.settle([key])
    return access.document(principal, dataset_id, document_id)


def _counters(document: Document, sent: Mapping[str, Any], fields: Mapping[str, Any]) -> dict[str, Any]:
    for name in _COUNTERS:
        if name in sent and sent[name] != getattr(document, name):
            raise InvalidInput(name, f"Can't change `{name}`.", condition="document.counter_fixed")
    return {}


def _meta_fields(document: Document, sent: Mapping[str, Any], fields: Mapping[str, Any]) -> dict[str, Any]:
    if "meta_fields" not in sent:
        return {}
    if not isinstance(sent["meta_fields"], Mapping):
        raise InvalidInput("meta_fields", "meta_fields must be a dictionary", condition="meta_fields.type")
    return {"meta_fields": dict(sent["meta_fields"])}


def _name(document: Document, sent: Mapping[str, Any], fields: Mapping[str, Any]) -> dict[str, Any]:
    name = sent.get("name", document.name)
    if not isinstance(name, str):
        raise InvalidInput("name", "name should be a string", condition="name.type", value=name)
    if name == document.name:
        return {}
    if len(name.encode()) >= NAME_BYTES:
        raise InvalidInput("name", f"The name should be less than {NAME_BYTES} bytes.", condition="name.too_long")
    if extension(name) != extension(document.name):
        raise InvalidInput("name", "The extension of file can't be changed", condition="name.extension")
    # Byte for byte: a different spelling in upper and lower case is another name here (RAGFlow v1 contract 3.6).
    same_key = Document.select(Document.name).where((Document.dataset == document.dataset) & (Document.name_key == name.casefold()))
    if name in {other for (other,) in same_key.tuples()}:
        raise Conflict("document.name_taken", "Duplicated document name in the same dataset.", name=name)
    return {"name": name, "name_key": name.casefold()}


def _config(document: Document, sent: Mapping[str, Any], fields: Mapping[str, Any]) -> dict[str, Any]:
    config = sent.get("parser_config")
    if not config:
        return {}
    if not isinstance(config, Mapping):
        raise InvalidInput("parser_config", "parser_config should be an object", condition="config.type")
    result = parser_config.merged(document.parser_config, config)
    if not config.get("raptor"):
        result.pop("raptor", None)
    return {"parser_config": result}


def _method(document: Document, sent: Mapping[str, Any], fields: Mapping[str, Any]) -> dict[str, Any]:
    if "chunk_method" not in sent or sent["chunk_method"] == document.chunk_method:
        return {}
    method = sent["chunk_method"]
    if method not in parser_config.CHUNK_METHODS:
        raise InvalidInput("chunk_method", f"`chunk_method` {method} doesn't exist", condition="method.unknown", value=method)
    if document.kind in _FIXED_KINDS or extension(document.name) in _FIXED_EXTENSIONS:
        raise InvalidInput("chunk_method", "Not supported yet!", condition="method.unsupported")
    config = fields.get("parser_config") or parser_config.merged(document.parser_config, parser_config.default(method))
    return {"chunk_method": method, "parser_config": config}


def _enabled(document: Document, sent: Mapping[str, Any], fields: Mapping[str, Any]) -> dict[str, Any]:
    if "enabled" not in sent or ("chunk_method" in sent and "chunk_method" not in fields):
        return {}
    if sent["enabled"] not in (0, 1):
        raise InvalidInput("enabled", "enabled should be 0 or 1", condition="enabled.type")
    return {"enabled": bool(sent["enabled"])}


_CHECKS: tuple[Callable[[Document, Mapping[str, Any], Mapping[str, Any]], dict[str, Any]], ...] = (
    _counters,
    _meta_fields,
    _name,
    _config,
    _method,
    _enabled,
)


def _apply(document: Document, key: IndexKey, fields: dict[str, Any]) -> None:
    """Write the fields and what follows from them."""
    if "chunk_method" in fields:
        _reset(document, fields)
    if "enabled" in fields:
        Chunk.update(available=fields["enabled"]).where(Chunk.document == document.id).execute()
    if fields:
        Document.change(Document.id == document.id, **fields)
    if {"chunk_method", "enabled", "name"} & set(fields):
        outbox.record(key, documents=[document.id])


def _reset(document: Document, fields: dict[str, Any]) -> None:
    jobs.cancel_parsing([document.id])
    Chunk.delete().where(Chunk.document == document.id).execute()
    counters.move_document(document.id, document.dataset, chunks=-document.chunk_count, tokens=-document.token_count)
    fields.update(run="unstart", progress=0.0, progress_msg="")
