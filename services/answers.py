"""The door to answering: a chat's setup and a history become the events of an answer (RAGFlow v1 contract 6)."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from chat import llm, prompt, writing
from chat import questions as preparing
from chat.catalogue import Model
from chat.cite import Vectors
from chat.exchange import Answered, DocumentCount, Event, Failed, Passage, Reference, Setup, Silence, Text, Turn, Usage, Variable
from chat.markers import ragflow_markers, without_markers
from chat.wording import EMPTY_RESPONSE, KNOWLEDGE, LAST_NOT_USER, LLM_DEFAULTS, MODELS_DIFFER, OPENER, PROMPT
from chat.writing import Material, Task
from models.database import give_back
from models.errors import AppError, InvalidInput
from models.tables import Chunk, Dataset, Document
from search.embedding import embedder
from services import models, retrieval
from services.access import Principal, reach, select_in
from services.retrieval import Retrieved, RetrievedChunk, Scope, Search

__all__ = [
    "EMPTY_RESPONSE", "KNOWLEDGE", "LLM_DEFAULTS", "OPENER", "PROMPT",
    "Answered", "DocumentCount", "Event", "Failed", "Passage", "Reference", "Setup", "Silence", "Text", "Turn", "Usage", "Variable",
    "answer", "ragflow_markers", "related_questions", "without_markers",
]  # fmt: skip

MOST_PASSAGES = 1024


@dataclass(frozen=True, slots=True)
class _Plan:
    """What was checked before the first event."""

    task: Task
    scope: Scope
    search: Search | None  # None: nothing to search, or no document of those asked for is there
    reranker: Model | None


def answer(
    principal: Principal,
    setup: Setup,
    *,
    turns: Sequence[Turn],
    quote: bool = True,
    documents: Sequence[str] = (),
    variables: Mapping[str, object] = {},
) -> Iterator[Event]:
    """Answer the last of the turns: first Text and Silence as they come, then one Answered or Failed. Close it to give the answer up.

    Datasets that are gone are left out; which are searched is settled here, before any model or document has a say. `documents`
    narrow the search, those attached to the last turn and to earlier ones go before them (legacy contract 6.4.2). Rows are
    read in the caller's thread, and no connection is kept while a model writes.
    Raises, before the first event: InvalidInput turns.missing, turns.last, question.blank,
    variable.missing, chat_model.unknown or rerank.unknown, Conflict cross_languages.unavailable.
    """
    history = _history(turns)
    model = models.chat_model(principal.tenant, setup.model)
    reranker = models.rerank_model(principal.tenant, setup.rerank_model) if setup.rerank_model else None
    scope = Scope(datasets_within_reach(principal, setup.datasets), principal.tenant)
    values = prompt.values(setup, variables) if scope.datasets else {}  # without, the prompt stays as it is (contract 6)
    task = Task(setup, model, history, values, quote and setup.quote, grounded=bool(scope.datasets), question=history[-1].content)
    search = _search(setup, scope, _attached(history) or tuple(documents))
    if search is not None:
        retrieval.asked(model, search)
    return _events(_Plan(task, scope, search, reranker))


def whole(events: Any) -> Answered:
    """The answer that a generator of events ends with. Raises the error that it fails with."""
    with closing(events):
        for event in events:
            if isinstance(event, Failed):
                raise event.error
            if isinstance(event, Answered):
                answered = event
    return answered


def related_questions(principal: Principal, *, question: str) -> list[str]:
    """Questions that may come next (RAGFlow v1 contract 3.31, decisions B18)."""
    steps = preparing.related(models.chat_model(principal.tenant), question)
    give_back()
    found: list[str] = llm.waited(steps)
    return found


def _history(turns: Sequence[Turn]) -> tuple[Turn, ...]:
    """The user's and the assistant's turns from the user's first on, those before the question without markers. Raises InvalidInput."""
    said = [turn for turn in turns if turn.role != "system"]
    while said and said[0].role != "user":
        said.pop(0)
    if not said:
        raise InvalidInput("messages", LAST_NOT_USER, condition="turns.missing")
    if said[-1].role != "user":
        raise InvalidInput("messages", LAST_NOT_USER, condition="turns.last")
    if not said[-1].content.strip():
        raise InvalidInput("question", "Please input your question.", condition="question.blank")
    earlier = (replace(turn, content=without_markers(turn.content)) for turn in said[:-1] if turn.role in ("user", "assistant"))
    return (*earlier, said[-1])


def _attached(turns: Sequence[Turn]) -> tuple[str, ...]:
    if not turns[-1].documents:
        return ()
    return tuple(dict.fromkeys(id for turn in turns for id in turn.documents))


