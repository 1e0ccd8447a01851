"""Conversations are opened by whoever holds a key, and read by its tenant (legacy contract 4.3, 5.1, 6.2, 6.3, 10.4)."""

from __future__ import annotations

from itertools import product

import pytest

from models.tables import Chat, Session
from services import tokens
from tests.factories import make_key, make_principal, make_user
from tests.legacy.talk import ask, bare_chat, chat, conversation, make_chat, opened, read, told  # noqa: F401  (fixtures)
from tests.legacy.wire import BASE, TOKEN_REFUSED, UNKNOWN, V1, assert_error, assert_success

OPENER = "Hi! I'm your assistant, what can I do for you?"
ROW = {"id", "dialog_id", "user_id", "message", "reference", "tokens", "duration", "round", "thumb_up", "source"}
ROW |= {"create_time", "create_date", "update_time", "update_date"}


PATHS = ("/v1/api/new_conversation", "/v1//api//new_conversation/", "/api/new_conversation", "/api/v1/api/new_conversation")
SENT = {
    "nothing": ({}, ""),
    "a query": ({"query_string": "user_id=me"}, "me"),
    "an empty query": ({"query_string": "user_id="}, ""),
    "JSON": ({"json": {"user_id": "me"}}, "me"),
    "JSON labelled as a form": ({"data": '{"user_id": "me"}', "content_type": "application/x-www-form-urlencoded"}, "me"),
    "a form": ({"data": {"user_id": "me"}}, "me"),
    "a name": ({"query_string": "name=me", "json": {}}, "me"),
    "an id": ({"query_string": "id=me"}, "me"),
    "a number": ({"json": {"user_id": 7}}, "7"),
    "null": ({"json": {"user_id": None, "name": "other"}}, "other"),
    "a query over JSON": ({"query_string": "user_id=me", "json": {"user_id": "other"}}, "me"),
}


def test_lines_1_and_2_a_conversation_opens_by_either_method_wherever_the_label_is(client, bare_chat):  # noqa: F811
    """Decisions C3: what stands in for the label never becomes the row's id."""
    for (method, path), (what, (sent, label)) in product(product(("GET", "POST"), PATHS), SENT.items()):
        row = assert_success(client.open(path, method=method, **sent))
        assert set(row) == ROW
        assert row["user_id"] == label and row["id"] != label and row["dialog_id"] == bare_chat, (method, path, what)
        assert row["message"] == [{"role": "assistant", "content": OPENER}]
        assert (row["reference"], row["round"], row["tokens"], row["duration"], row["thumb_up"]) == ([], 0, 0, 0.0, 0)


def test_head_opens_nothing(client, bare_chat):  # noqa: F811
    """Contract 6.2: GET and POST do."""
    client.head(PATHS[0])
    assert Session.select().count() == 0


def test_line_3_a_bad_key_is_told_in_the_envelope(anonymous):
    """Contract 4.1, 11."""
    for headers in [{}, *({"Authorization": header} for header in ("", "Bearer", "Bearer wrong", "wrong"))]:
        for path in ("new_conversation", f"conversation/{UNKNOWN}"):
            assert_error(anonymous.get(f"{BASE}/{path}", headers=headers), 109, TOKEN_REFUSED, False)


def test_line_3_any_scheme_and_none_will_do(client, anonymous, bare_chat):  # noqa: F811
    """A raw token without scheme works."""
    key = client.environ_base["HTTP_AUTHORIZATION"].split()[1]
    for scheme in ("Bearer ", "bearer ", "Token ", ""):
        assert_success(anonymous.get(f"{BASE}/new_conversation", headers={"Authorization": scheme + key}))


def test_line_21_an_unbound_key_means_the_only_chat_there_is(client, bare_chat):  # noqa: F811
    """Contract 10.4."""
    assert opened(client)["dialog_id"] == bare_chat
    make_chat(client, name="another")
    assert_error(client.get(f"{BASE}/new_conversation"), 102, "Dialog not found")


def test_an_unbound_key_may_name_its_chat(client, bare_chat):  # noqa: F811
    """Contract 10.4, an extension."""
    other = make_chat(client, name="another")
    for name in ("dialog_id", "chat_id"):
        assert opened(client, **{name: other})["dialog_id"] == other
        assert assert_success(client.post(f"{BASE}/new_conversation", json={name: bare_chat}))["dialog_id"] == bare_chat
        assert_error(client.get(f"{BASE}/new_conversation", query_string={name: UNKNOWN}), 102, "Dialog not found")


def test_a_bound_key_means_its_chat_while_that_is_there(app, anonymous):
    """Decisions C2; contract 10.4."""
    user = make_user()
    unbound = {"Authorization": f"Bearer {make_key(user)}"}
    one, two = (anonymous.post(f"{V1}/chats", json={"name": name}, headers=unbound).json["data"]["id"] for name in ("one", "two"))
    bound = {"Authorization": f"Bearer {tokens.create(user_id=user.id, binding=tokens.Binding(chat=two))}"}
    reply = anonymous.get(f"{BASE}/new_conversation", query_string={"dialog_id": one}, headers=bound)
    assert assert_success(reply)["dialog_id"] == two
    anonymous.delete(f"{V1}/chats", json={"ids": [two]}, headers=bound)
    assert_error(anonymous.get(f"{BASE}/new_conversation", headers=bound), 102, "Dialog not found")
    agent = {"Authorization": f"Bearer {tokens.create_bound(make_principal(user), binding=tokens.Binding(agent=UNKNOWN)).text}"}
    assert_error(anonymous.get(f"{BASE}/new_conversation", headers=agent), 102, "Dialog not found")


