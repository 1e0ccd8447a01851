"""Which chat a caller means who opens a session without naming one (legacy contract 6.2, 10.4)."""

from __future__ import annotations

from models.errors import NotFound
from models.tables import Chat
from services import chats
from services.access import Principal
from services.paging import Paging


def chat_for(principal: Principal, *, named: str = "", usual: str = "") -> Chat:
    """The chat that the caller's key is bound to, else the one named, else the `usual` one when it is the caller's, else its only one.

    Raises NotFound, also of a key that is bound to an agent.
    """
    if principal.agent:
        raise NotFound("chat", principal.agent)
    if principal.chat or named:
        return chats.get(principal, principal.chat or named)
    preferred = Chat.get_or_none((Chat.id == usual) & (Chat.tenant == principal.tenant)) if usual else None
    own = [preferred] if preferred else chats.list_(principal, paging=Paging(page_size=2))
    if len(own) != 1:
        raise NotFound("chat", "")
    return own[0]
