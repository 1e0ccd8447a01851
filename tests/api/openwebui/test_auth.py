"""Who is let in, and with which words everybody else is turned away (contract 2, 12.4; decisions A11, A12)."""

from __future__ import annotations

import base64
import json
import re

import pytest

from api.openwebui import wording
from api.openwebui.ids import spelled
from services import people, tokens, users, webtokens

AUTHS = "/api/v1/auths"
ADA = {"name": "Ada", "email": "Ada@Example.org", "password": "engine"}
SESSION = {"token", "token_type", "expires_at", "id", "email", "name", "role", "profile_image_url", "permissions"}


@pytest.fixture
def open_doors(app):
    """An installation whose people sign up by themselves."""
    people.use(people.SignUp(open=True))
    yield
    people.use(people.SignUp())


def bearer(text):
    return {"Authorization": f"Bearer {text}"}


def refused(answer, status, detail):
    assert (answer.status_code, answer.json) == (status, {"detail": detail})


def signed_up(anonymous, **fields):
    answer = anonymous.post(f"{AUTHS}/signup", json={**ADA, **fields})
    assert answer.status_code == 200
    anonymous.delete_cookie("token")
    return answer.json


def key_of(client):
    return client.environ_base["HTTP_AUTHORIZATION"].split()[1]


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Basic abc"}, {"Authorization": "sk-bad"}, {"Authorization": "Bearer "}])
def test_without_a_bearer_nobody_is_let_in(anonymous, headers):
    """12.4, A11."""
    refused(anonymous.get(f"{AUTHS}/", headers=headers), 403, "Not authenticated")


@pytest.mark.parametrize("key", [f"sk-{'0' * 32}", "sk-bad"])
def test_an_unknown_key_is_an_invalid_token(anonymous, key):
    refused(anonymous.get("/api/models", headers=bearer(key)), 401, wording.INVALID_TOKEN)


@pytest.mark.parametrize("junk", ["junk", "ragflow-unknown", "a.b.c", "eyJhbGciOiJub25lIn0.e30.", "ü", "x" * 5000])
def test_what_is_neither_key_nor_session_is_unauthorized(anonymous, junk):
    refused(anonymous.get("/api/models", headers=bearer(junk)), 401, wording.UNAUTHORIZED)


def test_any_key_of_ours_will_do_whatever_its_form(client):
    """Contract 10.1.2."""
    session = client.get(f"{AUTHS}/").json
    assert set(session) == SESSION
    user = tokens.authenticate(key_of(client)).user
    assert (session["id"], session["token"], session["token_type"], session["expires_at"]) == (spelled(user), key_of(client), "Bearer", None)


def test_sign_up_is_closed_unless_the_operator_opens_it(anonymous):
    """Contract 2.1: told before anything of the request is looked at."""
    for body in (ADA, {}):
        refused(anonymous.post(f"{AUTHS}/signup", json=body), 403, wording.ACCESS_PROHIBITED)


def test_the_first_user_is_the_administrator_and_others_wait(anonymous, open_doors):
    """Contract 2.1, 2.2."""
    first = signed_up(anonymous)
    assert set(first) == SESSION
    assert (first["role"], first["email"], first["name"], first["token_type"]) == ("admin", "ada@example.org", "Ada", "Bearer")
    assert anonymous.get(f"{AUTHS}/", headers=bearer(first["token"])).json == {**first}
    second = signed_up(anonymous, email="bob@example.org")
    assert second["role"] == "pending"
    refused(anonymous.get("/api/models", headers=bearer(second["token"])), 401, wording.ACCESS_PROHIBITED)
    users.set_role(email="bob@example.org", role="user")
    assert anonymous.get("/api/models", headers=bearer(second["token"])).status_code == 200
    refused(anonymous.post(f"{AUTHS}/signup", json=ADA), 400, wording.EMAIL_TAKEN)
    refused(anonymous.post(f"{AUTHS}/signup", json={**ADA, "email": "no address"}), 400, wording.INVALID_EMAIL)


def test_a_session_token_is_a_signed_jwt(anonymous, open_doors):
    """Contract 2: HS256 with the user's id; one whose payload or signature was changed is none."""
    token = signed_up(anonymous)["token"]
    head, payload, signature = token.split(".")
    assert json.loads(base64.urlsafe_b64decode(head + "==")) == {"alg": "HS256", "typ": "JWT"}
    told = json.loads(base64.urlsafe_b64decode(payload + "=="))
    assert re.fullmatch("[0-9a-f]{32}", told["id"])
    forged = base64.urlsafe_b64encode(json.dumps({**told, "exp": told["exp"] + 1}).encode()).decode().rstrip("=")
    for broken in (f"{head}.{forged}.{signature}", f"{head}.{payload}.{signature[:-2]}", f"{head}.{payload}.", f".{payload}.{signature}"):
        refused(anonymous.get("/api/models", headers=bearer(broken)), 401, wording.UNAUTHORIZED)


def test_a_session_ends_with_its_password_its_user_and_its_time(anonymous, open_doors):
    token = signed_up(anonymous)["token"]
    users.set_password(email="ada@example.org", password="other")
    refused(anonymous.get("/api/models", headers=bearer(token)), 401, wording.INVALID_TOKEN)
    nobody = webtokens.signed({"id": "0" * 32, "exp": 4_000_000_000, "mark": ""})
    refused(anonymous.get("/api/models", headers=bearer(nobody)), 401, wording.INVALID_TOKEN)
    late = webtokens.signed({"id": "0" * 32, "exp": 1, "mark": ""})
    refused(anonymous.get("/api/models", headers=bearer(late)), 401, wording.UNAUTHORIZED)


