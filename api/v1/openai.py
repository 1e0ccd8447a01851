"""OpenAI-compatible answers of a chat (RAGFlow v1 contract 3.26; decisions A11, B11)."""

from __future__ import annotations

from typing import Any

from flask import Response, g, jsonify, request

from api.v1 import bodies
from api.v1.blueprint import Error, V1Blueprint
from api.v1.openai_chunks import Answering
from api.v1.schemas.openai import KEYS, ChatComplete, ChatRequest
from api.wire.streams import event_stream
from models.errors import InvalidInput
from services import chats, completions
from services.completions import Asked

blp = V1Blueprint("openai", __name__, description="Chats for clients of OpenAI's API.")

CHAT = "/chats_openai/<chat_id>"


def require_keys() -> None:
    """What is missing is told before anybody is recognised, on these routes alone (contract 3.26). Raises InvalidInput."""
    if (request.endpoint or "").endswith((".complete_chat", ".complete_agent")):
        sent = bodies.any_object()
        missing = ",".join(key for key in KEYS if key not in sent)
        if missing:
            message = f"required argument are missing: {missing}; "
            raise InvalidInput("body", message, condition="keys.missing", keys=missing)


@blp.post(f"{CHAT}/chat/completions")
@blp.reads(ChatComplete)
@blp.response(200, {"type": "object"})
@blp.may_stream
@blp.alt_response(400, schema=Error)
@blp.alt_response(404, schema=Error)
def complete_chat(body: Any, chat_id: str) -> Response:
    """Answer the last message, from the chat's datasets; nothing is stored."""
    asked: ChatRequest = body()
    chat = chats.get(g.principal, chat_id)
    events = completions.answer(g.principal, chat, asked=Asked(turns=asked.turns))
    answering = Answering(events, chat.id, asked)
    return event_stream(answering.chunks()) if asked.stream else jsonify(answering.whole())


@blp.get(f"{CHAT}/models")
@blp.response(200, {"type": "object"})
@blp.alt_response(404, schema=Error)
def list_chat_models(chat_id: str) -> Response:
    """The one model of the chat, which answers under any name."""
    chat = chats.get(g.principal, chat_id)
    model = {"id": "model", "object": "model", "created": chat.create_time // 1000, "owned_by": "dovetail"}
    return jsonify({"object": "list", "data": [model]})
