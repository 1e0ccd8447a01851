"""Passages that answer a question, from datasets and single files, wherever these are (Open WebUI contract 4.3, 7)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from models import file_texts
from models.database import give_back
from models.tables import Chunk, Dataset, Document, File
from services import retrieval, sharing
from services.access import Principal, select_in
from services.retrieval import RetrievedChunk, Scope, Search

MOST = 1024  # passages of one answer
SEARCHED = 4 << 20  # bytes of a file whose text is looked through for where a passage begins


@dataclass(frozen=True, slots=True)
class Place:
    """Where to look: a dataset, or one file wherever it is placed; one of the two is set."""

    dataset: str = ""
    file: str = ""


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage, how near it is (`distance` 1 - cosine, 0 is nearest; `score` 0..1, 1 is best), and what is told of its file."""

    id: str
    text: str
    distance: float
    score: float
    term_similarity: float
    vector_similarity: float
    file: str
    name: str
    digest: str  # of the file's text
    created_by: str
    dataset: str  # empty for a file that is in none
    page: int | None
    start: int  # where it begins in the text of a file that was asked by itself; 0 else
    model: str
    content_type: str | None
    size: int


@dataclass(frozen=True, slots=True)
class _Group:
    """What one search looks in: datasets of one model, all of them or these documents of theirs alone."""

    datasets: tuple[Dataset, ...]
    documents: tuple[str, ...] = ()


def search(
    principal: Principal, *, places: Sequence[Place], questions: Sequence[str], count: int, hybrid: bool = True, threshold: float = 0.0
) -> list[Passage]:
    """The passages that answer one of the questions best, best first, equal texts once; without `hybrid` by their vectors alone.

    Places that are unknown or out of reach give nothing. Raises Unavailable.
    """
    asked = [question for question in dict.fromkeys(questions) if question.strip()]
    wanted = max(0, min(count, MOST))
    groups = list(_groups(principal, places))
    if not asked or not wanted or not groups:
        return []
    give_back()
    how = Search(asked[0], similarity_threshold=threshold, vector_similarity_weight=0.3 if hybrid else 1.0)
    found = [(one, group) for group in groups for one in _distinct(principal, group, how, asked, wanted)]
    found.sort(key=lambda pair: _order(pair[0], hybrid))
    texts: dict[str, tuple[RetrievedChunk, _Group]] = {}
    for one, group in found:
        texts.setdefault(one.chunk.content, (one, group))
    return _told(list(texts.values())[:wanted])


def exists(principal: Principal, place: Place) -> bool:
    """Whether the place is one that the caller may look in."""
    return any(_groups(principal, [place]))


def _groups(principal: Principal, places: Sequence[Place]) -> Iterator[_Group]:
    whole = sharing.among(principal, [place.dataset for place in places if place.dataset])
    for model in sorted({dataset.model for dataset in whole}):
        yield _Group(tuple(dataset for dataset in whole if dataset.model == model))
    files = list(dict.fromkeys(place.file for place in places if place.file))
    for dataset, documents in _placed(principal, files, {row.id for row in whole}):
        yield _Group((dataset,), tuple(documents))


def _placed(principal: Principal, files: Sequence[str], whole: set[str]) -> Iterator[tuple[Dataset, list[str]]]:
    """Of each file the placement that says what it says now: the one apart, else the one parsed last; not in datasets searched anyway."""
    rows = select_in(Document, Document.file, files)
    datasets = {row.id: row for row in sharing.among(principal, [row.dataset for row in rows])}
    mine = (Dataset.tenant == principal.tenant) & (Dataset.hidden == True)  # noqa: E712  (an SQL expression)
    apart = select_in(Dataset, Dataset.id, list({row.dataset for row in rows}), mine)
    datasets |= {row.id: row for row in apart}
    chosen: dict[str, Document] = {}
    for row in sorted(rows, key=lambda row: (row.dataset in datasets and datasets[row.dataset].hidden, row.process_begin_at or 0)):
        if row.dataset in datasets:
            chosen[row.file] = row
    for id in sorted({row.dataset for row in chosen.values()} - whole):
        yield datasets[id], [row.id for row in chosen.values() if row.dataset == id]


def _distinct(principal: Principal, group: _Group, how: Search, asked: Sequence[str], wanted: int) -> list[RetrievedChunk]:
    """The best of a group, so many that there are enough different texts."""
    size = wanted
    while True:
        search = replace(how, document_ids=group.documents, page_size=size)
        found = retrieval.find(Scope(group.datasets, principal.tenant), search=search, questions=asked, reranker=None)
        if len({one.chunk.content for one in found.chunks}) >= wanted or size >= found.total:
            return found.chunks
        size *= 4


def _order(found: RetrievedChunk, hybrid: bool) -> tuple[float, float, str]:
    first = found.hit.similarity if hybrid else found.hit.cosine
    return (-first, -found.hit.cosine, found.hit.chunk_id)


def _told(found: Sequence[tuple[RetrievedChunk, _Group]]) -> list[Passage]:
    documents = {row.id: row for row in select_in(Document, Document.id, list({one.chunk.document for one, _ in found}))}
    files = {row.id: row for row in select_in(File, File.id, list({row.file for row in documents.values()}))}
    own = {document.file for one, group in found if group.documents and (document := documents.get(one.chunk.document))}
    said = file_texts.whole([id for id in own if id in files and files[id].size <= SEARCHED])
    passages = []
    for one, group in found:
        document = documents.get(one.chunk.document)
        file = files.get(document.file) if document else None
        if file is not None:
            dataset = next(row for row in group.datasets if row.id == one.chunk.dataset)
            start = said[file.id].find(one.chunk.content) if group.documents and file.id in said else 0
            passages.append(_passage(one, file, dataset, page=_page(one, document), start=max(start, 0)))
    return passages


def _page(found: RetrievedChunk, document: Document | None) -> int | None:
    paged = document is not None and document.kind == "pdf" and found.chunk.positions
    return int(found.chunk.positions[0][0]) if paged else None


def _passage(found: RetrievedChunk, file: File, dataset: Dataset, *, page: int | None, start: int) -> Passage:
    chunk: Chunk = found.chunk
    return Passage(
        id=chunk.id,
        text=chunk.content,
        distance=round(max(0.0, 1 - found.hit.cosine), 6),
        score=found.hit.similarity,
        term_similarity=found.hit.term_similarity,
        vector_similarity=found.hit.vector_similarity,
        file=file.id,
        name=file.name,
        digest=file.text_digest or "",
        created_by=file.created_by or file.tenant,
        dataset="" if dataset.hidden else dataset.id,
        page=page,
        start=start,
        model=dataset.embedding_model,
        content_type=file.content_type,
        size=file.size,
    )
