"""Token administration (legacy contract 4.1 to 4.4, 6.1, 10.4, 11; decisions C2)."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from models.tables import ApiKey, Session
from services import seals, tokens
from tests.factories import make_user
from tests.legacy.wire import BASE, TOKEN_REFUSED, UNKNOWN, V1, assert_error, assert_success

NOT_LOGGED_IN = "<Unauthorized '401: Unauthorized'>"
COMPLETE = {"dialog_id": "x", "tokens": [], "tenant_id": "t"}
BAD_INPUT = [
    ("post", "new_token", {}, "required argument are missing: dialog_id; "),
    ("post", "new_token", {"dialog_id": 7}, "dialog_id should be a string"),
    ("post", "new_token", {"canvas_id": ["x"]}, "canvas_id should be a string"),
    ("post", "new_token", {"dialog_id": "x" * 256}, "dialog_id should have at most 255 characters"),
    ("get", "token_list", {}, "required argument are missing: dialog_id; "),
    ("post", "rm", {}, "required argument are missing: tokens,tenant_id; "),
    ("post", "rm", {"tokens": ["x"]}, "required argument are missing: tenant_id; "),
    ("post", "rm", {"tokens": {"a": 1}, "tenant_id": "x"}, "tokens should be a list"),
    ("post", "rm", {"tokens": [1], "tenant_id": "x"}, "tokens should be a list of strings"),
    ("get", "stats", {"from_date": "yesterday"}, "from_date should be a date such as 2024-04-12"),
    ("get", "stats", {"to_date": "2024-02-30"}, "to_date should be a date such as 2024-04-12"),
]


def made(client, **body):
    return assert_success(client.post(f"{BASE}/new_token", json=body or {"dialog_id": "ragflow"}))


def listed(client, **query):
    return assert_success(client.get(f"{BASE}/token_list", query_string=query))


def test_a_new_token_has_the_fields_of_its_row(client):
    row = made(client, dialog_id="ragflow")
    assert re.fullmatch(r"ragflow-[0-9A-Za-z_-]{32}", row["token"])
    assert {name: row[name] for name in ("dialog_id", "source", "update_time", "update_date")} == {
        "dialog_id": "ragflow",
        "source": None,
        "update_time": None,
        "update_date": None,
    }
    assert len(row["tenant_id"]) == 32
    assert abs(row["create_time"] / 1000 - datetime.now(UTC).timestamp()) < 60
    assert row["create_date"].endswith("GMT")


def test_a_token_opens_legacy_and_modern_routes_and_knows_what_it_is_bound_to(client, anonymous):
    chat, agent = made(client, dialog_id=UNKNOWN)["token"], made(client, dialog_id="x", canvas_id="flow")["token"]
    for key in (chat, agent):
        headers = {"Authorization": f"Bearer {key}"}
        assert anonymous.get(f"{V1}/datasets", headers=headers).json["code"] == 0
        assert_success(anonymous.post(f"{BASE}/document/infos", json={"doc_ids": []}, headers=headers))
    bound = tokens.authenticate(chat)
    assert (bound.chat, bound.agent) == (UNKNOWN, "")
    bound = tokens.authenticate(agent)
    assert (bound.chat, bound.agent) == ("", "flow")


def test_a_list_shows_the_tokens_of_one_chat_or_agent_again(client):
    first, second = made(client, dialog_id="a"), made(client, dialog_id="a")
    agent = made(client, canvas_id="a")
    assert listed(client, dialog_id="a") == [first, second]
    assert listed(client, canvas_id="a") == [agent] and agent["source"] == "agent" and agent["dialog_id"] == "a"
    assert listed(client, dialog_id="b") == []


def test_a_token_that_the_operator_bound_is_listed_and_an_unbound_one_is_not(client, app):
    tenant = made(client)["tenant_id"]
    tokens.create(user_id=tenant)
    chat = client.post(f"{V1}/chats", json={"name": "kettles"}).json["data"]["id"]
    key = tokens.create(user_id=tenant, binding=tokens.Binding(chat=chat))
    assert [row["token"] for row in listed(client, dialog_id=chat)] == [key]
    assert listed(client, dialog_id="") == []


def test_an_empty_id_makes_a_token_that_is_bound_to_nothing(client):
    """Contract 2.3: only presence counts."""
    row = made(client, dialog_id=None)
    assert row["dialog_id"] == ""
    assert listed(client, dialog_id="") == [row]


def test_no_token_lies_open_in_the_database(client):
    key = made(client)["token"]
    row = ApiKey.get(ApiKey.digest == tokens._digest(key))
    assert key not in str(row.__data__) and key[8:20] not in str(row.__data__)


def test_removed_tokens_are_worthless_at_once(client, anonymous):
    rows = [made(client) for _ in range(3)]
    keys = [row["token"] for row in rows]
    removal = {"tokens": [*keys[:2], "ragflow-unknown"], "tenant_id": rows[0]["tenant_id"]}
    assert assert_success(client.post(f"{BASE}/rm", json=removal)) is True
    assert listed(client, dialog_id="ragflow") == [rows[2]]
    for key in keys[:2]:
        assert_error(anonymous.post(f"{BASE}/list_kb_docs", headers={"Authorization": key}), 109, TOKEN_REFUSED, False)
    assert ApiKey.select().where(ApiKey.revoked & ApiKey.sealed.is_null(False)).count() == 0


def test_one_token_may_be_removed_as_a_string(client):
    row = made(client)
    assert assert_success(client.post(f"{BASE}/rm", json={"tokens": row["token"], "tenant_id": row["tenant_id"]})) is True
    assert listed(client, dialog_id="ragflow") == []


def test_nobody_sees_or_removes_another_tenants_tokens(client, stranger):
    row = made(client)
    assert listed(stranger, dialog_id="ragflow") == []
    own = made(stranger)["tenant_id"]
    for tenant in (row["tenant_id"], own):  # the old server trusted the body (contract 11)
        assert assert_success(stranger.post(f"{BASE}/rm", json={"tokens": [row["token"]], "tenant_id": tenant})) is True
    assert listed(client, dialog_id="ragflow") == [row]


def test_who_is_not_logged_in_is_told_401_in_a_200(anonymous):
    for header in (None, "", "Bearer", "Bearer wrong", "wrong", "ragflow-wrong"):
        headers = {} if header is None else {"Authorization": header}
        for method, route in (("post", "new_token"), ("get", "token_list"), ("post", "rm"), ("get", "stats")):
            given = {"json": COMPLETE} if method == "post" else {"query_string": {"dialog_id": "x"}}
            assert_error(getattr(anonymous, method)(f"{BASE}/{route}", headers=headers, **given), 401, NOT_LOGGED_IN, None)


def test_bad_input_is_told_in_the_envelope(client):
    for method, route, body, message in BAD_INPUT:
        given = {"query_string": body} if method == "get" else {"json": body}
        assert_error(getattr(client, method)(f"{BASE}/{route}", **given), 101, message, None)


def test_what_is_missing_is_told_before_who_is_asking(anonymous):
    assert_error(anonymous.post(f"{BASE}/new_token", json={}), 101, "required argument are missing: dialog_id; ", None)
    assert_error(anonymous.post(f"{BASE}/rm", json={}), 101, "required argument are missing: tokens,tenant_id; ", None)


def test_statistics_count_conversations_callers_and_rounds_by_day(client, stranger):
    tenant, today = made(client)["tenant_id"], datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    now = int(today.timestamp() * 1000)
    for caller, rounds, age in (("a", 2, 0), ("a", 1, 0), ("b", 0, 0), ("a", 4, 86_400_000), ("a", 9, 30 * 86_400_000)):
        Session.create(tenant=tenant, chat="c", kind="legacy", name="", caller=caller, references=[{}] * rounds, create_time=now - age)
    Session.create(tenant=tenant, chat="c", kind="chat", name="", references=[{}])
    told = assert_success(client.get(f"{BASE}/stats"))
    assert assert_success(client.get(f"{BASE}/stats?from_date=&to_date=")) == told  # empty is not given
    days = [day for day, _ in told["pv"]]
    assert days[1] == today.strftime("%a, %d %b %Y 00:00:00 GMT") and len(days) == 2
    assert {name: [number for _, number in told[name]] for name in told} == {
        "pv": [1, 3], "uv": [1, 2], "round": [4, 1], "speed": [0, 0], "tokens": [0, 0], "thumb_up": [0, 0],
    }  # fmt: skip
    single = assert_success(client.get(f"{BASE}/stats", query_string={"from_date": f"{today:%Y-%m-%d}", "to_date": f"{today:%Y-%m-%d}"}))
    assert [number for _, number in single["pv"]] == [3]
    nothing = dict.fromkeys(told, [])
    assert assert_success(client.get(f"{BASE}/stats?canvas_id=")) == nothing
    assert assert_success(stranger.get(f"{BASE}/stats")) == nothing
    earlier = {"from_date": "2000-01-01 00:00:00", "to_date": "2000-01-02"}
    assert assert_success(client.get(f"{BASE}/stats", query_string=earlier)) == nothing


def test_a_key_is_never_taken_twice(app):
    first, second = make_user(), make_user()
    key = tokens.create(user_id=first.id)
    for user in (first, second):
        with pytest.raises(tokens.Conflict):
            tokens.create(user_id=user.id, key=key)
    assert tokens.authenticate(key).tenant == first.id


def test_with_another_secret_tokens_work_on_and_are_listed_by_their_first_characters(client, anonymous, tmp_path):
    key = made(client)["token"]
    seals.use(seals.Secret("another secret of at least 32 characters", tmp_path / "unused"))
    assert [row["token"] for row in listed(client, dialog_id="ragflow")] == [f"{key[:12]}..."]
    assert_success(anonymous.post(f"{BASE}/document/infos", json={"doc_ids": []}, headers={"Authorization": key}))
    assert not (tmp_path / "unused").exists()
