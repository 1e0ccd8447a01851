"""The dialect of Open WebUI's API for files, knowledge, retrieval and chat with files."""

from __future__ import annotations

import time

from flask import Flask, Response, g

from api.dialects import Dialect
from api.openwebui import auths, chats, completions, files, folders, knowledge, models, openapi, retrieval, system
from api.openwebui.auth import authenticate
from api.openwebui.blueprint import OpenWebuiBlueprint
from api.openwebui.envelope import present_error
from api.openwebui.paths import OTHERS, PREFIXES, ChatId

blp = OpenWebuiBlueprint("openwebui", __name__)
blp.before_request(authenticate)
for noun in (system, auths, models, completions, chats, folders, files, knowledge, retrieval):
    blp.register_blueprint(noun.blp)


@blp.url_value_preprocessor
def _printable_ids(endpoint: str | None, ids: dict[str, str] | None) -> None:
    """A NUL cannot be asked of every database; an id with one is an unknown id."""
    for name, id in (ids or {}).items():
        ids[name] = id.replace("\0", "\ufffd")  # type: ignore[index]  # it is not None in here


@blp.after_request
def _tell_time(response: Response) -> Response:
    """In whole seconds until the answer began (contract 1)."""
    response.headers["X-Process-Time"] = str(int(time.perf_counter() - g.get("began", time.perf_counter())))
    return response


def mount(app: Flask) -> None:
    """Serve the routes and their documentation."""
    app.url_map.converters["chat"] = ChatId
    openapi.open_api(app).register_blueprint(blp)


DIALECT = Dialect("openwebui", PREFIXES, mount, present_error, OTHERS)
