"""The part of a document's parser_config that asks for more than chunks (contract 2.4); what is missing, null or nonsense is off."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from models.errors import InvalidInput

ENTITY_TYPES = ("organization", "person", "geo", "event", "category")
_MOST_KEYWORDS, _MOST_QUESTIONS, _MOST_TAGS = 32, 10, 10
SUMMARY_PROMPT = (
    "Summarise the paragraphs below. Keep to what they say, keep names, numbers and dates as they are, and write in their language."
    "\n\n{cluster_content}"
)


@dataclass(frozen=True, slots=True)
class Raptor:
    """How clusters of chunks are summarised; `threshold` is the least share of a chunk that belongs to a cluster."""

    prompt: str = SUMMARY_PROMPT
    max_tokens: int = 256
    threshold: float = 0.1
    max_clusters: int = 64
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Graph:
    """Which entities are looked for; `is_thorough` asks a second time for what was missed."""

    entity_types: tuple[str, ...] = ENTITY_TYPES
    is_thorough: bool = False
    with_communities: bool = False
    with_resolution: bool = False


@dataclass(frozen=True, slots=True)
class Extras:
    """What is asked for; None and 0 are not."""

    keywords: int = 0
    questions: int = 0
    tag_datasets: tuple[str, ...] = ()
    tags: int = 1
    raptor: Raptor | None = None
    graph: Graph | None = None

    @classmethod
    def read(cls, config: Mapping[str, Any]) -> Extras:
        """Read a parser_config of any content."""
        return cls(
            keywords=_whole(config.get("auto_keywords"), 0, _MOST_KEYWORDS),
            questions=_whole(config.get("auto_questions"), 0, _MOST_QUESTIONS),
            tag_datasets=_names(config.get("tag_kb_ids")),
            tags=_whole(config.get("topn_tags"), 1, _MOST_TAGS),
            raptor=_raptor(_group(config, "raptor")),
            graph=_graph(_group(config, "graphrag"), config.get("entity_types")),
        )

    def require_model(self) -> None:
        """Raise InvalidInput, naming it, when something is asked for that only a language model can do."""
        wanted = {"auto_questions": self.questions, "use_raptor": self.raptor, "use_graphrag": self.graph}
        for option, value in wanted.items():
            if value:
                raise InvalidInput(option, f"The parser option {option} needs a chat model, and none is configured.")

    @property
    def any(self) -> bool:
        """Whether anything is asked for."""
        return bool(self.keywords or self.questions or self.tag_datasets or self.raptor or self.graph)


def _group(config: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """The nested settings of raptor or graphrag, with what is spelled at the top level."""
    group = config.get(name)
    switch = f"use_{name}"
    return {switch: config.get(switch), **(group if isinstance(group, Mapping) else {})}


def _raptor(group: Mapping[str, Any]) -> Raptor | None:
    if not _on(group.get("use_raptor") or group.get("user_raptor")):
        return None
    prompt, threshold = group.get("prompt"), group.get("threshold")
    is_share = isinstance(threshold, int | float) and not isinstance(threshold, bool) and 0 <= threshold <= 1
    return Raptor(
        prompt=prompt if isinstance(prompt, str) and "{cluster_content}" in prompt else SUMMARY_PROMPT,
        max_tokens=_whole(group.get("max_token"), 256, 2048) or 256,
        threshold=float(threshold) if is_share else 0.1,  # type: ignore[arg-type]
        max_clusters=_whole(group.get("max_cluster"), 64, 1024) or 64,
        seed=_whole(group.get("random_seed"), 0, 2**31 - 1),
    )


def _graph(group: Mapping[str, Any], top_level_types: object) -> Graph | None:
    if not _on(group.get("use_graphrag")):
        return None
    return Graph(
        entity_types=_names(group.get("entity_types")) or _names(top_level_types) or ENTITY_TYPES,
        is_thorough=group.get("method") == "general",
        with_communities=_on(group.get("community")),
        with_resolution=_on(group.get("resolution")),
    )


def _on(value: object) -> bool:
    return value is True or (isinstance(value, int | str) and str(value).lower() in ("1", "true"))


def _whole(value: object, default: int, most: int) -> int:
    """A whole number from 0 to `most`, also when written as text."""
    if isinstance(value, str) and value.strip().isdecimal() and len(value) < 12:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not value >= 0:
        return default
    return int(min(value, most))


def _names(value: object) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.strip() for one in value if isinstance(one, str) and one.strip())) if isinstance(value, list | tuple) else ()
