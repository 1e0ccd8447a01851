"""The envelope over every route: authentication first, nothing but JSON, nothing leaked (RAGFlow v1 contract 1.1 to 1.4)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.api.v1.wire import BASE, UNKNOWN, as_seed, as_v019, assert_error, both_profiles

LEAKS = ("Traceback", "sqlite", "peewee", "SELECT", str(Path(__file__).parents[3]), "site-packages", "<built-in")
METHODS = {"GET", "POST", "PUT", "DELETE"}


@pytest.fixture
def routes(app):
    """Every method and path of the dialect, with ids of nothing."""
    found = []
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith("v1."):
            path = rule.build(dict.fromkeys(rule.arguments, UNKNOWN))[1]
            found += [(method, path) for method in sorted(rule.methods & METHODS)]
    assert len(found) == 41
    return found


@pytest.fixture
def asked_first(routes):
    """The routes that look at nothing before the key: all but one (contract 3.26)."""
    return [(method, path) for method, path in routes if not path.endswith("/chat/completions")]


@as_seed
@pytest.mark.parametrize(
    ("header", "code", "message"),
    [
        (None, 401, "`Authorization` can't be empty"),
        ("", 401, "`Authorization` can't be empty"),
        ("Bearer", 401, "Please check your authorization format."),
        ("Bearer wrong", 109, "Authentication error: API key is invalid!"),
        ("Bearer wr\xf6ng", 109, "Authentication error: API key is invalid!"),
    ],
)
def test_every_route_asks_for_a_key_before_anything_else(anonymous, asked_first, header, code, message):
    for method, path in asked_first:
        headers = {} if header is None else {"Authorization": header}
        reply = anonymous.open(path, method=method, headers=headers, data="{not json", content_type="text/plain")
        assert_error(reply, code, message, 401)
        assert reply.json["data"] is False


@as_v019
@pytest.mark.parametrize(
    ("header", "code", "message"),
    [
        (None, 0, "`Authorization` can't be empty"),
        ("Bearer", 0, "Please check your authorization format."),
        ("Bearer wrong", 109, "Authentication error: API key is invalid!"),
    ],
)
def test_ragflow_0_19_answers_a_missing_key_with_code_0(anonymous, asked_first, header, code, message):
    for method, path in asked_first:
        reply = anonymous.open(path, method=method, headers={"Authorization": header} if header else {})
        assert_error(reply, code, message)
        assert reply.json["data"] is False


def test_the_scheme_word_is_not_checked(client):
    key = client.environ_base["HTTP_AUTHORIZATION"].split()[1]
    assert client.get(f"{BASE}/datasets", headers={"Authorization": f"Whatever {key} and more"}).json == {"code": 0, "data": []}


@both_profiles
@pytest.mark.parametrize("body", [b"", b"{broken", b"[]", b'"text"', b"7", b"null", b"\xff\xfe", b"{}", b"[" * 200_000, b'{"a":' * 200_000])
def test_no_body_crashes_or_leaks(client, routes, profile, body):
    for method, path in routes:
        reply = client.open(path, method=method, data=body, content_type="application/json")
        raises = "s_openai/" in path and profile == "seed"  # decisions A11
        assert reply.status_code in ((400, 404) if raises else (200,)), (method, path, reply.text)
        assert reply.is_json
        assert reply.json["code"] != 500
        assert not [leak for leak in LEAKS if leak in reply.text]


@as_seed
def test_unknown_paths_and_methods_answer_in_the_envelope(client):
    assert client.get(f"{BASE}/nothing").json == {"code": 404, "message": "Not Found", "data": None}
    assert client.get(f"{BASE}/nothing").status_code == 404
    reply = client.get(f"{BASE}/datasets/{UNKNOWN}")
    assert_error(reply, 405, "Method Not Allowed", 405)
    assert "PUT" in reply.headers["Allow"]
    assert client.get("/").json["code"] == 404


@as_v019
def test_ragflow_0_19_answers_unknown_paths_and_methods_with_status_200(client):
    assert_error(client.get(f"{BASE}/nothing"), 100, "<NotFound '404: Not Found'>")
    assert_error(client.get(f"{BASE}/datasets/{UNKNOWN}"), 100, "<MethodNotAllowed '405: Method Not Allowed'>")


@both_profiles
def test_an_empty_path_id_never_widens_what_is_meant(client, dataset, profile):
    """Contract 1.1: the shorter route that is left has no such method."""
    for method, path in [
        ("GET", "datasets//documents"),
        ("DELETE", "datasets//documents"),
        ("DELETE", f"datasets/{dataset}/documents//chunks"),
        ("PUT", f"datasets//documents/{UNKNOWN}"),
        ("PUT", f"chats//sessions/{UNKNOWN}"),
        ("DELETE", "chats//sessions"),
        ("GET", "chats//sessions"),
    ]:
        reply = client.open(f"{BASE}/{path}", method=method, follow_redirects=True, json={})
        assert reply.json["code"] in (100, 404, 405), path
    assert len(client.get(f"{BASE}/datasets").json["data"]) == 1


def test_trailing_slashes_are_accepted(client, dataset):
    assert client.get(f"{BASE}/datasets/").json["code"] == 0
    assert client.get(f"{BASE}/datasets/{dataset}/documents/").json["code"] == 0


def test_a_slash_after_chats_is_for_making_one_alone(client, chat):
    """Decisions A10: there, listing and deleting are Open WebUI's, whose chats are others."""
    assert client.post(f"{BASE}/chats/", json={"name": "made"}).json["code"] == 0
    assert client.get(f"{BASE}/chats/").json == []
    assert client.delete(f"{BASE}/chats/").json is True
    assert len(client.get(f"{BASE}/chats").json["data"]) == 2
    assert client.get(f"{BASE}/chats/{chat}/sessions/").json["code"] == 0


def test_replies_carry_no_message_on_success_and_no_data_on_error(client):
    assert set(client.get(f"{BASE}/datasets").json) == {"code", "data"}
    assert set(client.get(f"{BASE}/datasets/{UNKNOWN}/documents").json) == {"code", "message"}


def test_browsers_may_not_guess_types(client):
    assert client.get(f"{BASE}/datasets").headers["X-Content-Type-Options"] == "nosniff"


@both_profiles
def test_a_crash_says_nothing_of_its_cause(app, client, profile):
    def crash():
        raise RuntimeError("SELECT secret FROM table")

    app.add_url_rule(f"{BASE}/crash", view_func=crash)
    reply = client.get(f"{BASE}/crash")
    expected = (500, "Internal Server Error", 500) if profile == "seed" else (100, "<InternalServerError '500: Internal Server Error'>", 200)
    assert_error(reply, *expected)


@both_profiles
def test_a_body_over_the_limit_is_refused(app, client, profile):
    reply = client.post(f"{BASE}/retrieval", data=b'{"question": "' + b"x" * (33 << 20) + b'"}', content_type="application/json")
    assert reply.status_code == (413 if profile == "seed" else 200)
    assert reply.json["code"] == (101 if profile == "seed" else 100)
