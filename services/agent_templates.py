"""Agents as files: templates as RAGFlow ships them, canvases alone, and the graphs that its editor of v0.17 to v0.19 exports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from models.agent_tables import Agent
from models.errors import InvalidInput
from services import json_values
from services.agents import NewAgent

MOST_TITLE = 255  # characters
_KEPT = ("description", "avatar", "canvas_type")
_STATE = ("history", "messages", "path", "reference", "answer")
# A switch of the editor, and the parameter that it takes away when it is off.
_SWITCHES = {
    "temperatureEnabled": "temperature",
    "topPEnabled": "top_p",
    "presencePenaltyEnabled": "presence_penalty",
    "frequencyPenaltyEnabled": "frequency_penalty",
    "maxTokensEnabled": "max_tokens",
}
_DRAWN = "Note"  # a node that is there for its reader alone


def agent_from(text: str, *, title: str) -> NewAgent:
    """The agent of a file's text; `title` is for one that has none. Raises InvalidInput for what is no agent."""
    try:
        given = json_values.parse(text)
    except ValueError:
        raise InvalidInput("file", "This is no JSON.") from None
    if not isinstance(given, dict):
        raise InvalidInput("file", "This is no object.")
    if isinstance(given.get("dsl"), dict):
        beside = {name: given[name] for name in _KEPT if isinstance(given.get(name), str)}
        return NewAgent(title=_title(given.get("title"), title), dsl=given["dsl"], **beside)
    if isinstance(given.get("components"), dict):
        return NewAgent(title=_title(None, title), dsl=given)
    if isinstance(given.get("nodes"), list):
        return NewAgent(title=_title(None, title), dsl=_drawn(given))
    raise InvalidInput("file", "This has neither a dsl, nor components, nor nodes.")


def _title(given: object, file: str) -> str:
    """The title that is given, else the file's name."""
    title = given.strip() if isinstance(given, str) and given.strip() else file
    json_values.check({"title": title})
    if len(title) > MOST_TITLE:
        raise InvalidInput("title", f"title should have at most {MOST_TITLE} characters.")
    return title


def template(agent: Agent) -> dict[str, Any]:
    """The agent as `agent_from` reads it, its canvas as it is before anything was said."""
    fresh: dict[str, list[Any]] = {name: [] for name in _STATE}
    beside = {name: getattr(agent, name) for name in _KEPT if getattr(agent, name) is not None}
    return {"title": agent.title, **beside, "dsl": {**agent.dsl, **fresh}}


def _drawn(graph: Mapping[str, Any]) -> dict[str, Any]:
    """The canvas that an editor drew."""
    try:
        nodes = {str(node["id"]): node for node in graph["nodes"] if node["data"]["label"] != _DRAWN}
        edges = [(str(edge["source"]), str(edge["target"])) for edge in graph.get("edges") or []]
        components = {id: _component(node) for id, node in nodes.items()}
    except (KeyError, TypeError, AttributeError):
        raise InvalidInput("file", "Its nodes and edges are not as RAGFlow's editor exports them.") from None
    for source, target in edges:
        if source in components and target in components:
            components[source]["downstream"].append(target)
            components[target]["upstream"].append(source)
    return {"components": components, "graph": dict(graph), **{name: [] for name in _STATE}}


def _component(node: Mapping[str, Any]) -> dict[str, Any]:
    data = node["data"]
    form = dict(data.get("form") or {})
    off = {name for switch, name in _SWITCHES.items() if form.get(switch) is False}
    params = {name: value for name, value in form.items() if name not in _SWITCHES and name not in off}
    placed = {"parent_id": str(node["parentId"])} if node.get("parentId") else {}
    obj = {"component_name": data["label"], "inputs": [], "output": None, "params": params}
    return {"obj": obj, "downstream": [], "upstream": [], **placed}
