"""What a run of a canvas tells while it goes, what it may spend, and what is noted of each step."""

from __future__ import annotations

from dataclasses import dataclass

from chat.exchange import Failed, Reference, Silence, Text, Usage

SHOWN = 4_000  # characters of an input or output in a trace


@dataclass(frozen=True, slots=True)
class Limits:
    """What one run may take: seconds, tokens of models, steps."""

    seconds: float = 300.0
    tokens: int = 200_000
    steps: int = 1_000


@dataclass(frozen=True, slots=True)
class Started:
    """A component begins; `name` is what its author calls it."""

    component: str
    name: str


@dataclass(frozen=True, slots=True)
class Spoken:
    """An Answer has spoken: the run's last event. `reference` is None where nothing was retrieved; `created_at` in epoch seconds."""

    text: str
    reference: Reference | None
    usage: Usage
    created_at: float
    component: str


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a run as it is shown: JSON values alone, texts shortened; `error` is empty where it went well."""

    component: str
    kind: str
    name: str
    inputs: str
    output: str
    seconds: float
    prompt_tokens: int = 0
    completion_tokens: int = 0
    error: str = ""


RunEvent = Started | Text | Silence | Spoken | Failed
