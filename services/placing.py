"""Where files are: in no dataset, which is the hidden one of their owner, in one, or in many (decisions A4)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from peewee import chunked

from ingest import kinds
from models import blobs, counters, jobs
from models.base import database, new_id
from models.errors import Conflict, NotFound
from models.tables import Dataset, Document, File, Tenant
from search import outbox
from services import datasets, moving, removal, waiting
from services.access import BATCH, Principal, lock_dataset, lock_files, select_in
from services.datasets import NewDataset
from services.document_names import free_names
from services.placements import picture, placement
from services.removal import index_key


def hidden_dataset(tenant: str) -> Dataset:
    """The dataset of the owner's files that are in none, made where there is none, inside the caller's transaction."""
    Tenant.change(Tenant.id == tenant)  # so that two at once do not make two
    found = Dataset.get_or_none((Dataset.tenant == tenant) & (Dataset.hidden == True))  # noqa: E712  (an SQL expression)
    return found or datasets.make(Principal(tenant, tenant), new=NewDataset(""), hidden=True)


def place_apart(file: File, *, parse: bool) -> Document:
    """The file's document in its owner's hidden dataset, made where there is none, inside the caller's transaction; parsed anew if asked."""
    hidden = lock_dataset(hidden_dataset(file.tenant).id)
    _lock([file])
    document = Document.get_or_none((Document.file == file.id) & (Document.dataset == hidden.id))
    if document is None:
        document = _place(hidden, file, file.name)
    if parse:
        _parse_anew(document)
    return document


def add(dataset: Dataset, files: Sequence[File], *, refuse_twins: bool) -> None:
    """Place files that have been read, or are being read, in the dataset; one that is there already stays as it is.

    A file that was apart goes over with its passages where they are what the dataset would make of it, else it is parsed,
    and the client waits; when that takes too long, or too many wait, it is in the dataset and its reading goes on.
    Raises NotFound, Conflict file.twin for a text that the dataset has already, file.unreadable, file.empty.
    """
    apart_before = list(_apart(files).values())
    copies = moving.copy_pictures(apart_before, dataset)
    moved: list[tuple[Document, Dataset]] = []
    made: list[Document] = []
    try:
        with database.atomic():
            sources = {id: lock_dataset(id) for id in sorted({row.dataset for row in _apart(files).values()} | {dataset.id})}
            _lock(files)
            absent = _absent(dataset, files, refuse_twins)
            apart = {id: row for id, row in _apart(absent).items() if row.dataset in sources}
            for file in absent:
                _bring(file, apart.get(file.id), sources, sources[dataset.id], moved, made)
    finally:
        moving.discard_copies(copies, apart_before, dataset)
    blobs.discard_folders(blobs.image_folder(source.id, row.id) for row, source in moved)
    outbox.settle({index_key(dataset)})
    _await(dataset, made)
    _forget(made)


def refresh(dataset: Dataset, file_id: str) -> None:
    """Make the file's passages in the dataset anew from what the file says now. Raises NotFound of `file`, Conflict as `add`."""
    with database.atomic():
        lock_dataset(dataset.id)
        document = _placed(dataset, file_id)
        _refuse_twins(dataset, [File.get_by_id(file_id)])
        _parse_anew(document)
    waiting.until_parsed([document.id])
    _require_parsed([document])
    _forget([document])


def take_out(dataset: Dataset, file_id: str, *, keep: bool) -> None:
    """Take the file out of the dataset; kept, or placed elsewhere too, it stays its owner's, else it is gone. Raises NotFound of `file`."""
    document = _placed(dataset, file_id)
    if keep:
        release(dataset, [document.id])
    else:
        removal.remove_documents(dataset, [document.id])
        for row in _apart([File(id=file_id)]).values():
            removal.remove_documents(Dataset.get_by_id(row.dataset), [row.id])


def release(dataset: Dataset, ids: Sequence[str] | None = None) -> None:
    """Take these documents, or all, out of the dataset; files that are in no other one go back to their owners."""
    while documents := _in_order(dataset, ids):  # again, for those that were placed elsewhere, or were not any more, meanwhile
        gone = set(removal.remove_documents(dataset, [row.id for row in documents], only_doubles=True))
        alone = [row for row in documents if row.id not in gone]
        owners = {file.id: file.tenant for file in select_in(File, File.id, [row.file for row in alone])}
        by_owner: dict[str, list[Document]] = defaultdict(list)
        for row in alone:
            by_owner[owners.get(row.file, dataset.tenant)].append(row)
        for owner, own in by_owner.items():
            _give_back(dataset, owner, own)


def file_ids(dataset_ids: Sequence[str]) -> dict[str, list[str]]:
    """The files of each dataset, in the order in which they were placed there."""
    found: dict[str, list[str]] = {id: [] for id in dataset_ids}
    for batch in chunked(dataset_ids, BATCH):
        rows: Any = Document.select(Document.dataset, Document.file).where(Document.dataset.in_(batch))
        for dataset, file in rows.order_by(Document.create_time, Document.id).tuples():
            found[dataset].append(file)
    return found