def datasets_within_reach(principal: Principal, ids: Sequence[str]) -> tuple[Dataset, ...]:
    """The datasets within reach, in their order; a chat that has lost all of its own is one without (contract 2.7)."""
    found = {row.id: row for row in select_in(Dataset, Dataset.id, list(ids), reach(principal))}
    return tuple(found[id] for id in dict.fromkeys(ids) if id in found)


def _search(setup: Setup, scope: Scope, documents: Sequence[str]) -> Search | None:
    if not scope.datasets or not prompt.wants_passages(setup):
        return None
    return Search(
        question="",
        document_ids=documents,
        page_size=min(max(setup.top_n, 1), MOST_PASSAGES),
        similarity_threshold=setup.similarity_threshold,
        vector_similarity_weight=setup.vector_similarity_weight,
        top_k=max(setup.top_k, 1),
        keyword=setup.keyword,
        cross_languages=setup.cross_languages,
    )


def _events(plan: _Plan) -> Iterator[Event]:
    if len({dataset.model for dataset in plan.scope.datasets}) > 1:
        yield replace(writing.declined(plan.task, MODELS_DIFFER), reference=None)
        return
    try:
        task, material = yield from _searched(plan)
        give_back()
        yield from writing.write(task, material)
    except AppError as error:
        yield Failed(error, "")


def _searched(plan: _Plan) -> Generator[Event, None, tuple[Task, Material]]:
    """The task with the question that was searched, and what was found."""
    task, search = plan.task, plan.search
    if search is None:
        return task, Material()
    began = time.perf_counter()
    if task.setup.refine_multiturn and sum(turn.role == "user" for turn in task.turns) > 1:
        completed = yield from _silently(preparing.completed(task.model, task.turns))
        task = replace(task, question=completed)
    search = replace(search, question=task.question)
    questions = yield from _silently(retrieval.asked(task.model, search))
    prepared = time.perf_counter()
    found = _found(plan, search, questions)
    material = material_from(plan.scope, found)
    seconds = {"Question": prepared - began, "Retrieval": time.perf_counter() - prepared}
    return replace(task, searched=True, seconds=seconds), material


def _silently(steps: Generator[None, None, Any]) -> Generator[Event, None, Any]:
    with closing(steps):
        while True:
            try:
                next(steps)
            except StopIteration as end:
                return end.value
            yield Silence()


def _found(plan: _Plan, search: Search, questions: Sequence[str]) -> Retrieved:
    """What the search finds; documents that are gone are left out, and when none is left nothing is found, never more than was asked."""
    if search.document_ids:
        here = Document.dataset.in_([dataset.id for dataset in plan.scope.datasets])
        search = replace(search, document_ids=[row.id for row in select_in(Document, Document.id, search.document_ids, here)])
        if not search.document_ids:
            return Retrieved()
    return retrieval.find(plan.scope, search=search, questions=questions, reranker=plan.reranker)


def material_from(scope: Scope, found: Retrieved) -> Material:
    """What was found as an answer is made from it; vectors are read when sentences are to be matched."""
    if not found.chunks:
        return Material()
    slots = [one.chunk.slot for one in found.chunks]
    rows = select_in(Document, Document.id, [count.id for count in found.documents])
    return Material(
        total=found.total,
        passages=tuple(map(_passage, found.chunks)),
        documents=tuple(found.documents),
        vectors=lambda: _vectors(slots),
        embed=lambda texts: embedder(scope.datasets[0].model).embed_passages(texts),
        meta={row.id: row.meta_fields or {} for row in rows},
        space=scope.datasets[0].model,
    )


def _passage(found: RetrievedChunk) -> Passage:
    chunk, hit = found.chunk, found.hit
    return Passage(
        chunk_id=chunk.id,
        content=chunk.content,
        document_id=chunk.document,
        document_name=found.document_name,
        dataset_id=chunk.dataset,
        image_id=chunk.image_id,
        image_kind=chunk.image_kind,
        important_keywords=chunk.important_keywords,
        positions=chunk.positions,
        tokens=found.tokens,
        similarity=hit.similarity,
        term_similarity=hit.term_similarity,
        vector_similarity=hit.vector_similarity,
    )


def _vectors(slots: Sequence[int]) -> Vectors:
    """The stored vectors of these slots; zeros for a chunk that has gone meanwhile."""
    stored = {row.slot: np.frombuffer(row.vector, dtype=np.float16).astype(np.float32) for row in select_in(Chunk, Chunk.slot, slots)}
    dimension = next((len(vector) for vector in stored.values()), 1)
    return np.array([stored.get(slot, np.zeros(dimension, dtype=np.float32)) for slot in slots])
