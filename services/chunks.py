"""Chunks of a document: add, list, change, delete (RAGFlow v1 contract 3.12 to 3.15)."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import xxhash
from peewee import ModelSelect, chunked

from ingest import questions
from models import blobs, counters
from models.base import database
from models.errors import Conflict, InvalidInput, NotFound
from models.tables import Chunk, Dataset, Document
from search import highlight, outbox, passages, ranking, terms
from search.embedding import embedder
from search.index import IndexKey
from services import access
from services.access import BATCH, Principal, reach
from services.batch import Batch, distinct, require_delete_all
from services.compat import profile
from services.removal import index_key

# A chunk without its vector, which no listing shows.
SHOWN = [column for column in Chunk._meta.sorted_fields if column is not Chunk.vector]


@dataclass(frozen=True, slots=True)
class NewChunk:
    """A passage a client adds; questions, when given, are what is embedded instead of the content."""

    content: str
    important_keywords: list[str] = field(default_factory=list)
    questions: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ChunkPage:
    """One page of a document's chunks; `marked` has the content with its hits marked, by slot, where there are any."""

    total: int
    chunks: list[Chunk]
    marked: dict[int, str] = field(default_factory=dict)


def chunk_id(content: str, document_id: str) -> str:
    """xxh64 of content and document id, 16 hex digits: equal content in one document is one chunk (contract 1.9)."""
    return xxhash.xxh64_hexdigest((content + document_id).encode())


def add(document: Document, *, new: NewChunk) -> Chunk:
    """Store a chunk, found by the very next search; one of equal content is replaced by it.

    Raises NotFound when the document went meanwhile, Unavailable.
    """
    key, vector, tokens = _embedded(document, new.content, new.questions)
    chunk = Chunk(
        id=chunk_id(new.content, document.id),
        tenant=document.tenant,
        dataset=document.dataset,
        document=document.id,
        content=new.content,
        important_keywords=new.important_keywords,
        questions=new.questions,
        titled=False,
        token_count=tokens,
        create_time=time.time(),
        vector=vector,
    )
    with database.atomic():
        _lock(document, key)
        twin = Chunk.get_or_none((Chunk.document == document.id) & (Chunk.id == chunk.id))
        _replace(key, twin, chunk)
        same = twin is not None and profile().exact_counters
        counters.move_document(document.id, document.dataset, chunks=0 if same else 1, tokens=tokens - (twin.token_count if same else 0))
    outbox.settle([key])
    return chunk


def list_(document: Document, *, page: int, page_size: int, keywords: str = "", id: str = "") -> ChunkPage:
    """A page of chunks, unavailable ones too: in reading order, or by keywords the best first and marked.

    With `id` that chunk alone. Raises NotFound `chunk`.
    """
    of_document = Chunk.select(*SHOWN).where(Chunk.document == document.id)
    if id:
        found = of_document.where(Chunk.id == id).first()
        if found is None:
            raise NotFound("chunk", id)
        return ChunkPage(1, [found])
    offset = (page - 1) * page_size
    if keywords.strip():
        return _matching(document, keywords, offset, page_size)
    rows = of_document.order_by(Chunk.page.asc(nulls="LAST"), Chunk.top, Chunk.create_time.desc(), Chunk.slot)
    return ChunkPage(of_document.count(), list(rows.limit(page_size).offset(offset)))


def delete(document: Document, *, ids: Sequence[str] | None) -> Batch:
    """Delete the document's chunks of these ids (None or empty: all); the unknown ids are told, the known ones go."""
    if not ids:
        require_delete_all()
    unique, duplicates = distinct(ids or [])
    with database.atomic():
        key = index_key(access.lock_dataset(document.dataset))
        rows = _to_delete(document, unique)
        for batch in chunked([row.slot for row in rows], BATCH):
            Chunk.delete().where(Chunk.slot.in_(batch)).execute()
        # RAGFlow 0.19 takes one token off, however many chunks go (contract 2.6).
        tokens = sum(row.token_count for row in rows) if profile().exact_counters else min(len(rows), 1)
        counters.move_document(document.id, document.dataset, chunks=-len(rows), tokens=-tokens)
        outbox.record(key, slots=[row.slot for row in rows])
    folder = blobs.image_folder(document.dataset, document.id)
    blobs.discard(f"{folder}/{row.image_id}" for row in rows if row.image_id)
    outbox.settle([key])
    gone = {row.id for row in rows}
    return Batch(len(rows), [id for id in unique if id not in gone], duplicates)


def find(principal: Principal, chunk_id: str, document_id: str) -> Chunk:
    """The chunk of this id within the caller's reach, of that document when several have it. Raises NotFound `chunk`."""
    rows = Chunk.select(*SHOWN).join(Dataset, on=(Chunk.dataset == Dataset.id)).where(reach(principal), Chunk.id == chunk_id)
    found = rows.where(Chunk.document == document_id).first() or rows.first()
    if found is None:
        raise NotFound("chunk", chunk_id)
    return found


