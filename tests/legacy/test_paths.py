"""Every spelling of a legacy path reaches its route, without a redirect (legacy contract 2.1, 10.1; decisions A10, C1)."""

from __future__ import annotations

import pytest

from legacy.paths import canonical


@pytest.mark.parametrize(
    ("spelt", "meant"),
    [
        ("/v1/api/completion", "/v1/api/completion"),
        ("/v1/api/completion/", "/v1/api/completion"),
        ("/v1//api/completion", "/v1/api/completion"),
        ("/v1/api//new_conversation", "/v1/api/new_conversation"),
        ("/api/completion", "/v1/api/completion"),
        ("/api/v1/api/new_conversation", "/v1/api/new_conversation"),
        ("/v1/v1/api/completion", "/v1/api/completion"),
        ("/document/get/x", "/v1/document/get/x"),
        ("/v1/api/document/get/x", "/v1/document/get/x"),
        ("/api/document/get/x", "/v1/document/get/x"),
        ("/api/v1/document/get/x", "/v1/document/get/x"),
        ("/api/v1/dataset/list/", "/api/v1/dataset/list"),
        ("/api/v1/doc/x/status", "/api/v1/doc/x/status"),
    ],
)
def test_each_spelling_has_one_form(spelt, meant):
    assert canonical(spelt) == meant


@pytest.mark.parametrize(
    "path", ["/api/v1/datasets", "/api/v1/chats/", "/api/v1/documents/x", "/api/models", "/api/chat/completions", "/healthz", "/", "/docs/v1/"]
)
def test_other_paths_are_left_alone(path):
    assert canonical(path) is None
