"""Canvases for tests, written short: components with their parameters and successors."""

from __future__ import annotations

from typing import Any

MODEL = {"llm_id": "scripted"}
BUILT_IN = {"llm_id": "extractive@Dovetail"}


def component(name: str, *after: str, parent: str = "", **params: Any) -> dict[str, Any]:
    """An entry of `components`."""
    entry: dict[str, Any] = {"obj": {"component_name": name, "params": params}, "downstream": list(after), "upstream": []}
    return {**entry, "parent_id": parent} if parent else entry


def canvas(**components: dict[str, Any]) -> dict[str, Any]:
    """A DSL; `__` in an id stands for its colon."""
    named = {id.replace("__", ":"): entry for id, entry in components.items()}
    for id, entry in named.items():
        for one in entry["downstream"]:
            if one in named:
                named[one]["upstream"].append(id)
    return {"components": named, "graph": {"nodes": [], "edges": []}, "history": [], "messages": [], "path": [], "reference": [], "answer": []}
