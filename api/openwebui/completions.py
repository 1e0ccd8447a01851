"""Questions to a model, with files and datasets to answer from (contract 4)."""

from __future__ import annotations

from typing import Any

from flask import Response, g, jsonify

from api.openwebui import linking
from api.openwebui.answering import Answering
from api.openwebui.blueprint import OpenWebuiBlueprint
from api.openwebui.replies import in_order
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
    """Answer the messages; an answer that streams into a chat is told by the chat alone (contract 4.6)."""
    asked: Request = body()
    link = linking.link(g.principal, asked)
    events = replies.reply(g.principal, asked.asked)
    if link and asked.stream:
        return jsonify(linking.begin(link, events))
    answering = Answering(events, asked)
    if asked.stream:
        return event_stream(answering.begun())
    answer = answering.whole()
    if link:
        link.write(answer["choices"][0]["message"]["content"], found=answering.found, done=True)
    return in_order(answer)
