"""Canvases as editors save them: the samples beside this file, and small ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "samples"
BUILT_IN = "extractive@Dovetail"
SAMPLES = sorted(path.stem for path in FOLDER.glob("*.json"))


def sample(name: str, dataset: str = "", llm: str = BUILT_IN) -> dict[str, Any]:
    """A template by its name, its datasets being this one, its models this one."""
    text = (FOLDER / f"{name}.json").read_text(encoding="utf-8")
    text = text.replace('"DATASET"', json.dumps(dataset) if dataset else "").replace(BUILT_IN, llm)
    return dict(json.loads(text))


def component(kind: str, downstream: list[str], upstream: list[str], **params: Any) -> dict[str, Any]:
    """One entry of `components`."""
    return {"obj": {"component_name": kind, "inputs": [], "output": None, "params": params}, "downstream": downstream, "upstream": upstream}


def canvas(components: dict[str, Any]) -> dict[str, Any]:
    """A canvas of these components, as it is before anything was said."""
    return {"components": components, "graph": {"nodes": [], "edges": []}, "history": [], "messages": [], "path": [], "reference": [], "answer": []}


def chatbot(prologue: str = "Good day.", query: list[dict[str, Any]] | None = None, llm: str = BUILT_IN) -> dict[str, Any]:
    """A canvas that hands every question to a model."""
    return canvas(
        {
            "begin": component("Begin", ["Answer:Desk"], [], prologue=prologue, query=query or []),
            "Answer:Desk": component("Answer", ["Generate:Reply"], ["begin", "Generate:Reply"]),
            "Generate:Reply": component("Generate", ["Answer:Desk"], ["Answer:Desk"], llm_id=llm, prompt="Be brief.", cite=False),
        }
    )
