"""The dialect of RAGFlow's 2024 API, as its old integrations call it."""

from __future__ import annotations

from flask import Flask

from api.dialects import Dialect
from legacy import (
    aibotk,
    attachments,
    chunks,
    completions,
    conversations,
    documents,
    files,
    interim_chats,
    interim_chunks,
    interim_datasets,
    interim_documents,
    interim_sessions,
    login,
    openapi,
    retrieval,
    tokens,
)
from legacy.blueprint import LegacyBlueprint, begin
from legacy.envelope import present_error
from legacy.options import EXTENSION, Options
from legacy.paths import INTERIM, CanonicalPaths

__all__ = ["Options", "dialect"]

INTERIM_NOUNS = (interim_datasets, interim_documents, interim_chunks, interim_chats, interim_sessions)

blp = LegacyBlueprint("legacy", __name__)
blp.before_request(begin)
for noun in (documents, chunks, retrieval, conversations, completions, aibotk, attachments, files, login, tokens, *INTERIM_NOUNS):
    blp.register_blueprint(noun.blp)


def dialect(options: Options) -> Dialect:
    """The dialect as the operator wants it."""

    def mount(app: Flask) -> None:
        app.extensions[EXTENSION] = options
        openapi.open_api(app).register_blueprint(blp)
        app.wsgi_app = CanonicalPaths(app.wsgi_app)  # type: ignore[method-assign]  # as Flask documents it

    return Dialect("legacy", ("/v1", *(f"/api/v1/{noun}" for noun in INTERIM)), mount, present_error)
