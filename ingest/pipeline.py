"""One job from its blob to searchable chunks: the only place that knows the order of the steps (contract 4.3).

Nothing slow happens inside a transaction: the file, its passages and their vectors wait on disk until one transaction
publishes them, if the job is still this worker's.
"""

from __future__ import annotations

import errno
import logging
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import xxhash
from peewee import PeeweeException, chunked

from ingest import texts
from ingest.chunk import chunk_file
from ingest.progress import Lost, Progress, fail
from ingest.publish import Embedded, Passage, image_ids, index_key, publish
from ingest.spool import Spool
from ingest.texts import Source
from ingest.thumbnail import thumbnail
from models import blobs, jobs
from models.base import database
from models.errors import AppError, InvalidInput
from models.jobs import Lease
from models.tables import Dataset, Document, File
from search import outbox
from search.embedding import embedder
from search.index import IndexKey
from search.passages import TITLE_WEIGHT, passage_vectors

log = logging.getLogger(__name__)

Tidying = Callable[[], None]

PARSED = 0.4  # of the progress; the rest is embedding
EMBED_BATCH = 64
LARGEST_DOCUMENT = 128 << 20  # bytes, as in RAGFlow (contract 9)
CATCH_UP_SECONDS = 2.0  # how old the index may get while more documents wait

_caught_up: dict[IndexKey, float] = {}


@dataclass(frozen=True, slots=True)
class _Parse:
    """One parse: the document as it was when it began, and where its results wait."""

    document: Document
    key: IndexKey
    progress: Progress
    passages: Spool[Passage]
    embedded: Spool[Embedded]


def run(lease: Lease, folder: Path) -> Tidying:
    """Do the job and write on the document what came of it; `folder` is empty and this job's alone.

    Returns what is left to do when the job has ended; nothing is lost if it is never called. A job that is no longer ours
    ends quietly. Raises PeeweeException when the database does not even take the failure: the job stays leased then, and
    is done again when the lease has run out.
    """
    try:
        return _WORK[lease.kind](lease, folder)
    except Lost:
        log.info("job lost", extra={"job": lease.job, "document": lease.document})
    except InvalidInput as error:
        log.info("job failed", extra={"job": lease.job, "document": lease.document})
        fail(lease, error.message)
    except (AppError, OSError, PeeweeException) as error:
        log.exception("job failed", extra={"job": lease.job, "document": lease.document})
        fail(lease, _reason(error))
    return _nothing


def _parse(lease: Lease, folder: Path) -> Tidying:
    document = _document(lease)
    progress = Progress(lease, document.progress_msg)
    progress.show(0.0, "Task has been received.")
    key = index_key(document)
    _require_readable_size(document)
    _require_no_chat_model(document.parser_config)
    source = texts.fetched(document, folder / "source")
    with closing(Spool[Passage](folder / "passages")) as passages, closing(Spool[Embedded](folder / "embedded")) as embedded:
        parse = _Parse(document, key, progress, passages, embedded)
        try:
            _read(parse, source)
            texts.keep(document, source, (passage.content for passage in passages))
            _embed(parse)
            stored = set(_image_keys(document))  # while the job is ours, no other parse adds to them
            shown = publish(lease, key, progress, zip(passages, embedded, strict=True))
        except (AppError, OSError, PeeweeException, Lost):
            _discard_images(lease, document)
            raise
    return partial(_tidy, key, stored - {_image_key(document, id) for id in shown})


def _document(lease: Lease) -> Document:
    document = Document.get_or_none(Document.id == lease.document)
    if document is None:
        raise Lost
    return document


def _fetched(document: Document, folder: Path) -> Path:
    """The document's file in the job's folder."""
    source, file = folder / "source", File.get_or_none(File.id == document.file)
    if file is None:
        raise FileNotFoundError(document.file)
    blobs.download(file.blob, source)
    return source


def _require_readable_size(document: Document) -> None:
    """Refuse what would take a child's memory (contract 9)."""
    if document.size > LARGEST_DOCUMENT:
        raise InvalidInput("size", f"File size exceeds( <= {LARGEST_DOCUMENT >> 20}Mb )")


def _require_no_chat_model(config: Mapping[str, Any]) -> None:
    """Refuse what only a chat model can do before any work is done (contract 4.3)."""
    groups = {name: config.get(name) for name in ("raptor", "graphrag")}
    options = {**config, **{f"use_{name}": group.get(f"use_{name}") for name, group in groups.items() if isinstance(group, Mapping)}}
    for option in ("auto_keywords", "auto_questions", "use_raptor", "use_graphrag"):
        if options.get(option):
            raise InvalidInput(option, f"The parser option {option} needs a chat model, and none is configured.")