def test_without_a_chat_there_is_no_conversation(client):
    """Contract 6.2: the message has no exclamation mark, the body no data."""
    assert_error(client.get(f"{BASE}/new_conversation"), 102, "Dialog not found")
    assert_error(client.get(f"{BASE}/new_conversation", query_string={"agent_id": UNKNOWN}), 102, "Dialog not found")


def test_a_chat_without_an_opener_opens_with_nothing(client, bare_chat):  # noqa: F811
    """Contract 11."""
    client.put(f"{V1}/chats/{bare_chat}", json={"prompt": {"opener": ""}})
    assert opened(client)["message"] == [{"role": "assistant", "content": ""}]


def test_a_label_is_kept_as_it_is(client, bare_chat):  # noqa: F811
    """Decisions C3: neither its length nor its letters are enforced, as far as the column holds it."""
    for label in ("x" * 255, "无名氏", "a b/c?d#e"):
        assert read(client, opened(client, user_id=label)["id"])["user_id"] == label


def test_a_label_that_no_column_holds_is_refused(client, bare_chat):  # noqa: F811
    assert_error(client.get(f"{BASE}/new_conversation", query_string={"user_id": "x" * 256}), 101, "user_id should have at most 255 characters", None)
    assert_error(client.post(f"{BASE}/new_conversation", json={"user_id": ["me"]}), 101, "user_id should be a string", None)


def test_line_12_what_was_said_is_read_back_with_its_references(client, conversation):  # noqa: F811
    """Contract 5.1, 5.2."""
    first = told(client, conversation, quote=True)
    told(client, conversation)
    row = read(client, conversation)
    assert set(row) == ROW and row["round"] == 2
    assert [one["role"] for one in row["message"]] == ["assistant", "user", "assistant", "user", "assistant"]
    assert "id" not in row["message"][0] and row["message"][1]["id"] == row["message"][2]["id"] == first["id"]
    assert row["message"][2]["content"] == first["answer"] and " ##" in first["answer"]
    assert row["reference"] == [first["reference"], []]


def test_line_12_any_key_of_the_tenant_reads_a_conversation_and_no_other_does(app, client, stranger, anonymous):
    """Contract 4.3."""
    user = make_user()
    one, two = ({"Authorization": f"Bearer {make_key(user)}"} for _ in range(2))
    anonymous.post(f"{V1}/chats", json={"name": "assistant"}, headers=one)
    id = anonymous.get(f"{BASE}/new_conversation", headers=one).json["data"]["id"]
    assert assert_success(anonymous.get(f"{BASE}/conversation/{id}", headers=two))["id"] == id
    assert_error(stranger.get(f"{BASE}/conversation/{id}"), 102, "Conversation not found!")


def test_a_stranger_cannot_use_what_is_not_its_own(client, stranger, chat, conversation):  # noqa: F811
    """Contract 4.3, 11: foreign things are unknown, and nothing is stored."""
    assert_error(ask(stranger, conversation), 102, "Conversation not found!")
    assert_error(stranger.get(f"{BASE}/new_conversation", query_string={"dialog_id": chat}), 102, "Dialog not found")
    key = stranger.environ_base["HTTP_AUTHORIZATION"].split()[1]
    word = {"Authorization": key, "conversation_id": conversation, "word": "kettle?"}
    assert_error(stranger.post(f"{BASE}/completion_aibotk", json=word), 102, "Conversation not found!")
    assert read(client, conversation)["round"] == 0


def test_an_unknown_conversation_is_told_whatever_its_id_looks_like(client):
    """Decisions C3."""
    for id in (UNKNOWN, "x", "x" * 300, "会话"):
        assert_error(client.get(f"{BASE}/conversation/{id}"), 102, "Conversation not found!")


def test_a_conversation_outlives_its_chat_but_cannot_go_on(client, chat, conversation):  # noqa: F811
    told(client, conversation)
    client.delete(f"{V1}/chats", json={"ids": [chat]})
    assert read(client, conversation)["round"] == 1
    assert_error(ask(client, conversation), 102, "Dialog not found!")


def test_conversations_are_no_sessions_of_the_modern_api(client, chat, conversation):  # noqa: F811
    """Contract 10.5."""
    told(client, conversation)
    assert client.get(f"{V1}/chats/{chat}/sessions").json["data"] == []
    reply = client.post(f"{V1}/chats/{chat}/completions", json={"session_id": conversation, "question": "kettle?", "stream": False})
    assert reply.json["code"] == 102
    session = client.post(f"{V1}/chats/{chat}/sessions", json={"name": "modern"}).json["data"]["id"]
    assert_error(client.get(f"{BASE}/conversation/{session}"), 102, "Conversation not found!")
    client.delete(f"{V1}/chats/{chat}/sessions", json={"ids": None})
    assert read(client, conversation)["round"] == 1


class TestWithADefaultChat:
    """Contract 10.4: the default of the settings goes before the only chat, for the tenant whose it is."""

    @pytest.fixture
    def environment(self):
        return {"DOVETAIL_LEGACY__DEFAULT_CHAT": UNKNOWN}

    def test_it_is_meant_by_the_keys_of_its_tenant_alone(self, app, client, stranger, bare_chat):  # noqa: F811
        other = make_chat(client, name="another")
        assert_error(client.get(f"{BASE}/new_conversation"), 102, "Dialog not found")
        Chat.change(Chat.id == other, id=UNKNOWN)
        assert opened(client)["dialog_id"] == UNKNOWN
        theirs = make_chat(stranger)
        assert opened(stranger)["dialog_id"] == theirs
