"""Completions for a platform of WeChat bots, which puts its key into the body (legacy contract 6.13)."""

from __future__ import annotations

import base64
import re
from typing import Any

from flask import Response, g, jsonify

from legacy.arguments import sent
from legacy.auth import authenticate_by
from legacy.blueprint import LegacyBlueprint, Reply
from legacy.completions import conversation_with_partner
from legacy.frames import Answering
from legacy.schemas.completions import ConversationNamed, WordAsk
from models.errors import NotFound
from services import openings, pictures
from services.answers import Answered, ragflow_markers, without_markers
from services.completions import Asked

_MARKER = re.compile(r"##(\d+)\$\$")
_REPLY = {
    "type": "object",
    "properties": {
        "code": {"type": "integer", "enum": [200]},
        "msg": {"type": "string"},
        "data": {"type": "array", "items": {"type": "object"}},
    },
}

blp = LegacyBlueprint("aibotk", __name__, url_prefix="/v1/api", description="Questions of a bot platform.")


def _authenticate() -> None:
    """Learn who is calling from the key in the body, with a scheme word before it or without. Raises NotAuthenticated."""
    key = sent()["Authorization"]
    authenticate_by(key.split()[-1] if isinstance(key, str) and key.strip() else "")


@blp.post("/completion_aibotk")
@blp.requires("Authorization", "conversation_id", "word")
@blp.authenticated_by(_authenticate, from_body=True)
@blp.reads(WordAsk)
@blp.reads(ConversationNamed, documented=False)
@blp.response(200, {"anyOf": [_REPLY, Reply]})
def complete_for_bot(named: Any, body: Any) -> Response:
    """Ask within a conversation, without its history; the answer is a text, and an image where the first citation has one."""
    session, partner = conversation_with_partner(named())
    asked: Asked = body()
    answered = Answering(openings.converse(g.principal, partner, session, asked=asked), asked.id).answered()
    data: list[dict[str, Any]] = [{"type": 1, "content": without_markers(answered.text)}]
    image = _image(answered)
    if image:
        data.append({"type": 3, "url": base64.b64encode(image).decode()})
    return jsonify({"code": 200, "msg": "success", "data": data})


def _image(answered: Answered) -> bytes:
    """The image of the passage that is cited first; empty where there is none."""
    cited = _MARKER.search(ragflow_markers(answered.text))
    if cited is None or answered.reference is None:
        return b""
    try:
        return pictures.picture(g.principal, answered.reference.passages[int(cited[1])].image_id)
    except NotFound:
        return b""
