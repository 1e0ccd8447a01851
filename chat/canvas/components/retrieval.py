"""Retrieval: the passages of datasets that answer what comes in."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from chat.canvas.call import Call
from chat.canvas.component import Component, Output, Params, Running
from chat.canvas.schema import Binding, Source, refused
from chat.canvas.world import Lookup

_SPEAKER = re.compile(r"(?:USER|ASSISTANT):")


@dataclass(frozen=True, slots=True)
class RetrievalParams(Params):
    """Those of a Retrieval; `kb_vars` are references to components or Begin parameters that name datasets."""

    kb_ids: tuple[str, ...] = ()
    kb_vars: tuple[Source, ...] = ()
    similarity_threshold: float = 0.2
    keywords_similarity_weight: float = 0.5
    top_n: int = 8
    top_k: int = 1024
    rerank_id: str = ""
    empty_response: str = ""
    tavily_api_key: str = ""
    use_kg: bool = False
    cross_languages: tuple[str, ...] = ()
    parameters: tuple[Binding, ...] = ()


class Retrieval(Component):
    """Searches by the last thing said in what comes in. Without datasets it finds nothing."""

    kind = "Retrieval"
    schema: ClassVar[type[Params]] = RetrievalParams
    params: RetrievalParams

    def check(self) -> None:
        for name in ("similarity_threshold", "keywords_similarity_weight"):
            if not 0 <= getattr(self.params, name) <= 1:
                raise refused(self.id, f"{self.id}: params.{name} should be from 0 to 1.")
        if self.params.top_n < 1 or self.params.top_k < 1:
            raise refused(self.id, f"{self.id}: params.top_n and params.top_k should be over 0.")
        if self.params.tavily_api_key or self.params.use_kg:
            raise refused(self.id, f"{self.id}: params.tavily_api_key and params.use_kg name searches that are not offered here.")

    def references(self) -> Iterable[str]:
        """What it asks with, and what names its datasets."""
        named = (source.component_id for source in self.params.kb_vars if source.type != "input" and source.component_id)
        return (*Component.references(self), *named)

    def run(self, call: Call) -> Running:
        question = _SPEAKER.split(call.text())[-1].strip()
        datasets = (*self.params.kb_ids, *self._given(call))
        if not datasets or not question:
            return self._nothing()
        material = call.world.retrieve(
            Lookup(
                question=question,
                datasets=tuple(dict.fromkeys(datasets)),
                similarity_threshold=self.params.similarity_threshold,
                vector_similarity_weight=1 - self.params.keywords_similarity_weight,
                top_n=self.params.top_n,
                top_k=self.params.top_k,
                rerank_model=self.params.rerank_id,
                cross_languages=self.params.cross_languages,
            )
        )
        if not material.passages:
            return self._nothing()
        return Output(tuple(passage.content for passage in material.passages), material=material)
        yield

    def _given(self, call: Call) -> list[str]:
        outputs = [call.output(source.component_id) for source in self.params.kb_vars if source.type != "input"]
        return [name.strip() for output in outputs for text in output.texts for name in re.split(r"[,\n]", text) if name.strip()]

    def _nothing(self) -> Output:
        return Output(nothing_found=self.params.empty_response or None)
