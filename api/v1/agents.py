"""Agents: create, update, delete, list, and the canvases they had before (RAGFlow v1 contract 3.30, 3.31)."""

from __future__ import annotations

from typing import Any

from flask import Response, g, jsonify
from marshmallow import fields, validate

from api.v1.blueprint import Done, Error, V1Blueprint
from api.v1.schemas.agents import Agent, AgentCreate, AgentDelete, AgentQuery, AgentUpdate, AgentVersion, WholeVersion
from services import agents

blp = V1Blueprint("agents", __name__, description="Canvases of components, each under a title.")


class Yes(Done):
    """RAGFlow says of these alone that they succeeded, in words and as data."""

    message = fields.String(required=True, validate=validate.OneOf(["success"]))
    data = fields.Boolean(required=True)


_YES_OR_ERROR = {"oneOf": [Yes, Error]}


@blp.post("/agents")
@blp.reads(AgentCreate)
@blp.response(200, _YES_OR_ERROR)
def create_agent(body: Any) -> Response:
    """Create an agent; a canvas that could not run is refused, and the place told."""
    agents.create(g.principal, new=body())
    return _yes()


@blp.put("/agents/<agent_id>")
@blp.reads(AgentUpdate)
@blp.response(200, _YES_OR_ERROR)
def update_agent(body: Any, agent_id: str) -> Response:
    """Update an agent; a canvas that is saved is a new version."""
    agents.get(g.principal, agent_id)
    agents.update(g.principal, agent_id, changes=body())
    return _yes()


@blp.delete("/agents/<agent_id>")
@blp.reads(AgentDelete)
@blp.response(200, _YES_OR_ERROR)
def delete_agent(body: Any, agent_id: str) -> Response:
    """Delete an agent and what was said with it."""
    agents.get(g.principal, agent_id)
    body()
    agents.delete(g.principal, agent_id)
    return _yes()


@blp.get("/agents")
@blp.reads(AgentQuery)
@blp.response(200, Agent(many=True))
def list_agents(query: Any) -> Any:
    """List agents."""
    return agents.list_(g.principal, **query())


@blp.get("/agents/<agent_id>/versions")
@blp.response(200, AgentVersion(many=True))
def list_agent_versions(agent_id: str) -> Any:
    """List the canvases that an agent had, the newest first; the last twenty are kept."""
    return agents.versions(agents.get(g.principal, agent_id))


@blp.get("/agents/<agent_id>/versions/<version_id>")
@blp.response(200, WholeVersion)
def get_agent_version(agent_id: str, version_id: str) -> Any:
    """Read a canvas that an agent had."""
    return agents.version(agents.get(g.principal, agent_id), version_id)


def _yes() -> Response:
    return jsonify({"code": 0, "message": "success", "data": True})
