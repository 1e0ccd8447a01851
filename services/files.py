"""Files: brought, shown with what they say, changed and taken away; wherever they are placed (decisions A4, Open WebUI contract 5)."""

from __future__ import annotations

import fnmatch
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from peewee import ModelSelect, chunked

from models import file_texts, jobs
from models.base import database
from models.database import give_back
from models.errors import Conflict, InvalidInput, NotFound
from models.tables import Dataset, Document, File
from services import arrivals, documents, placing, removal, waiting
from services.access import BATCH, Principal, select_in
from services.arrivals import Upload
from services.documents import Download

UNASKED, PENDING, READING, DONE, FAILED = "unasked", "pending", "reading", "done", "failed"
_TEXTS = 20  # files whose texts are held in memory at once
NOTHING_SAID = "nothing"  # the reason of a file that was read and says nothing


@dataclass(frozen=True, slots=True)
class Said:
    """What a client tells of a file that it brings."""

    content_type: str | None = None
    facts: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """A file as it stands: the dataset it was last placed in, empty for none; how far its reading is, and why it failed."""

    file: File
    dataset: str
    state: str
    error: str


def upload(principal: Principal, *, upload: Upload, said: Said, parse: bool = True, wait: bool = True) -> File:
    """Store a file that is placed in no dataset yet, and have it read: when it takes too long, the file is told as it is by then.

    Raises InvalidInput file.empty, Unavailable.
    """
    file = arrivals.store(principal, principal.tenant, upload)
    file.content_type, file.facts = said.content_type, dict(said.facts or {})
    placed = False
    try:
        if not file.size:
            raise InvalidInput("file", "The file is empty.", condition="file.empty")
        with database.atomic():
            file.save(force_insert=True)
            placing.place_apart(file, parse=parse)
        placed = True
    finally:
        if not placed:
            arrivals.discard([file])
    if parse and wait:
        waiting.until_parsed([file.id])
    return File.get_by_id(file.id)


def list_(principal: Principal, *, page: int, page_size: int) -> list[File]:
    """A page of the caller's files, oldest first."""
    return list(_mine(principal).order_by(File.create_time, File.id).paginate(page, page_size))


def each(principal: Principal) -> Iterator[Shown]:
    """All of the caller's files as they stand, oldest first, read a batch at a time."""
    last: File | None = None
    while True:
        rows = _mine(principal)
        if last is not None:
            rows = rows.where((File.create_time > last.create_time) | ((File.create_time == last.create_time) & (File.id > last.id)))
        batch = list(rows.order_by(File.create_time, File.id).limit(BATCH))
        yield from show(batch)
        if len(batch) < BATCH:
            return
        last = batch[-1]


def count(principal: Principal) -> int:
    """How many files the caller has."""
    return _mine(principal).count()


def named(principal: Principal, pattern: str) -> Iterator[Shown]:
    """The caller's files whose name fits a pattern of `*` and `?`, in any case of letters, oldest first."""
    return (shown for shown in each(principal) if fnmatch.fnmatchcase(shown.file.name.casefold(), pattern.casefold()))


def find(principal: Principal, file_id: str) -> File:
    """The caller's file. Raises NotFound."""
    file = _mine(principal).where(File.id == file_id).first()
    if file is None:
        raise NotFound("file", file_id)
    return file


def find_all(principal: Principal, ids: Sequence[str]) -> list[File]:
    """The caller's files of these ids, in their order, each once. Raises NotFound for the first that is unknown."""
    found = {file.id: file for file in select_in(File, File.id, list(dict.fromkeys(ids)), File.tenant == principal.tenant)}
    for id in ids:
        if id not in found:
            raise NotFound("file", id)
    return [found[id] for id in dict.fromkeys(ids)]


def show(files: Sequence[File]) -> list[Shown]:
    """The files as they stand, in their order."""
    placed = _placements([file.id for file in files])
    return [_shown(file, placed[file.id]) for file in files]


def placed_in(dataset_ids: Sequence[str]) -> dict[str, list[Shown]]:
    """The files of each dataset that the caller was found to reach, in the order in which they were placed there."""
    ids = placing.file_ids(dataset_ids)
    rows = select_in(File, File.id, list({id for found in ids.values() for id in found}))
    known = {shown.file.id: shown for shown in show(rows)}
    return {dataset: [known[id] for id in found if id in known] for dataset, found in ids.items()}


def with_texts(shown: Iterable[Shown]) -> Iterator[tuple[Shown, str]]:
    """Each file with all that it says, read a few at a time."""
    for batch in chunked(shown, _TEXTS):
        said = file_texts.whole([one.file.id for one in batch])
        give_back()  # a client that reads slowly holds no connection
        yield from ((one, said[one.file.id]) for one in batch)


def text_of(principal: Principal, file_id: str) -> str | None:
    """All that the caller's file says; None when it is unknown or was not read."""
    file = _mine(principal).where(File.id == file_id).first()
    return None if file is None or file.text_digest is None else "".join(file_texts.stored(file.id))


