"""Questions to a model, with files and datasets to answer from (contract 4)."""

from __future__ import annotations

from typing import Any

from flask import Response, g

from api.openwebui.answering import Answering, in_order
from api.openwebui.blueprint import OpenWebuiBlueprint
from api.openwebui.schemas.completions import ChatComplete, Request
from api.wire.streams import event_stream
from services import replies

blp = OpenWebuiBlueprint("completions", __name__, description="Answers of a model, from files where the request names some.")


@blp.post("/api/v1/chat/completions", endpoint="complete_alias")
@blp.post("/api/chat/completions")
@blp.reads(ChatComplete)
@blp.response(200, {"type": "object"})
@blp.may_stream
@blp.refuses(400, 422)
def complete(body: Any) -> Response:
    """Answer the messages."""
    asked: Request = body()
    answering = Answering(replies.reply(g.principal, asked.asked), asked)
    return event_stream(answering.begun()) if asked.stream else in_order(answering.whole())
