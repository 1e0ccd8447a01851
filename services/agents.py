"""Agents: a canvas under a title, made, changed, listed, deleted, and each canvas kept that was saved (RAGFlow v1 contract 3.30, 3.31)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chat import canvas
from models.agent_tables import Agent, AgentState, AgentTrace, AgentVersion
from models.base import database
from models.errors import Conflict, InvalidInput, NotFound
from models.tables import Session, Tenant
from services import names
from services.access import Principal
from services.paging import Paging, paged

KIND = "agent"  # of a session with an agent
MOST_VERSIONS = 20  # of one agent, the newest
LARGEST = 4 << 20  # characters of a canvas as JSON


@dataclass(frozen=True, slots=True)
class NewAgent:
    """What a client may say of an agent it makes."""

    title: str
    dsl: Mapping[str, Any]
    description: str | None = None
    avatar: str | None = None
    canvas_type: str | None = None


def create(principal: Principal, *, new: NewAgent) -> Agent:
    """Make an agent. Raises InvalidInput dsl.invalid, naming the place, and Conflict agent.title_taken."""
    _require_sound(new.dsl)
    with database.atomic():
        _take_turns(principal.tenant)
        _require_free_title(principal.tenant, new.title)
        agent = Agent.create(
            tenant=principal.tenant,
            title=new.title,
            title_key=names.key(new.title),
            description=new.description,
            avatar=new.avatar,
            canvas_type=new.canvas_type,
            dsl=new.dsl,
        )
        _keep_version(agent)
    return agent


def put(principal: Principal, *, new: NewAgent) -> Agent:
    """Make an agent, or give the one of this title what is new of it. Raises what `create` and `update` raise."""
    held = Agent.get_or_none((Agent.tenant == principal.tenant) & (Agent.title_key == names.key(new.title)))
    if held is None:
        return create(principal, new=new)
    given = {name: getattr(new, name) for name in ("dsl", "description", "avatar", "canvas_type")}
    update(principal, held.id, changes={name: value for name, value in given.items() if value is not None})
    return get(principal, held.id)


def get(principal: Principal, agent_id: str) -> Agent:
    """The caller's own agent. Raises NotFound."""
    agent = Agent.get_or_none((Agent.id == agent_id) & (Agent.tenant == principal.tenant))
    if agent is None:
        raise NotFound("agent", agent_id)
    return agent


def update(principal: Principal, agent_id: str, *, changes: Mapping[str, Any]) -> None:
    """Change the named fields, all or none; a canvas that is saved is a new version. Raises NotFound and what `create` raises."""
    if "dsl" in changes:
        _require_sound(changes["dsl"])
    fields = dict(changes)
    with database.atomic():
        _take_turns(principal.tenant)
        agent = get(principal, agent_id)
        if "title" in fields:
            fields["title_key"] = names.key(fields["title"])
            if fields["title_key"] != agent.title_key:
                _require_free_title(principal.tenant, fields["title"])
        if "dsl" in fields:
            fields["version"] = agent.version + 1
        if not fields:
            return
        Agent.change(Agent.id == agent.id, **fields)
        if "dsl" in fields:
            _keep_version(Agent.get_by_id(agent.id))


def delete(principal: Principal, agent_id: str) -> None:
    """Delete the agent, its versions, and what was said with it. Raises NotFound."""
    with database.atomic():
        _take_turns(principal.tenant)
        agent = get(principal, agent_id)
        Agent.delete().where(Agent.id == agent.id).execute()
        for table in (AgentVersion, AgentState, AgentTrace):
            table.delete().where(table.agent == agent.id).execute()
        Session.delete().where((Session.chat == agent.id) & (Session.kind == KIND)).execute()


def list_(principal: Principal, *, paging: Paging, id: str = "", title: str = "") -> list[Agent]:
    """A page of the caller's agents. Raises NotFound when none is what the filters ask for, both at once."""
    rows = Agent.select().where(Agent.tenant == principal.tenant)
    if id:
        rows = rows.where(Agent.id == id)
    if title:
        rows = rows.where(Agent.title_key == names.key(title))
    if (id or title) and not rows.exists():
        raise NotFound("agent", id or title)
    return paged(rows, Agent, paging)


def versions(agent: Agent) -> list[AgentVersion]:
    """The versions that are kept, the newest first, without their canvases."""
    columns = [field for field in AgentVersion._meta.sorted_fields if field is not AgentVersion.dsl]
    return list(AgentVersion.select(*columns).where(AgentVersion.agent == agent.id).order_by(AgentVersion.number.desc()))


def version(agent: Agent, version_id: str) -> AgentVersion:
    """One version with its canvas. Raises NotFound."""
    found = AgentVersion.get_or_none((AgentVersion.id == version_id) & (AgentVersion.agent == agent.id))
    if found is None:
        raise NotFound("version", version_id)
    return found


def _require_sound(dsl: Mapping[str, Any]) -> None:
    """Refuse what could not run."""
    size = len(json.dumps(dsl, ensure_ascii=False))
    if size > LARGEST:
        raise InvalidInput("dsl", f"dsl should have at most {LARGEST} characters, it has {size}", condition="dsl.invalid", place="dsl")
    canvas.load(dsl)


def _keep_version(agent: Agent) -> None:
    AgentVersion.create(tenant=agent.tenant, agent=agent.id, number=agent.version, title=agent.title, dsl=agent.dsl)
    outdated = AgentVersion.number <= agent.version - MOST_VERSIONS
    AgentVersion.delete().where((AgentVersion.agent == agent.id) & outdated).execute()


def _take_turns(tenant: str) -> None:
    """Let the changes of one tenant's agents come one after the other, on every database."""
    Tenant.change(Tenant.id == tenant)


def _require_free_title(tenant: str, title: str) -> None:
    if Agent.select().where((Agent.tenant == tenant) & (Agent.title_key == names.key(title))).exists():
        raise Conflict("agent.title_taken", f"Agent with title {title} already exists.", title=title)