def _read(parse: _Parse, source: Source) -> None:
    """Spool the passages of the file, each id once, and store their images."""
    document, progress = parse.document, parse.progress
    drafts = chunk_file(
        source.path,
        name=source.name,
        method=source.method,
        config=document.parser_config,
        language=Dataset.get_by_id(document.dataset).language,
        report=lambda fraction, text: progress.show(PARSED * fraction, text),
    )
    seen: set[str] = set()
    for draft in drafts:
        id = xxhash.xxh64_hexdigest((draft.content + document.id).encode())
        if id in seen:
            continue
        seen.add(id)
        image_id = f"{document.dataset}-{id}" if draft.image else ""
        if draft.image:
            blobs.put(_image_key(document, image_id), draft.image)
        parse.passages.add(Passage(id, draft.content, [list(position) for position in draft.positions], image_id))
    progress.show(PARSED, f"Generate {len(seen)} chunks")
    if len(seen) > EMBED_BATCH:
        progress.write()


def _embed(parse: _Parse) -> None:
    """Spool a vector for every passage, in their order."""
    begun, total = time.monotonic(), len(parse.passages)
    model, weight = parse.key.model, _title_weight(parse.document.parser_config)
    for batch in chunked(parse.passages, EMBED_BATCH):
        texts = [passage.content for passage in batch]
        vectors = passage_vectors(model, parse.document.name, texts, title_weight=weight)
        for vector, tokens in zip(vectors, embedder(model).count_tokens(texts), strict=True):
            parse.embedded.add(Embedded(vector.tobytes(), int(tokens)))
        parse.progress.show(PARSED + (1 - PARSED) * len(parse.embedded) / total)
    if total:
        parse.progress.note(f"Embedding chunks ({time.monotonic() - begun:.2f}s)")


def _title_weight(config: Mapping[str, Any]) -> float:
    """The configured share of the title in a vector; a stored null means the default (contract 2.4)."""
    weight = config.get("filename_embd_weight")
    if weight is None:
        return TITLE_WEIGHT
    if isinstance(weight, bool) or not isinstance(weight, int | float) or not 0 <= weight <= 1:
        raise InvalidInput("filename_embd_weight", "filename_embd_weight should be a number from 0 to 1.")
    return float(weight)


def _image_key(document: Document, image_id: str) -> str:
    return f"{blobs.image_folder(document.dataset, document.id)}/{image_id}"


def _image_keys(document: Document) -> list[str]:
    return blobs.keys_under(blobs.image_folder(document.dataset, document.id))


def _discard_images(lease: Lease, document: Document) -> None:
    """Remove the images of a parse that came to nothing, but none that a chunk shows or another worker has just stored."""
    if not jobs.is_taken_over(lease):
        kept = {_image_key(document, id) for id in image_ids(document.id)}
        blobs.discard(key for key in _image_keys(document) if key not in kept)


def _tidy(key: IndexKey, outdated: Iterable[str]) -> None:
    """Remove the old images and bring the index up to date, or leave it to the next document when one waits.

    Readers never see an old index: they bring it up to date themselves.
    """
    blobs.discard(outdated)
    now = time.monotonic()
    if now - _caught_up.setdefault(key, now) < CATCH_UP_SECONDS and jobs.is_work_waiting(key.tenant):
        return
    outbox.settle([key], patiently=True)
    _caught_up[key] = time.monotonic()


def _nothing() -> None:
    """What is left to do after a job that published nothing."""


def _thumbnail(lease: Lease, folder: Path) -> Tidying:
    """Store the picture and name it on the document, or quietly nothing when the file gives none (contract 2.3)."""
    document = _document(lease)
    picture, key = thumbnail(_fetched(document, folder), document.name), f"thumbnail_{document.id}.png"
    if picture:
        blobs.put(key, picture)
    with database.atomic():
        named = jobs.finish(lease) and (not picture or Document.change(Document.id == document.id, thumbnail=key))
    if not named and Document.get_or_none(Document.id == document.id) is None:
        blobs.discard([key])
    return _nothing


def _reason(error: AppError | OSError | PeeweeException) -> str:
    """What went wrong, for the person who waits for the document."""
    if isinstance(error, AppError):
        return error.message
    if isinstance(error, PeeweeException):
        return "The database did not take the result; its disk may be full."
    if isinstance(error, FileNotFoundError):
        return "The stored file is missing."
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "The disk is full."
    return "The worker could not read or write its temporary files."


_WORK: Mapping[str, Callable[[Lease, Path], Tidying]] = {jobs.PARSE: _parse, jobs.THUMBNAIL: _thumbnail}