def content(principal: Principal, file_id: str) -> tuple[File, Download]:
    """The bytes of the file as they were brought. Raises NotFound, also of `blob` where they are missing."""
    file = find(principal, file_id)
    try:
        return file, documents.content_of(file, name=file.name)
    except NotFound:
        raise NotFound("blob", file_id) from None


def rewrite(principal: Principal, file_id: str, *, content: str) -> File:
    """Put a text in place of what the file says, or, when it is empty, what its bytes say; it is found by that where it is in no dataset.

    Datasets keep what they have until the file is refreshed there. A text of blanks alone, or bytes that cannot be read any more,
    leave the file as it is. Raises NotFound.
    """
    file = find(principal, file_id)
    if content and not content.strip():
        return file
    with database.atomic():
        document = placing.place_apart(file, parse=True)
        File.update(edited=bool(content), text_digest=None).where(File.id == file.id).execute()
        if content:
            file_texts.store(file.id, file_texts.parts(content))
    waiting.until_parsed([document.id])
    if Document.select(Document.id).where(Document.id == document.id, Document.run == "fail").exists():
        before = {"edited": file.edited, "text_digest": file.text_digest}  # the text itself is still there
        File.update(**before).where(File.id == file.id, File.text_digest.is_null()).execute()
    return find(principal, file_id)


def delete(principal: Principal, file_id: str) -> None:
    """Take the file out of every dataset, and away. Raises NotFound."""
    _delete([find(principal, file_id)])


def delete_all(principal: Principal) -> None:
    """Take all of the caller's files away."""
    while files := list_(principal, page=1, page_size=BATCH):
        _delete(files)


def parse(principal: Principal, file_id: str) -> File:
    """Have a file read that was not, or could not be, and wait as an upload does. Raises NotFound."""
    file = find(principal, file_id)
    with database.atomic():
        document = placing.place_apart(file, parse=True)
    waiting.until_parsed([document.id])
    return find(principal, file_id)


def rest() -> None:
    """Wait a moment between two looks at a file that is being read, holding nothing."""
    waiting.rest()


def place(principal: Principal, dataset: Dataset, *, ids: Sequence[str], refuse_twins: bool = True) -> None:
    """Place the caller's files in a dataset that the caller may change, waiting a while for those that are being read.

    Raises NotFound, Conflict file.unread for one that nobody asked to be read, or that could not be, and as `placing.add`.
    """
    found = find_all(principal, ids)
    waiting.until_parsed([row.id for row in select_in(Document, Document.file, [file.id for file in found])])
    found = find_all(principal, ids)
    for shown in show(found):
        if shown.state in (UNASKED, FAILED):
            raise Conflict("file.unread", shown.error or "The file has not been read yet.")
    placing.add(dataset, found, refuse_twins=refuse_twins)


def _delete(files: Sequence[File]) -> None:
    ids = [file.id for file in files]
    while ids:  # again, for those that went elsewhere meanwhile
        by_dataset: dict[str, list[str]] = defaultdict(list)
        for row in select_in(Document, Document.file, ids):
            by_dataset[row.dataset].append(row.id)
        for dataset in select_in(Dataset, Dataset.id, list(by_dataset)):
            with suppress(NotFound):  # it goes itself
                removal.remove_documents(dataset, by_dataset[dataset.id])
        removal.remove_unplaced(ids)
        ids = [row.id for row in select_in(File, File.id, ids)]


def _mine(principal: Principal) -> ModelSelect[File]:
    return File.select().where(File.tenant == principal.tenant)


def _placements(ids: Sequence[str]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = defaultdict(list)
    columns = (Document.file, Document.dataset, Document.run, Document.progress, Document.progress_msg, Document.chunk_count)
    for batch in chunked(ids, BATCH):
        rows = Document.select(*columns, Dataset.hidden).join(Dataset, on=(Document.dataset == Dataset.id)).where(Document.file.in_(batch))
        for row in rows.order_by(Document.create_time, Document.id).objects():
            found[row.file].append(row)
    return found


def _shown(file: File, placed: Sequence[Any]) -> Shown:
    dataset = next((row.dataset for row in reversed(placed) if not row.hidden), "")
    state, error = _state(placed)
    return Shown(file, dataset, state, error)


def _state(placed: Sequence[Any]) -> tuple[str, str]:
    """How far the reading is, by the placement that is farthest; a file that is being read anew still has what it had."""
    if any(row.run in ("done", "running") and row.chunk_count for row in placed):
        return DONE, ""
    running = [row for row in placed if row.run == "running"]
    if running:
        return (READING if any(row.progress > jobs.QUEUED_PROGRESS for row in running) else PENDING), ""
    if any(row.run == "done" for row in placed):
        return FAILED, NOTHING_SAID
    for row in placed:
        if row.run == "fail":
            return FAILED, row.progress_msg.rpartition("[ERROR]")[2].strip()
    return UNASKED, ""
