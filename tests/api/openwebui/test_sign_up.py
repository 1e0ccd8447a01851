"""What the operator says of people who sign up: whether they may, and what they are then (contract 2.1)."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from conf.user_commands import user
from tests.factories import make_user

ADA = {"name": "Ada", "email": "ada@example.org", "password": "engine"}


@pytest.fixture
def environment():
    return {"DOVETAIL_LOGINS__SIGNUP": "true", "DOVETAIL_LOGINS__SIGNUP_ROLE": "user"}


def test_people_sign_up_where_the_operator_lets_them_and_see_nothing_of_others(client, anonymous):
    client.post("/api/v1/knowledge/create", json={"name": "secret", "description": ""})
    session = anonymous.post("/api/v1/auths/signup", json=ADA).json
    assert session["role"] == "user"
    assert anonymous.get("/api/v1/knowledge/", headers={"Authorization": f"Bearer {session['token']}"}).json == []
    assert anonymous.post("/api/v1/auths/signin", json=ADA).json["id"] == session["id"]


def test_nobody_signs_up_with_an_empty_password(client, anonymous):
    assert anonymous.post("/api/v1/auths/signup", json={**ADA, "password": ""}).status_code == 422


def test_an_operator_changes_what_a_user_may(app, settings, anonymous):
    make_user()  # the first one is the administrator
    token = anonymous.post("/api/v1/auths/signup", json=ADA).json["token"]
    asked = {"headers": {"Authorization": f"Bearer {token}"}}
    for role, status in (("pending", 401), ("admin", 200), ("user", 200)):
        done = CliRunner().invoke(user, ["set-role", "ada@example.org", role], obj=settings)
        assert done.exit_code == 0, done.output
        assert anonymous.get("/api/models", **asked).status_code == status
    assert CliRunner().invoke(user, ["set-role", "ada@example.org", "king"], obj=settings).exit_code == 2