def update(document: Document, chunk: Chunk, *, changes: Mapping[str, Any]) -> Chunk:
    """Change content, important_keywords, questions or available; the text is embedded again, the id stays.

    Raises InvalidInput qa.shape, NotFound when the chunk went meanwhile, Unavailable with the row unchanged.
    """
    current: Chunk | None = chunk
    while current is not None:
        key, changed = _changed(document, current, changes)
        if _put_in_place(document, key, current, changed):
            outbox.settle([key])
            return changed
        current = Chunk.get_or_none((Chunk.document == document.id) & (Chunk.id == chunk.id))
    raise NotFound("chunk", chunk.id)


def _put_in_place(document: Document, key: IndexKey, current: Chunk, changed: Chunk) -> bool:
    """Replace the row by its change; False when another change came first, for a vector belongs to the text it was made of."""
    with database.atomic():
        _lock(document, key)
        if not Chunk.select(Chunk.slot).where((Chunk.slot == current.slot) & (Chunk.document == document.id)).exists():
            return False
        _replace(key, current, changed)
        if profile().exact_counters:
            counters.move_document(document.id, document.dataset, chunks=0, tokens=changed.token_count - current.token_count)
    return True


def _changed(document: Document, chunk: Chunk, changes: Mapping[str, Any]) -> tuple[IndexKey, Chunk]:
    """The row that takes the place of the chunk's, without a slot yet, and its index."""
    fields = {name: value for name, value in chunk.__data__.items() if name != "slot"} | dict(changes)
    if document.chunk_method == "qa":
        fields["indexed"], fields["content"] = _question_and_answer(fields["content"])
        key, vector, tokens = _embedded(document, fields["indexed"], [], title_weight=0.0)
    else:
        fields["indexed"] = None if "content" in changes else chunk.indexed
        text = fields["content"] if fields["indexed"] is None else fields["indexed"]
        key, vector, tokens = _embedded(document, text, fields["questions"])
    return key, Chunk(**{**fields, "vector": vector, "token_count": tokens})


def _embedded(
    document: Document, content: str, questions: Sequence[str], *, title_weight: float = passages.TITLE_WEIGHT
) -> tuple[IndexKey, bytes, int]:
    key = index_key(Dataset.get_by_id(document.dataset))
    text = passages.embedded_text(content, questions)
    vector = passages.passage_vectors(key.model, document.name, [text], title_weight=title_weight)[0]
    return key, vector.tobytes(), embedder(key.model).count_tokens([text])[0]


def _replace(key: IndexKey, old: Chunk | None, new: Chunk) -> None:
    """Put a row under a new slot in place of the old one: what an index holds of a slot never changes."""
    slots = []
    if old is not None:
        Chunk.delete().where(Chunk.slot == old.slot).execute()
        slots.append(old.slot)
    new.save(force_insert=True)
    outbox.record(key, slots=[*slots, new.slot])


def _lock(document: Document, key: IndexKey) -> None:
    """Keep the document's dataset to this transaction. Raises NotFound, or Conflict when vectors are of another model by now."""
    dataset = access.lock_dataset(document.dataset)
    if not Document.select().where(Document.id == document.id).exists():
        raise NotFound("document", document.id)
    if index_key(dataset) != key:
        raise Conflict("dataset.model_changed", "The dataset's embedding model was changed meanwhile; send the chunk again.")


def _matching(document: Document, keywords: str, offset: int, limit: int) -> ChunkPage:
    key = index_key(Dataset.get_by_id(document.dataset))
    return ranking.read([key], lambda: _matched(key, document, keywords, offset, limit))


def _matched(key: IndexKey, document: Document, keywords: str, offset: int, limit: int) -> ChunkPage:
    slots, total = ranking.match(key, text=keywords, documents=[document.id], offset=offset, limit=limit)
    rows = _rows_of(slots)
    if len(rows) < len(slots):
        raise ranking.Moved
    words = terms.question_terms(keywords)
    marks = {slot: highlight.mark_all(row.content, words) for slot, row in rows.items()}
    return ChunkPage(total, [rows[slot] for slot in slots], {slot: text for slot, text in marks.items() if text})


def _rows_of(slots: Sequence[int]) -> dict[int, Chunk]:
    """The rows of these slots, without their vectors; a slot that is gone is left out."""
    found: dict[int, Chunk] = {}
    for batch in chunked(slots, BATCH):
        found.update({row.slot: row for row in Chunk.select(*SHOWN).where(Chunk.slot.in_(batch))})
    return found


def _to_delete(document: Document, ids: Sequence[str]) -> list[Chunk]:
    of_document: ModelSelect = Chunk.select(Chunk.slot, Chunk.id, Chunk.image_id, Chunk.token_count).where(Chunk.document == document.id)
    if not ids:
        return list(of_document)
    return [row for batch in chunked(ids, BATCH) for row in of_document.where(Chunk.id.in_(batch))]


def _question_and_answer(content: str) -> tuple[str, str]:
    """The question, and the content as a pair is stored (RAGFlow v1 contract 3.15)."""
    parts = [part for part in re.split(r"[\n\t]", content) if len(part) > 1]
    if len(parts) != 2:
        raise InvalidInput("content", "Q&A must be separated by TAB/ENTER key.", condition="qa.shape")
    question, answer = parts
    return questions.pair(question, answer, is_english=not re.search(r"[\u4e00-\u9fff]", content))
