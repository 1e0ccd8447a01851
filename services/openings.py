"""What old clients talk with: a chat, or an agent, whichever their key or their words mean (legacy contract 6.2, 6.4.8, 10.4)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from models.agent_tables import Agent
from models.errors import NotFound
from models.tables import Chat, Session
from services import agent_sessions, agents, chats, completions, sessions
from services.access import Principal
from services.completions import Asked
from services.paging import Paging


def open_session(principal: Principal, *, named: str = "", usual: str = "", caller: str = "") -> Session:
    """Open a session with what the caller's key is bound to, else the chat or agent named, else the `usual` chat or the caller's only one.

    Raises NotFound of `chat`, also of an agent that is gone.
    """
    partner = _partner_for(principal, named, usual)
    if isinstance(partner, Agent):
        return agent_sessions.open_unasked(partner, caller=caller)
    return sessions.create(partner, caller=caller, kind=sessions.LEGACY)


def find(principal: Principal, session_id: str) -> Session:
    """The caller's session, of the legacy dialect's own or with an agent, whoever opened that (legacy contract 5.1). Raises NotFound."""
    try:
        return sessions.find(principal, session_id, kind=sessions.LEGACY)
    except NotFound:
        return sessions.find(principal, session_id, kind=agents.KIND)


def is_with_agent(session: Session) -> bool:
    """Whether it is an agent that the session is with."""
    return bool(session.kind == agents.KIND)


def partner_of(principal: Principal, session: Session) -> Chat | Agent:
    """What the session is with. Raises NotFound of `chat`."""
    return _agent(principal, session.chat) if is_with_agent(session) else chats.get(principal, session.chat)


def converse(principal: Principal, partner: Chat | Agent, session: Session, *, asked: Asked) -> Iterator[Any]:
    """Answer, and store what was said, as services.completions.converse and services.agent_sessions.converse_afresh do.

    Raises what those raise, and of an agent too InvalidInput turns.missing and turns.last.
    """
    if isinstance(partner, Agent):
        return agent_sessions.converse_afresh(principal, partner, session, asked=asked)
    return completions.converse(principal, partner, session, asked=asked)


def _partner_for(principal: Principal, named: str, usual: str) -> Chat | Agent:
    if principal.agent:
        return _agent(principal, principal.agent)
    if principal.chat:
        return chats.get(principal, principal.chat)
    if named:
        return _named(principal, named)
    preferred = Chat.get_or_none((Chat.id == usual) & (Chat.tenant == principal.tenant)) if usual else None
    own = [preferred] if preferred else chats.list_(principal, paging=Paging(page_size=2))
    if len(own) != 1:
        raise NotFound("chat", "")
    return own[0]


def _named(principal: Principal, id: str) -> Chat | Agent:
    try:
        return chats.get(principal, id)
    except NotFound:
        return _agent(principal, id)


def _agent(principal: Principal, id: str) -> Agent:
    """An agent, for old clients, who have one word for it and for a chat."""
    try:
        return agents.get(principal, id)
    except NotFound:
        raise NotFound("chat", id) from None