def _bring(
    file: File, document: Document | None, sources: dict[Any, Dataset], target: Dataset, moved: list[tuple[Document, Dataset]], made: list[Document]
) -> None:
    """Move or make one placement in the target, inside a transaction that holds all datasets concerned."""
    name = free_names(target.id, [file.name])[0]
    if document is not None and (document.run == "running" or moving.fits(document, sources[document.dataset], target)):
        source = sources[document.dataset]
        again = moving.move([document], source, target)
        method = {"chunk_method": kinds.method_of(name, target.chunk_method), "parser_config": target.parser_config}
        Document.change(Document.id == document.id, name=name, name_key=name.casefold(), location=name, **method)
        moved.append((document, source))
        for row in again:
            jobs.enqueue(row, kind=jobs.PARSE, priority=waiting.AHEAD)
        made.extend(again)
        return
    made.append(_place(target, file, name))
    jobs.enqueue(made[-1], kind=jobs.PARSE, priority=waiting.AHEAD)


def _place(dataset: Dataset, file: File, name: str) -> Document:
    is_first = not Document.select(Document.id).where(Document.id == file.id).exists()
    document = placement(Principal(file.tenant, file.created_by or file.tenant), dataset, file, name=name, id=file.id if is_first else new_id())
    document.save(force_insert=True)
    counters.move_dataset(dataset.id, documents=1)
    picture(document)
    return document


def _parse_anew(document: Document) -> None:
    jobs.cancel_parsing([document.id])
    Document.change(Document.id == document.id, run="unstart")
    jobs.enqueue(document, kind=jobs.PARSE, priority=waiting.AHEAD)


def _absent(dataset: Dataset, files: Sequence[File], refuse_twins: bool) -> list[File]:
    """The files that are not in the dataset. Raises Conflict file.twin."""
    present = {row.file for row in select_in(Document, Document.file, [file.id for file in files], Document.dataset == dataset.id)}
    if refuse_twins:
        if present:
            raise Conflict("file.twin", "The dataset has this file already.")
        _refuse_twins(dataset, files)
    return [file for file in files if file.id not in present]


def _refuse_twins(dataset: Dataset, files: Sequence[File]) -> None:
    """Raise Conflict file.twin when the dataset has another file of the same text as one of these few."""
    digests = [file.text_digest for file in files if file.text_digest]
    others = (Document.dataset == dataset.id) & Document.file.not_in([file.id for file in files])
    placed = File.select(File.id).join(Document, on=(Document.file == File.id)).where(others, File.text_digest.in_(digests))
    if placed.exists():
        raise Conflict("file.twin", "The dataset has a file of the same text.")


def _apart(files: Sequence[File]) -> dict[str, Document]:
    """The documents of the files in hidden datasets, by file."""
    hidden = Dataset.select(Dataset.id).where(Dataset.hidden == True)  # noqa: E712  (an SQL expression)
    return {row.file: row for row in select_in(Document, Document.file, [file.id for file in files], Document.dataset.in_(hidden))}


def _placed(dataset: Dataset, file_id: str) -> Document:
    document = Document.get_or_none((Document.file == file_id) & (Document.dataset == dataset.id))
    if document is None:
        raise NotFound("file", file_id)
    return document


def _await(dataset: Dataset, made: Sequence[Document]) -> None:
    """Wait for the new placements; those that cannot be read go back to their owners."""
    waiting.until_parsed([row.id for row in made])
    try:
        _require_parsed(made)
    except Conflict:
        release(dataset, [row.id for row in made])
        raise


def _require_parsed(documents: Sequence[Document]) -> None:
    """Raise Conflict for one that was read to no end; those that are still being read may turn out well."""
    for row in select_in(Document, Document.id, [row.id for row in documents]):
        if row.run == "fail":
            raise Conflict("file.unreadable", row.progress_msg.rpartition("[ERROR]")[2].strip())
        if row.run == "done" and not row.chunk_count:
            raise Conflict("file.empty", "The file says nothing.")


def _forget(documents: Sequence[Document]) -> None:
    """Take away what was apart of the files, for which these placements stand once they have been read; if they still do."""
    read = select_in(Document, Document.id, [row.id for row in documents], Document.run == "done")
    for row in _apart([File(id=row.file) for row in read]).values():
        removal.remove_documents(Dataset.get_by_id(row.dataset), [row.id], only_doubles=True)


def _give_back(dataset: Dataset, owner: str, documents: Sequence[Document]) -> None:
    """Move the documents to the hidden dataset of their files' owner."""
    with database.atomic():
        hidden = hidden_dataset(owner)
    copies = moving.copy_pictures(documents, hidden)
    with database.atomic():
        held = {id: lock_dataset(id) for id in sorted((dataset.id, hidden.id))}
        there = _apart([File(id=row.file) for row in documents])
        still = select_in(Document, Document.id, [row.id for row in documents], Document.dataset == dataset.id)
        goes = [row for row in still if row.file not in there]
        for row in moving.move(goes, held[dataset.id], held[hidden.id]):
            jobs.enqueue(row, kind=jobs.PARSE)
    moving.discard_copies(copies, documents, hidden)
    blobs.discard_folders(blobs.image_folder(dataset.id, row.id) for row in goes)
    outbox.settle({index_key(dataset), index_key(hidden)})


def _in_order(dataset: Dataset, ids: Sequence[str] | None) -> list[Document]:
    """The documents of these ids, or all, that are in the dataset; the first placed first."""
    here = Document.dataset == dataset.id
    rows = list(Document.select().where(here)) if ids is None else select_in(Document, Document.id, ids, here)
    return sorted(rows, key=lambda row: row.create_time)


def _lock(files: Sequence[File]) -> None:
    """Keep the files to the caller's transaction. Raises NotFound for the first that is gone."""
    held = lock_files(file.id for file in files)
    for file in files:
        if file.id not in held:
            raise NotFound("file", file.id)
