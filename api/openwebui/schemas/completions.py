"""A request to a model on the wire (contract 4.1, 4.6)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from marshmallow import fields

from api.openwebui import wording
from api.openwebui.envelope import Refusal
from api.openwebui.problems import entry
from api.openwebui.references import references
from api.openwebui.schemas.base import JsonBody, json_body
from services.replies import Asked

_ROLES = ("system", "user", "assistant", "tool", "developer", "function")
_MOST_MESSAGES = 10_000
# Of `params` these become keys of the request to the model (contract 4.1).
_LIFTED = (
    "seed",
    "stop",
    "temperature",
    "max_tokens",
    "top_p",
    "top_k",
    "frequency_penalty",
    "presence_penalty",
    "reasoning_effort",
    "logit_bias",
    "response_format",
)  # fmt: skip
# What is for the server, or for a page of its own, and no model sees.
_KEPT = frozenset(
    "model messages stream stream_options files params tool_ids tool_servers features variables background_tasks model_item "
    "chat_id id session_id parent_id parent_message user_message metadata n".split()
)


@dataclass(frozen=True, slots=True)
class Request:
    """A request: what is asked, the entries of `files` as they were sent, and how and where the answer goes."""

    model: str
    asked: Asked
    files: list[dict[str, Any]]
    stream: bool
    chat_id: str  # of the chat, and of the message in it, that the answer is written to; empty for none
    message_id: str


class ChatComplete(JsonBody):
    """A request in OpenAI's form, with `files`."""

    model = fields.String(required=True)
    messages = fields.List(fields.Dict(), required=True)
    stream = fields.Boolean()
    files = fields.List(fields.Dict())
    chat_id = fields.String()
    id = fields.String()
    session_id = fields.String()
    tools = fields.List(fields.Dict())

    def read(self) -> Request:
        """The request. Raises Refusal: 422 for what is no object, 400 for all else."""
        sent = json_body()
        if not isinstance(sent, dict):
            raise Refusal(422, [entry("model_attributes_type", ["body"], sent)])
        model = sent.get("model")
        if not isinstance(model, str) or not model:
            raise Refusal(400, wording.MODEL_NOT_FOUND)
        messages = _messages(sent)
        three = [sent.get(key) for key in ("chat_id", "id", "session_id")]
        linked = all(isinstance(one, str) and one for one in three)
        return Request(
            model=model,
            asked=Asked(model, messages, _settings(sent), references(sent.get("files"))),
            files=sent.get("files") or [],
            stream=sent.get("stream") is True,
            chat_id=three[0] if linked else "",
            message_id=three[1] if linked else "",
        )


def _messages(sent: dict[str, Any]) -> tuple[dict[str, Any], ...]:
    if "messages" not in sent:
        raise Refusal(400, "'messages'")
    messages = sent["messages"]
    if not isinstance(messages, list) or not 0 < len(messages) <= _MOST_MESSAGES:
        raise Refusal(400, wording.default(f"messages should be a list of 1 to {_MOST_MESSAGES} messages"))
    for number, message in enumerate(messages):
        if not isinstance(message, dict) or message.get("role") not in _ROLES:
            raise Refusal(400, wording.default(f"messages.{number}.role should be one of {', '.join(_ROLES)}"))
        if not _is_content(message.get("content")):
            raise Refusal(400, wording.default(f"messages.{number}.content should be a text or a list of parts"))
    return tuple(messages)


def _is_content(content: Any) -> bool:
    if isinstance(content, list):
        return all(isinstance(part, dict) for part in content)
    return content is None or isinstance(content, str)


def _settings(sent: dict[str, Any]) -> dict[str, Any]:
    """Every further key as it was sent, and those of `params` that models know."""
    params = sent.get("params")
    lifted = {key: params[key] for key in _LIFTED if params.get(key) is not None} if isinstance(params, dict) else {}
    return {**lifted, **{key: value for key, value in sent.items() if key not in _KEPT and value is not None}}
