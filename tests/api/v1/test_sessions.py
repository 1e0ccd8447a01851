"""Sessions of a chat: create, update, list, delete (RAGFlow v1 contract 3.21 to 3.24)."""

from __future__ import annotations

import pytest

from models.tables import Session
from services.answers import OPENER
from tests.api.v1.wire import BASE, UNKNOWN, as_seed, as_v019, assert_error, assert_success, both_profiles, said


@pytest.fixture
def path(chat):
    """Where its sessions are."""
    return f"{BASE}/chats/{chat}/sessions"


def open_session(client, path, name="talk", **fields):
    return assert_success(client.post(path, json={"name": name, **fields}))


def test_a_session_begins_with_the_opener(client, chat, path):
    session = open_session(client, path, user_id="caller 7")
    assert session["messages"] == [{"role": "assistant", "content": OPENER}]
    assert (session["chat_id"], session["chat"], session["name"], session["user_id"]) == (chat, chat, "talk", "caller 7")
    assert session["create_time"] == session["update_time"] and session["create_date"].endswith(" GMT")
    assert assert_success(client.get(path)) == [session]


@pytest.mark.parametrize("options", [{}, {"json": {}}], ids=["no body", "{}"])
def test_a_session_needs_nothing(client, path, options):
    session = assert_success(client.post(path, **options))
    assert (session["name"], session["user_id"]) == ("New session", "")


def test_two_sessions_may_have_one_name(client, path):
    assert open_session(client, path)["id"] != open_session(client, path)["id"]


@pytest.mark.parametrize("opener", ["", None])
def test_a_chat_without_an_opener_opens_with_an_empty_message(client, chat, path, opener):
    client.put(f"{BASE}/chats/{chat}", json={"prompt": {"opener": opener}})
    assert open_session(client, path)["messages"] == [{"role": "assistant", "content": ""}]


@both_profiles
@pytest.mark.parametrize("name", ["", None])
def test_a_name_that_is_empty_is_refused(client, path, profile, name):
    """E10."""
    message = "Name cannot be empty." if profile == "seed" else "`name` can not be empty."
    session = open_session(client, path)
    assert_error(client.post(path, json={"name": name}), 102, message)
    assert_error(client.put(f"{path}/{session['id']}", json={"name": name}), 102, message)
    assert assert_success(client.get(path)) == [session]


def test_a_session_is_renamed(client, path):
    session = open_session(client, path)
    assert client.put(f"{path}/{session['id']}", json={"name": "renamed", "user_id": "x"}).json == {"code": 0}
    assert client.put(f"{path}/{session['id']}", json={}).json == {"code": 0}
    [found] = assert_success(client.get(path))
    assert (found["name"], found["user_id"]) == ("renamed", "x")


@both_profiles
def test_what_was_said_cannot_be_changed(client, path, profile):
    session = open_session(client, path)
    for key, noun in [("message", "message"), ("messages", "message"), ("reference", "reference")]:
        reply = client.put(f"{path}/{session['id']}", json={"name": "renamed", key: []})
        assert_error(reply, 102, f"`{noun}` can not be change")
    reply = client.put(f"{path}/{session['id']}", json={"name": "renamed", "unknown": 1})
    if profile == "seed":
        assert_error(reply, 101, "unknown cannot be set, nothing was changed")
    else:
        assert_error(reply, 100, "ValueError('Unrecognized field name: unknown')")
    assert assert_success(client.get(path)) == [session]


@both_profiles
def test_a_deleted_chats_sessions_are_told_apart_from_unknown_ones(client, stranger, chat, path, profile):
    """Contract 2.7 and 3.21 to 3.25: each operation has a sentence of its own."""
    session = open_session(client, path, name="secret", user_id="secret")["id"]
    assert_error(client.put(f"{path}/{UNKNOWN}", json={}), 102, "Session does not exist")
    assert client.delete(f"{BASE}/chats", json={"ids": [chat]}).json == {"code": 0}
    assert_error(client.post(path, json={"name": "a"}), 102, "You do not own the assistant.")
    assert_error(client.put(f"{path}/{session}", json={"name": "a"}), 102, "You do not own the session")
    assert_error(stranger.put(f"{path}/{session}", json={"name": "a"}), 102, "Session does not exist")
    assert_error(client.get(path), 102, f"You don't own the assistant {chat}.")
    assert_error(client.delete(path, json={"ids": [session]}), 102, "You don't own the chat")
    reply = client.post(f"{BASE}/chats/{chat}/completions", json={"session_id": session, "question": "x"})
    assert_error(reply, 102, f"You don't own the chat {chat}")
    row = Session.get_by_id(session)
    assert (row.name, row.caller, row.messages, row.references) == ("", "", [], [])  # what was said is gone


@both_profiles
def test_the_session_of_another_chat_is_unknown(client, path, profile):
    other = assert_success(client.post(f"{BASE}/chats", json={"name": "other"}))["id"]
    session = open_session(client, path)["id"]
    assert_error(client.put(f"{BASE}/chats/{other}/sessions/{session}", json={"name": "a"}), 102, "Session does not exist")
    code, _ = said(client.delete(f"{BASE}/chats/{other}/sessions", json={"ids": [session]}))
    assert code == 102
    assert len(assert_success(client.get(path))) == 1


