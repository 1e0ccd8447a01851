"""Conversations: opened for whoever holds a key, and read back (legacy contract 6.2, 6.3)."""

from __future__ import annotations

from typing import Any

from flask import g, request
from werkzeug.exceptions import MethodNotAllowed

from legacy.blueprint import LegacyBlueprint
from legacy.options import options
from legacy.schemas.conversations import Conversation, ConversationCreate, Opening
from services import openings, sessions

KIND = sessions.LEGACY

blp = LegacyBlueprint("conversations", __name__, url_prefix="/v1/api", description="What is said with a chat or an agent.")


@blp.route("/new_conversation", methods=["GET", "POST"])
@blp.reads(ConversationCreate)
@blp.response(200, Conversation)
def open_conversation(body: Any) -> Any:
    """Open a conversation with a chat or an agent; its first message is the opener."""
    if request.method == "HEAD":  # which Flask serves wherever it serves GET
        raise MethodNotAllowed
    opening: Opening = body()
    return openings.open_session(g.principal, named=opening.chat, usual=options().default_chat, caller=opening.caller)


@blp.get("/conversation/<conversation_id>")
@blp.response(200, Conversation)
def get_conversation(conversation_id: str) -> Any:
    """Read a conversation with all that was said, and what each answer rests on."""
    return openings.find(g.principal, conversation_id)
