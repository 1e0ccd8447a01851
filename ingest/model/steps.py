"""The steps of a parse beyond reading and embedding, in their order, and what they cost (contract 4.3)."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from peewee import chunked

from ingest.model import graph, raptor
from ingest.model.extras import Extras
from ingest.model.words import Words
from ingest.model.writer import Metered, opened
from ingest.publish import Passage
from ingest.spool import Spool
from ingest.work import EMBED_BATCH, Work


class ModelSteps:
    """What a document asks for beside its chunks, and the model that does it."""

    def __init__(self, extras: Extras, *, tenant: str) -> None:
        """Raise InvalidInput, before any work is done, when a language model is needed and the tenant has only the built-in one."""
        writer = opened(tenant) if extras.any else None
        if writer is None:
            extras.require_model()
        self._extras, self._tenant = extras, tenant
        self._writer = Metered(writer) if writer is not None else None

    @property
    def count(self) -> int:
        """How many steps there are."""
        return sum(map(bool, (self._gives_words, self._extras.raptor, self._extras.graph)))

    @property
    def _gives_words(self) -> bool:
        return bool(self._extras.keywords or self._extras.questions or self._extras.tag_datasets)

    def before_embedding(self, work: Work, folder: Path) -> None:
        """Give every passage its keywords, questions and tags. Raises Unavailable."""
        if not self._gives_words or not len(work.passages):
            return
        begun, say = time.monotonic(), work.stages.next()
        given = Spool[Passage](folder / "worded")
        words = Words(self._extras, self._writer, tenant=self._tenant, passages=work.passages)
        for passage in words.given(work.passages, len(work.passages), say):
            given.add(passage)
        work.passages.close()
        work.passages = given
        work.progress.note(f"Words for {len(given)} chunks ({self._spent(begun)})")

    def after_embedding(self, work: Work) -> None:
        """Add what a model writes of the chunks: summaries, then a graph, each of the file's own chunks. Raises Unavailable."""
        texts = [passage.content for passage in work.passages] if self._extras.raptor or self._extras.graph else []
        if not texts or self._writer is None:
            return
        if self._extras.raptor is not None:
            self._timed(work, lambda: self._summaries(work, texts), "RAPTOR: {} summaries")
        if self._extras.graph is not None:
            self._timed(work, lambda: self._graph(work, texts), "Graph: {} chunks")

    def _timed(self, work: Work, step: Callable[[], int], label: str) -> None:
        begun = time.monotonic()
        work.progress.note(f"{label.format(step())} ({self._spent(begun)})")
        work.progress.write()

    def _spent(self, begun: float) -> str:
        """Seconds of a step, and what its document has cost so far."""
        cost = f"; {self._writer.cost()} so far" if self._writer is not None and self._writer.calls else ""
        return f"{time.monotonic() - begun:.2f}s{cost}"

    def _summaries(self, work: Work, texts: list[str]) -> int:
        assert self._extras.raptor is not None and self._writer is not None
        vectors = np.stack([np.frombuffer(one.vector, dtype=np.float16) for one in work.embedded])
        known = {passage.id for passage in work.passages}
        found = raptor.summaries(self._extras.raptor, self._writer, texts, vectors, embed=work.vectors, say=work.stages.next())
        for summary in list(found):
            id = work.passage_id(summary.text)
            if id not in known:
                known.add(id)
                work.passages.add(Passage(id, summary.text, [], kind="summary"))
                work.keep(summary.vector[np.newaxis], [summary.text])
        return len(known) - len(texts)

    def _graph(self, work: Work, texts: list[str]) -> int:
        known = {passage.id for passage in work.passages}
        before = len(known)
        for batch in chunked(self._facts(work, texts), EMBED_BATCH):
            fresh = [passage for passage in batch if passage.id not in known and not known.add(passage.id)]  # type: ignore[func-returns-value]
            if fresh:
                written = [passage.embedded for passage in fresh]
                work.keep(work.vectors(written), written)
            for passage in fresh:
                work.passages.add(passage)
        return len(known) - before

    def _facts(self, work: Work, texts: list[str]) -> Iterator[Passage]:
        assert self._extras.graph is not None and self._writer is not None
        for fact in graph.facts(self._extras.graph, self._writer, texts, say=work.stages.next()):
            yield Passage(work.passage_id(fact.text), fact.text, [], important_keywords=fact.keywords, kind=fact.kind)
