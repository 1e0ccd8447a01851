"""Files attached to a conversation, parsed before the reply (legacy contract 6.6)."""

from __future__ import annotations

from typing import Any

from flask import Response, g, jsonify

from legacy.blueprint import LegacyBlueprint, Reply
from legacy.conversations import KIND
from legacy.envelope import success
from legacy.options import options
from legacy.schemas.attachments import AttachmentUpload
from legacy.schemas.completions import ConversationNamed
from models.errors import NotFound
from services import attachments, chats, sessions

_IDS = {"type": "object", "properties": {"data": {"type": "array", "items": {"type": "string"}}}, "required": ["data"]}

blp = LegacyBlueprint("attachments", __name__, url_prefix="/v1/api", description="Files attached to a conversation.")


@blp.post("/document/upload_and_parse")
@blp.requires("conversation_id")
@blp.reads(AttachmentUpload)
@blp.reads(ConversationNamed, documented=False)
@blp.response(200, {"anyOf": [_IDS, Reply]})
def attach_files(named: Any, form: Any) -> Response:
    """Store files in the first dataset of the conversation's chat, and answer with their ids when they are parsed."""
    uploads = form()
    chat = chats.get(g.principal, _session(named()).chat)
    stored = attachments.attach(g.principal, chat, uploads=uploads, seconds=options().parse_seconds)
    return jsonify(success([document.id for document in stored]))


def _session(id: str) -> Any:
    """The conversation, of this API or of the modern one. Raises NotFound."""
    try:
        return sessions.find(g.principal, id, kind=KIND)
    except NotFound:
        return sessions.find(g.principal, id)
