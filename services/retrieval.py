"""Retrieval: which chunks answer a question, how well, and where (RAGFlow v1 contract 3.16; decisions B4, B6, B13)."""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from peewee import chunked

from chat import llm, rerank
from chat import questions as preparing
from chat.catalogue import Model
from chat.exchange import DocumentCount
from models.database import give_back
from models.errors import Conflict, InvalidInput
from models.tables import Chunk, Dataset, Document
from search import highlight, ranking, terms
from search.index import IndexKey
from search.ranking import Hit, Question
from search.rows import graph_of
from services import models
from services.access import BATCH, Principal, reach, readable_datasets, select_in
from services.metadata import MetadataCondition, matching_documents
from services.removal import index_key

__all__ = ["DocumentCount", "Retrieved", "RetrievedChunk", "Scope", "Search", "asked", "find", "retrieve", "scope"]

RERANKED = 64  # candidates that a rerank model is given
MOST_QUESTIONS = 8  # languages that one question is translated to

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
    """The datasets a question goes to, all of one embedding model, and the tenant who asks, whose models are used."""

    datasets: tuple[Dataset, ...]
    tenant: str


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
    keyword: bool = False
    cross_languages: Sequence[str] = ()
    use_kg: bool = False  # whether the graphs of the datasets answer too


@dataclass(frozen=True, slots=True)
class RetrievedChunk:
    """A chunk that answers: its row, its document's name, its scores, its tokens, and its marked text when asked for."""

    chunk: Chunk
    document_name: str
    hit: Hit
    tokens: str
    highlight: str | None


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
    return Scope(tuple(datasets), principal.tenant)


def retrieve(scope: Scope, *, search: Search) -> Retrieved:
    """Answer one question from the scope. A score depends on question, index and weight alone, never on page or filter.

    Raises InvalidInput document.outside, top_k.range or rerank.unknown, Conflict cross_languages.unavailable, Unavailable.
    """
    reranker = models.rerank_model(scope.tenant, search.rerank_id) if search.rerank_id else None
    model = models.chat_model(scope.tenant) if search.keyword or search.cross_languages else None
    documents = _documents_asked(scope, search)
    if search.top_k <= 0:
        raise InvalidInput("top_k", "top_k must be greater than 0", condition="top_k.range")
    if not search.question.strip() or documents == []:
        return Retrieved()
    give_back()
    questions = llm.waited(asked(model, search)) if model else [search.question]
    return _found_by(scope, search, questions, documents, reranker)


def asked(model: Model, search: Search) -> Generator[None, None, list[str]]:
    """The question with its keywords, and its translations, as the search says; yields for each while of silence (B13, contract 5.8).

    Raises Conflict cross_languages.unavailable, at once, where only the built-in model is there.
    """
    if search.cross_languages and model.built_in:
        message = "`cross_languages` needs a chat model, and none is configured."
        raise Conflict("cross_languages.unavailable", message)
    return _asked(model, search)


def find(scope: Scope, *, search: Search, questions: Sequence[str], reranker: Model | None) -> Retrieved:
    """As `retrieve`, for questions that are prepared already: a chunk counts by the one that it answers best."""
    documents = _documents_asked(scope, search)
    return Retrieved() if documents == [] else _found_by(scope, search, questions, documents, reranker)


def _asked(model: Model, search: Search) -> Generator[None, None, list[str]]:
    question = search.question
    questions = [question]
    if search.cross_languages:
        questions += yield from preparing.translated(model, question, list(search.cross_languages)[:MOST_QUESTIONS])
    if search.keyword:
        words = yield from preparing.keywords(model, question)
        questions[0] = " ".join((question, *(word for word in words if word.lower() not in question.lower())))
    return questions


def _found_by(
    scope: Scope, search: Search, questions: Sequence[str], documents: list[str] | None, reranker: Model | None
) -> Retrieved:
    keys = sorted({index_key(dataset) for dataset in scope.datasets}, key=lambda key: key.tenant)
    common = Question(
        text=search.question,
        datasets=[name for dataset in scope.datasets for name in ((dataset.id, graph_of(dataset.id)) if search.use_kg else (dataset.id,))],
        documents=documents,
        weight=search.vector_similarity_weight,
        threshold=search.similarity_threshold,
        top_k=search.top_k,
    )
    wanted = [replace(common, text=text) for text in dict.fromkeys(questions)]
    if reranker is None or reranker.built_in:
        return ranking.read(keys, lambda: _answered(keys, wanted, search))
    wide = [replace(one, threshold=0.0) for one in wanted]
    first = replace(search, page=1, page_size=RERANKED)
    return _reranked(reranker, ranking.read(keys, lambda: _answered(keys, wide, first)).chunks, search)


def _answered(keys: Sequence[IndexKey], questions: Sequence[Question], search: Search) -> Retrieved:
    hits = _ranked(keys, questions)
    return _presented(_page(hits, search), len(hits), search, " ".join(question.text for question in questions))


def _ranked(keys: Sequence[IndexKey], questions: Sequence[Question]) -> list[Hit]:
    """The hits of all the questions, each once, by its best score."""
    if len(questions) == 1:
        return ranking.rank(keys, questions[0])
    best: dict[int, Hit] = {}
    for question in questions:
        for hit in ranking.rank(keys, question):
            if hit.slot not in best or hit.similarity > best[hit.slot].similarity:
                best[hit.slot] = hit
    return sorted(best.values(), key=lambda hit: (-hit.similarity, hit.chunk_id, hit.slot))


def _reranked(reranker: Model, candidates: Sequence[RetrievedChunk], search: Search) -> Retrieved:
    """The candidates by the reranker's score in place of the vectors' (retrieval.md 1a). Raises Unavailable."""
    weight = min(max(search.vector_similarity_weight, 0.0), 1.0)
    give_back()
    scores = rerank.scores(reranker, search.question, [found.chunk.content for found in candidates]) if candidates else []
    rescored = []
    for found, score in zip(candidates, scores, strict=True):
        similarity = round((1 - weight) * found.hit.term_similarity + weight * score, 6)
        if similarity >= search.similarity_threshold:
            rescored.append(replace(found, hit=replace(found.hit, similarity=similarity, vector_similarity=score)))
    rescored.sort(key=lambda found: (-found.hit.similarity, found.hit.chunk_id, found.hit.slot))
    page = _page(rescored, search)
    return Retrieved(len(rescored), page, _counts(page))


def _page(ranked: list[Any], search: Search) -> list[Any]:
    start = max(search.page - 1, 0) * search.page_size
    return ranked[start : start + search.page_size]


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


def _presented(hits: Sequence[Hit], total: int, search: Search, question: str) -> Retrieved:
    rows = _rows([hit.slot for hit in hits])
    if len(rows) < len(hits):
        raise ranking.Moved
    words = terms.question_terms(question)
    chunks = [_found(rows[hit.slot], hit, words if search.highlight else None) for hit in hits]
    return Retrieved(total, chunks, _counts(chunks))


def _counts(chunks: Sequence[RetrievedChunk]) -> list[DocumentCount]:
    counts = Counter((found.chunk.document, found.document_name) for found in chunks)
    return [DocumentCount(id, name, count) for (id, name), count in counts.most_common()]


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