def test_signing_in_takes_address_and_password(anonymous, app):
    users.create(email="ada@example.org", nickname="Ada", password="engine")
    for email in ("ada@example.org", "ADA@example.org"):
        answer = anonymous.post(f"{AUTHS}/signin", json={"email": email, "password": "engine"})
        assert answer.status_code == 200
        assert answer.json["role"] == "user"
    for email, password in (("ada@example.org", "wrong"), ("nobody@example.org", "engine"), ("ada@example.org", "")):
        refused(anonymous.post(f"{AUTHS}/signin", json={"email": email, "password": password}), 400, wording.INVALID_CRED)


def test_the_cookie_of_a_session_counts_here_alone(anonymous, app):
    """Contract 2, 10.1.2; A12: of this host's pages alone."""
    users.create(email="ada@example.org", password="engine")
    answer = anonymous.post(f"{AUTHS}/signin", json={"email": "ada@example.org", "password": "engine"})
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith(f"token={answer.json['token']};") and "HttpOnly" in cookie and "SameSite=Lax" in cookie
    assert anonymous.get("/api/models").status_code == 200
    assert anonymous.get("/api/v1/datasets").status_code == 401
    refused(anonymous.get("/api/models", headers=bearer("junk")), 401, wording.UNAUTHORIZED)


@pytest.mark.parametrize("field", ["name", "email", "password"])
def test_missing_fields_are_named(anonymous, open_doors, field):
    """Contract 1: as clients of typed endpoints read it."""
    body = {key: value for key, value in ADA.items() if key != field}
    answer = anonymous.post(f"{AUTHS}/signup", json=body)
    assert answer.status_code == 422
    assert answer.json["detail"] == [{"type": "missing", "loc": ["body", field], "msg": "Field required", "input": body}]


def test_every_wrong_value_is_named(anonymous):
    answer = anonymous.post(f"{AUTHS}/signin", json={"email": 5, "password": None})
    assert [(entry["type"], entry["loc"], entry["input"]) for entry in answer.json["detail"]] == [
        ("string_type", ["body", "email"], 5),
        ("string_type", ["body", "password"], None),
    ]


@pytest.mark.parametrize(
    ("data", "kind"),
    [("", "missing"), ("{", "json_invalid"), ("[]", "model_attributes_type"), (b"\xff", "json_invalid"), ("5", "model_attributes_type")],
)
def test_a_body_that_is_none_is_unprocessable(anonymous, data, kind):
    answer = anonymous.post(f"{AUTHS}/signin", data=data, content_type="application/json")
    assert answer.status_code == 422
    assert [(entry["type"], entry["loc"][0]) for entry in answer.json["detail"]] == [(kind, "body")]


def test_a_person_has_one_key_which_works_on_every_api(client, anonymous):
    """Contract 2.4, 10.1.2."""
    refused(client.get(f"{AUTHS}/api_key"), 404, wording.KEY_NOT_FOUND)
    first = client.post(f"{AUTHS}/api_key").json["api_key"]
    assert re.fullmatch("sk-[0-9a-f]{32}", first)
    assert client.get(f"{AUTHS}/api_key").json == {"api_key": first}
    assert anonymous.get("/api/models", headers=bearer(first)).status_code == 200
    assert anonymous.get("/api/v1/datasets", headers=bearer(first)).json["code"] == 0
    second = client.post(f"{AUTHS}/api_key").json["api_key"]
    assert second != first
    refused(anonymous.get("/api/models", headers=bearer(first)), 401, wording.INVALID_TOKEN)
    assert client.delete(f"{AUTHS}/api_key").json is True
    refused(anonymous.get("/api/models", headers=bearer(second)), 401, wording.INVALID_TOKEN)
    refused(client.get(f"{AUTHS}/api_key"), 404, wording.KEY_NOT_FOUND)
    assert client.get("/api/models").status_code == 200


def test_who_waits_gets_in_nowhere(client, anonymous):
    """Whatever the dialect, and whatever key was made before."""
    user = tokens.authenticate(key_of(client)).user
    email = next(row.email for row in users.list_() if row.id == user)
    users.set_role(email=email, role="pending")
    refused(client.get("/api/models"), 401, wording.ACCESS_PROHIBITED)
    assert client.get("/api/v1/datasets").status_code == 401
    assert client.get("/v1/api/list_kb_docs", json={"kb_name": "x"}).json["code"] != 0
    users.set_role(email=email, role="user")
    assert client.get("/api/v1/datasets").json["code"] == 0


def test_signs_of_life_need_no_key(anonymous):
    assert anonymous.get("/health").json == {"status": True}
    assert anonymous.get("/api/version").json == {"version": "0.5.20"}
    assert anonymous.get("/api/version").headers["X-Process-Time"] == "0"


def test_a_crash_is_plain_text(client, app, monkeypatch):
    """Contract 1."""
    monkeypatch.setattr(tokens, "personal", lambda principal: 1 / 0)
    answer = client.get(f"{AUTHS}/api_key")
    assert (answer.status_code, answer.mimetype, answer.text) == (500, "text/plain", "Internal Server Error")
