"""One job from its blob to searchable chunks: the only place that knows the order of the steps (contract 4.3).

Nothing slow happens inside a transaction: the file, its passages and their vectors wait on disk until one transaction
publishes them, if the job is still this worker's.
"""

from __future__ import annotations

import errno
import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

from peewee import PeeweeException

from ingest import texts
from ingest.blocks import Draft, Unreadable
from ingest.chunk import chunk_file
from ingest.model.extras import Extras
from ingest.model.steps import ModelSteps
from ingest.parse.sniff import NOT_SUPPORTED
from ingest.progress import Lost, Progress, fail
from ingest.publish import Embedded, Passage, image_ids, index_key, publish
from ingest.spool import Spool
from ingest.texts import Source
from ingest.thumbnail import thumbnail
from ingest.work import EMBED_BATCH, PARSED, Stages, Work, title_weight
from models import blobs, jobs
from models.base import database
from models.errors import AppError, InvalidInput
from models.jobs import Lease
from models.tables import Dataset, Document, File
from search import outbox
from search.index import IndexKey

log = logging.getLogger(__name__)

Tidying = Callable[[], None]

LARGEST_DOCUMENT = 128 << 20  # bytes, as in RAGFlow (contract 9)
CATCH_UP_SECONDS = 2.0  # how old the index may get while more documents wait

_caught_up: dict[IndexKey, float] = {}


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
    title_weight(document.parser_config)  # a wrong one is told before the work
    steps = ModelSteps(Extras.read(_with_tag_sets(document)), tenant=document.tenant)
    source = texts.fetched(document, folder / "source")
    with closing(Spool[Embedded](folder / "embedded")) as embedded:
        work = Work(document, key, progress, Spool(folder / "passages"), embedded, Stages(progress, 1 + steps.count))
        try:
            columns = _read(work, source)
            texts.keep(document, source, (passage.content for passage in work.passages))
            steps.before_embedding(work, folder)
            work.embed()
            steps.after_embedding(work)
            stored = set(_image_keys(document))  # while the job is ours, no other parse adds to them
            shown = publish(lease, key, progress, zip(work.passages, embedded, strict=True), columns=columns)
        except (AppError, OSError, PeeweeException, Lost):
            _discard_images(lease, document)
            raise
        finally:
            work.passages.close()
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


def _with_tag_sets(document: Document) -> dict[str, Any]:
    """The document's parser_config, with the tag sets that its dataset names by now (contract 4.3). Raises Lost when that is gone."""
    dataset = Dataset.get_or_none(Dataset.id == document.dataset)
    if dataset is None:
        raise Lost
    named = dataset.parser_config if dataset.parser_config.get("tag_kb_ids") else {}
    return {**document.parser_config, **{name: named[name] for name in ("tag_kb_ids", "topn_tags") if name in named}}


def _require_readable_size(document: Document) -> None:
    """Refuse what would take a child's memory (contract 9)."""
    if document.size > LARGEST_DOCUMENT:
        raise InvalidInput("size", f"File size exceeds( <= {LARGEST_DOCUMENT >> 20}Mb )")


def _read(work: Work, source: Source) -> dict[str, str]:
    """Spool the passages of the file, each id once, and store their images; returns the headers of its typed columns by name."""
    document, progress = work.document, work.progress
    seen: set[str] = set()
    columns: dict[str, str] = {}
    for draft in _drafts(work, source):
        id = work.passage_id(draft.content)
        if id in seen:
            continue
        seen.add(id)
        image_id = f"{document.dataset}-{id}" if draft.image else ""
        if draft.image:
            blobs.put(_image_key(document, image_id), draft.image)
        columns.update((field.name, field.header) for field in draft.fields)
        work.passages.add(_passage(id, draft, image_id))
    progress.show(PARSED, f"Generate {len(seen)} chunks")
    if len(seen) > EMBED_BATCH:
        progress.write()
    return columns


def _drafts(work: Work, source: Source) -> Iterator[Draft]:
    """The chunks of the file; a type that its method does not take is told in the words that clients know (contract 7.1)."""
    document, progress = work.document, work.progress
    drafts = chunk_file(
        source.path,
        name=source.name,
        method=source.method,
        config=document.parser_config,
        language=Dataset.get_by_id(document.dataset).language,
        report=lambda fraction, text: progress.show(PARSED * fraction, text),
    )
    try:
        yield from drafts
    except Unreadable as error:
        if error.message.startswith(NOT_SUPPORTED):
            raise Unreadable(f"Internal server error while chunking: {error.message}") from error
        raise


def _passage(id: str, draft: Draft, image_id: str) -> Passage:
    positions = [list(position) for position in draft.positions]
    fields = {field.name: field.value for field in draft.fields}
    words = {"important_keywords": draft.important_keywords, "indexed": draft.indexed, "tags": draft.tags}
    return Passage(id, draft.content, positions, image_id, fields=fields, **words)


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
