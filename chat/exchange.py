"""What goes into an answer and what comes out of it, step by step: the envelopes between rooms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from chat import wording
from models.errors import AppError


@dataclass(frozen=True, slots=True)
class Turn:
    """One message of a history; `documents` are ids attached to it, which narrow the search (legacy contract 6.4.2)."""

    role: str
    content: str
    documents: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Variable:
    """A name in braces in a prompt; one that is optional may be left out by who asks."""

    key: str
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Setup:
    """What a chat says about its answers; the defaults are those of RAGFlow v1 contract 3.17.

    `model` as the client sent it, "" for the tenant's default; `llm` as sent; `vector_similarity_weight` is the stored number.
    """

    datasets: tuple[str, ...] = ()
    model: str = ""
    llm: Mapping[str, Any] = field(default_factory=dict)
    prompt: str = wording.PROMPT
    variables: tuple[Variable, ...] = (Variable(wording.KNOWLEDGE),)
    quote: bool = True
    empty_response: str = wording.EMPTY_RESPONSE
    refine_multiturn: bool = True
    keyword: bool = False
    cross_languages: tuple[str, ...] = ()
    rerank_model: str = ""
    top_n: int = 6
    top_k: int = 1024
    similarity_threshold: float = 0.2
    vector_similarity_weight: float = 0.3


@dataclass(frozen=True, slots=True)
class Passage:
    """A chunk as it was given to the model; all values go into JSON as they are."""

    chunk_id: str
    content: str
    document_id: str
    document_name: str
    dataset_id: str
    image_id: str = ""
    image_kind: str = ""
    important_keywords: Sequence[str] = ()
    positions: Sequence[Sequence[int]] = ()
    tokens: str = ""
    similarity: float = 0.0
    term_similarity: float = 0.0
    vector_similarity: float = 0.0


@dataclass(frozen=True, slots=True)
class DocumentCount:
    """How many of the passages a document has."""

    id: str
    name: str
    count: int


@dataclass(frozen=True, slots=True)
class Reference:
    """What an answer stands on: marker n is `passages[n]`; `documents` are narrowed to those cited, or all when none is."""

    total: int
    passages: tuple[Passage, ...]
    documents: tuple[DocumentCount, ...]


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens that were read and written, as the model counted them, else by cl100k."""

    prompt_tokens: int
    completion_tokens: int

    @property
    def total_tokens(self) -> int:
        """Both together."""
        return self.prompt_tokens + self.completion_tokens


@dataclass(frozen=True, slots=True)
class Text:
    """The whole text so far."""

    whole: str


@dataclass(frozen=True, slots=True)
class Silence:
    """Nothing new for a while; whoever listens wants a sign of life (decisions C5, D5)."""


@dataclass(frozen=True, slots=True)
class Answered:
    """The finished answer, its markers placed. `reference` is None where there is nothing to cite; `created_at` in epoch seconds.

    `grounded` tells whether datasets were asked at all (contract 3.25: without them the last event is a partial one).
    """

    text: str
    reference: Reference | None
    prompt: str
    usage: Usage
    created_at: float
    grounded: bool


@dataclass(frozen=True, slots=True)
class Failed:
    """The answer broke off with an error that is safe to show; `text` is what had come of it."""

    error: AppError
    text: str


Event = Text | Silence | Answered | Failed