@as_seed
def test_a_filter_that_misses_is_an_error_and_an_empty_list_is_none(client, path):
    """E11, decisions B2."""
    assert assert_success(client.get(path)) == []
    for query in ({"id": UNKNOWN}, {"name": "unknown"}):
        assert_error(client.get(path, query_string=query), 102, "The session doesn't exist")
    assert assert_success(client.get(path, query_string={"user_id": "unknown"})) == []
    open_session(client, path)
    assert assert_success(client.get(path, query_string={"name": "talk", "page": 2})) == []


@as_v019
def test_ragflow_0_19_finds_nothing_without_an_error(client, path):
    assert assert_success(client.get(path, query_string={"id": UNKNOWN})) == []
    assert assert_success(client.get(path, query_string={"name": "unknown"})) == []
    message = "AttributeError(\"type object 'Conversation' has no attribute 'x'\")"
    assert_error(client.get(path, query_string={"orderby": "x"}), 100, message)


def test_a_list_is_filtered_ordered_and_cut(client, path):
    for name, caller in [("b", "x"), ("c", "y"), ("a", "x")]:
        open_session(client, path, name, user_id=caller)

    def names(**query):
        return "".join(session["name"] for session in assert_success(client.get(path, query_string=query)))

    assert names() == "acb" and names(desc="False") == "bca" and names(orderby="name", desc="false") == "abc"
    assert names(user_id="x") == "ab" and names(name="c") == "c" and names(name="a", user_id="y", page_size=0) == ""
    assert names(page=2, page_size=2) == "b" and names(page_size=0) == "" and names(page=0, page_size=1) == "a"
    assert names(orderby="user_id", desc="false", page_size=2) in ("ba", "ab")


@both_profiles
def test_sessions_are_deleted_by_their_ids(client, path, profile):
    """E12; contract 1.8."""
    ids = [open_session(client, path)["id"] for _ in range(5)]
    assert client.delete(path, json={"ids": ids[:1]}).json == {"code": 0}
    reply = client.delete(path, json={"ids": [ids[1], UNKNOWN, ids[1]]})
    assert assert_success(reply) == {"success_count": 1, "errors": [f"The chat doesn't own the session {UNKNOWN}"]}
    told = "The chat doesn't own the session"
    message = told if profile == "seed" else f"{told} {UNKNOWN}; {told} {ids[0]}"
    assert_error(client.delete(path, json={"ids": [UNKNOWN, ids[0]]}), 102, message)
    reply = client.delete(path, json={"ids": [ids[2], ids[2]]})
    assert assert_success(reply) == {"success_count": 1, "errors": [f"Duplicate session ids: {ids[2]}"]}
    assert {session["id"] for session in assert_success(client.get(path))} == set(ids[3:])


@both_profiles
@pytest.mark.parametrize("options", [{}, {"json": {}}, {"json": {"ids": None}}, {"json": {"ids": []}}], ids=["no body", "{}", "null", "[]"])
def test_no_ids_delete_all_of_the_chat_and_of_no_other(client, path, profile, options):
    other = assert_success(client.post(f"{BASE}/chats", json={"name": "other"}))["id"]
    open_session(client, f"{BASE}/chats/{other}/sessions")
    open_session(client, path)
    assert client.delete(path, **options).json == {"code": 0}
    assert assert_success(client.get(path)) == []
    assert len(assert_success(client.get(f"{BASE}/chats/{other}/sessions"))) == 1


@both_profiles
@pytest.mark.parametrize("body", [{"id": ["x"]}, {"ids": "x"}, {"ids": [1]}, ["x"], "all"])
def test_a_body_that_is_not_understood_deletes_nothing(client, path, profile, body):
    open_session(client, path)
    code, _ = said(client.delete(path, json=body))
    assert code in (100, 101)
    assert len(assert_success(client.get(path))) == 1


def test_a_thousand_sessions_are_listed_and_deleted_at_once(client, chat, path):
    """Contract 9."""
    tenant = open_session(client, path) and Session.get(Session.chat == chat).tenant
    rows = [{"id": f"{number:032x}", "tenant": tenant, "chat": chat, "name": "x"} for number in range(1000)]
    for start in range(0, 1000, 100):
        Session.insert_many(rows[start : start + 100]).execute()
    ids = [session["id"] for session in assert_success(client.get(path, query_string={"page_size": 2000}))]
    assert len(ids) == 1001
    assert client.delete(path, json={"ids": ids}).json == {"code": 0}


def test_sessions_of_another_dialect_are_not_listed_nor_deleted(client, chat, path):
    """Legacy contract 10.5."""
    tenant = Session.get_by_id(open_session(client, path)["id"]).tenant
    Session.create(tenant=tenant, chat=chat, kind="legacy", name="old")
    assert len(assert_success(client.get(path))) == 1
    assert client.delete(path).json == {"code": 0}
    client.delete(f"{BASE}/chats", json={"ids": [chat]})
    assert [row.name for row in Session.select()] == ["old"]


@both_profiles
@pytest.mark.parametrize("body", [{"name": 7}, {"user_id": 7}, {"name": "x" * 256}])
def test_wrong_values_are_refused_and_change_nothing(client, path, profile, body):
    session = open_session(client, path)
    for reply in (client.post(path, json=body), client.put(f"{path}/{session['id']}", json=body)):
        code, message = said(reply)
        assert code in (100, 101)
        if profile == "seed":
            assert next(iter(body)) in message
    assert assert_success(client.get(path)) == [session]
