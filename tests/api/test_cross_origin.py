"""Pages of other sites may call the APIs with a key, but never with a visitor's cookies (legacy contract 2.1, decisions A12)."""

from __future__ import annotations

import pytest

PATHS = ["/api/v1/datasets", "/v1/api/completion", "/api//list_kb_docs/", "/api/v1/dataset/list"]
ORIGIN = {"Origin": "https://example.org"}


@pytest.mark.parametrize("path", PATHS)
def test_a_browser_may_ask_before_it_sends_a_key(anonymous, path):
    asking = {**ORIGIN, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization, content-type"}
    reply = anonymous.options(path, headers=asking)
    assert reply.status_code == 200
    assert reply.headers["Access-Control-Allow-Origin"] == "*"
    assert reply.headers["Access-Control-Allow-Headers"] == "authorization, content-type"
    assert "POST" in reply.headers["Access-Control-Allow-Methods"]
    assert reply.headers["Access-Control-Max-Age"] == "2592000"


@pytest.mark.parametrize("path", PATHS)
def test_answers_are_readable_by_any_page_and_never_credentialed(client, path):
    reply = client.get(path, headers=ORIGIN)
    assert reply.headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in reply.headers
    readable = reply.headers["Access-Control-Expose-Headers"]
    assert all(name in readable for name in ("Authorization", "Content-Disposition", "X-Request-Id"))


def test_what_operators_ask_is_for_no_page(anonymous):
    assert "Access-Control-Allow-Origin" not in anonymous.get("/metrics", headers=ORIGIN).headers
