"""Rerankers behind a `/rerank` route, as Jina, Cohere, vLLM, Xinference and LocalAI have it."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

import numpy as np

from chat import llm
from chat.catalogue import Model
from chat.failures import ModelFailed

log = logging.getLogger(__name__)


def scores(model: Model, question: str, texts: Sequence[str]) -> list[float]:
    """How well each text answers, 0..1, in their order; a model that answers with logits is brought to that range.

    Raises ModelFailed.
    """
    body = {"model": model.path, "query": question, "documents": list(texts), "top_n": len(texts)}
    answer = llm.posted(model, "/rerank", body, noun="rerank model")
    try:
        found = {int(one["index"]): float(one["relevance_score"]) for one in answer["results"]}
        given = np.array([found[number] for number in range(len(texts))])
    except (KeyError, TypeError, ValueError):
        log.error("The rerank model %s answered something else than scores.", model.label)
        raise ModelFailed("rerank model", "malformed") from None
    if not np.isfinite(given).all():
        raise ModelFailed("rerank model", "malformed")
    if given.size and (given.min() < 0 or given.max() > 1):
        given = 1 / (1 + np.exp(-np.clip(given, -60, 60)))
    scored: Any = np.round(given, 6).tolist()
    return list(scored)
