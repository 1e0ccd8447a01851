"""The dialect of RAGFlow's HTTP API, /api/v1."""

from __future__ import annotations

from flask import Flask

from api.dialects import Dialect
from api.v1 import agent_sessions, agents, agents_openai, chats, chunks, completions, datasets, documents, openai, openapi, retrieval, sessions
from api.v1.auth import authenticate
from api.v1.blueprint import V1Blueprint
from api.v1.envelope import present_error

blp = V1Blueprint("v1", __name__, url_prefix="/api/v1")
blp.before_request(openai.require_keys)  # before who is asking, contract 3.26
blp.before_request(authenticate)
for noun in (datasets, documents, chunks, retrieval, chats, sessions, completions, openai, agents, agent_sessions, agents_openai):
    blp.register_blueprint(noun.blp)


@blp.url_value_preprocessor
def _printable_ids(endpoint: str | None, ids: dict[str, str] | None) -> None:
    """A NUL cannot be asked of every database; an id with one is an unknown id, shown with a replacement character."""
    for name, id in (ids or {}).items():
        ids[name] = id.replace("\0", "\ufffd")  # type: ignore[index]  # it is not None in here


def mount(app: Flask) -> None:
    """Serve the routes and their documentation."""
    openapi.open_api(app).register_blueprint(blp)


DIALECT = Dialect("v1", ("/api/v1",), mount, present_error)
