"""Who is let in, and with which words everybody else is turned away (contract 2, 12.4; decisions A11)."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Basic abc"}, {"Authorization": "sk-bad"}, {"Authorization": "Bearer "}])
def test_without_a_bearer_nobody_is_let_in(anonymous, headers):
    answer = anonymous.get("/api/v1/auths/", headers=headers)
    assert (answer.status_code, answer.json) == (403, {"detail": "Not authenticated"})
