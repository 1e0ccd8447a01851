"""Retrieval: which chunks answer a question, how well, and where (RAGFlow v1 contract 3.16; decisions B4, B6, B13)."""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from peewee import chunked

from models.errors import Conflict, InvalidInput
from models.tables import Chunk, Dataset, Document
from search import highlight, ranking, terms
from search.index import IndexKey
from search.ranking import Hit, Question
from services.access import BATCH, Principal, reach, readable_datasets, select_in
from services.metadata import MetadataCondition, matching_documents
from services.removal import index_key


# What an answer shows of a chunk: a statement of few columns is the quicker one to build.
_SHOWN = (
    Chunk.slot,
    Chunk.id,
    Chunk.content,
    Chunk.document,
    Chunk.dataset,
    Chunk.important_keywords,
    Chunk.image_id,
    Chunk.image_kind,
    Chunk.positions,
    Document.name.alias("document_name"),
)


@dataclass(frozen=True, slots=True)
class Scope:
    """The datasets a question goes to, all of one embedding model."""

    datasets: tuple[Dataset, ...]


@dataclass(frozen=True, slots=True)
class Search:
    """One question and how it is to be answered; `page` from 1 and `page_size` cut what is scored already."""

    question: str
    document_ids: Sequence[str] = ()
    metadata_condition: MetadataCondition | None = None
    page: int = 1
    page_size: int = 30
    similarity_threshold: float = 0.2
    vector_similarity_weight: float = 0.3
    top_k: int = 1024
    rerank_id: str = ""
    highlight: bool = False


@dataclass(frozen=True, slots=True)
class RetrievedChunk:
    """A chunk that answers: its row, its document's name, its scores, its tokens, and its marked text when asked for."""

    chunk: Chunk
    document_name: str
    hit: Hit
    tokens: str
    highlight: str | None


@dataclass(frozen=True, slots=True)
class DocumentCount:
    """How many of the returned chunks a document has."""

    id: str
    name: str
    count: int


@dataclass(frozen=True, slots=True)
class Retrieved:
    """One page of the answer; `total` counts all chunks at or over the threshold."""

    total: int = 0
    chunks: list[RetrievedChunk] = field(default_factory=list)
    documents: list[DocumentCount] = field(default_factory=list)


def scope(principal: Principal, *, dataset_ids: Sequence[str], document_ids: Sequence[str] = ()) -> Scope:
    """The datasets of these ids, or, without any, those of the documents (decisions B4).

    Raises NotFound for what is out of reach, Conflict models.differ.
    """
    ids = list(dict.fromkeys(dataset_ids)) or _datasets_of(principal, document_ids)
    datasets = readable_datasets(principal, ids)
    if len({dataset.model for dataset in datasets}) > 1:
        raise Conflict("models.differ", "Datasets use different embedding models.")
    return Scope(tuple(datasets))


def retrieve(scope: Scope, *, search: Search) -> Retrieved:
    """Answer one question from the scope. A score depends on question, index and weight alone, never on page or filter.

    Raises InvalidInput document.outside, top_k.range or rerank.unknown, Unavailable.
    """
    documents = _documents_asked(scope, search)
    if search.top_k <= 0:
        raise InvalidInput("top_k", "top_k must be greater than 0", condition="top_k.range")
    if search.rerank_id:
        raise InvalidInput("rerank_id", f"Model({search.rerank_id}) not authorized", condition="rerank.unknown", model=search.rerank_id)
    if not search.question.strip() or documents == []:
        return Retrieved()
    keys = sorted({index_key(dataset) for dataset in scope.datasets}, key=lambda key: key.tenant)
    question = Question(
        text=search.question,
        datasets=[dataset.id for dataset in scope.datasets],
        documents=documents,
        weight=search.vector_similarity_weight,
        threshold=search.similarity_threshold,
        top_k=search.top_k,
    )
    return ranking.read(keys, lambda: _answered(keys, question, search))


def _answered(keys: Sequence[IndexKey], question: Question, search: Search) -> Retrieved:
    hits = ranking.rank(keys, question)
    start = max(search.page - 1, 0) * search.page_size
    return _presented(hits[start : start + search.page_size], len(hits), search)


def _datasets_of(principal: Principal, document_ids: Sequence[str]) -> list[str]:
    within = Document.dataset.in_(Dataset.select(Dataset.id).where(reach(principal)))
    found = {row.id: row.dataset for row in select_in(Document, Document.id, document_ids, within)}
    for id in document_ids:
        if id not in found:
            raise InvalidInput("document_ids", f"The datasets don't own the document {id}", condition="document.outside", id=id)
    return list(dict.fromkeys(found.values()))


def _documents_asked(scope: Scope, search: Search) -> list[str] | None:
    """The documents to search in; None for all of the scope."""
    ids = [dataset.id for dataset in scope.datasets]
    asked = list(dict.fromkeys(search.document_ids))
    if asked:
        known = {row.id for row in select_in(Document, Document.id, asked, Document.dataset.in_(ids))}
        for id in asked:
            if id not in known:
                raise InvalidInput("document_ids", f"The datasets don't own the document {id}", condition="document.outside", id=id)
    if search.metadata_condition is None:
        return asked or None
    matching = matching_documents(ids, search.metadata_condition)
    return [id for id in asked if id in matching] if asked else list(matching)


def _presented(hits: Sequence[Hit], total: int, search: Search) -> Retrieved:
    rows = _rows([hit.slot for hit in hits])
    if len(rows) < len(hits):
        raise ranking.Moved
    words = terms.question_terms(search.question)
    chunks = [_found(rows[hit.slot], hit, words if search.highlight else None) for hit in hits]
    counts = Counter((found.chunk.document, found.document_name) for found in chunks)
    return Retrieved(total, chunks, [DocumentCount(id, name, count) for (id, name), count in counts.most_common()])


def _rows(slots: Sequence[int]) -> dict[int, Any]:
    """The rows of these slots with their document's name, by slot; one that is gone is left out."""
    found: dict[int, Any] = {}
    for batch in chunked(slots, BATCH):
        rows = Chunk.select(*_SHOWN).join(Document, on=(Chunk.document == Document.id)).where(Chunk.slot.in_(batch))
        found.update({row.slot: row for row in rows.objects()})
    return found


def _found(row: Any, hit: Hit, marked: Sequence[str] | None) -> RetrievedChunk:
    """The chunk as it answers; `marked` are the words to highlight, None for no highlight at all."""
    tokens = " ".join(terms.chunk_terms(content=row.content))
    return RetrievedChunk(row, row.document_name, hit, tokens, None if marked is None else _highlighted(row.content, marked))


def _highlighted(content: str, words: Sequence[str]) -> str:
    """The marked sentences, or the whole content, as HTML, when nothing matches (contract 3.16)."""
    return highlight.mark(content, words) or html.escape(content, quote=False)
