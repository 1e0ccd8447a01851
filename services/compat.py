"""What the product's profile and the operator's settings decide for every use case (decisions A1, A6, B5, B8, B14)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Profile:
    """How to behave where the documents (`seed`) and RAGFlow 0.19 (`v0.19`) differ."""

    name: str
    delimiter: str  # the default of parser_config, escaped as clients see it
    exact_counters: bool  # counters equal the stored chunks, else RAGFlow's increments
    embedding_default: str  # the name an omitted embedding model is echoed by
    delete_all: bool = True  # whether a list-delete without ids may mean everything


_profile: Profile | None = None


def use(name: str, *, embedding_default: str, delete_all: bool = True) -> None:
    """Choose the profile of this process: `seed` or `v0.19`."""
    global _profile
    if name == "seed":
        _profile = Profile(name, "\\n!?;。；！？", True, embedding_default, delete_all)
    else:
        _profile = Profile(name, "\\n", False, "BAAI/bge-large-zh-v1.5@BAAI", delete_all)


def profile() -> Profile:
    """The profile in force."""
    if _profile is None:
        raise RuntimeError("services.compat.use was not called")
    return _profile
