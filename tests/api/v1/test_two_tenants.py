"""Whatever ids a stranger sends, no route shows, changes, counts or retrieves anything of another tenant's."""

from __future__ import annotations

import io
import json

import pytest

from models.tables import User
from services import users
from tests.api.v1.wire import BASE, UNKNOWN, assert_success, both_profiles, upload
from tests.engines import both_engines
from tests.factories import make_key

pytestmark = both_engines

SECRET = "The kettle is sold in red, black and cream."
METHODS = {"GET", "POST", "PUT", "DELETE"}


def snapshot(client, dataset, document, chat):
    """Everything the owner can see, and what the file holds."""
    path, chats = f"{BASE}/datasets/{dataset}/documents", f"{BASE}/chats"
    seen = [client.get(address).json for address in (f"{BASE}/datasets", path, f"{path}/{document}/chunks", chats, f"{chats}/{chat}/sessions")]
    return json.dumps(seen), client.get(f"{path}/{document}").data


@pytest.fixture
def routes(app):
    """Every method and rule of the dialect but those of agents, which have a matrix of their own."""
    rules = [rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("v1.") and "/agents" not in rule.rule]
    return [(method, rule) for rule in rules for method in sorted(rule.methods & METHODS)]


@pytest.fixture
def session(client, kettles):
    """The id of a session in which the owner was told the secret."""
    session = client.post(f"{BASE}/chats/{kettles}/sessions", json={"name": "talk"}).json["data"]["id"]
    reply = client.post(f"{BASE}/chats/{kettles}/completions", json={"session_id": session, "question": "Which colours is the kettle sold in?"})
    assert SECRET in reply.text
    return session


def bodies(dataset, document, chunk, chat, session):
    """What might reach the other tenant's things, by any of the keys that routes read."""
    said = [{"role": "user", "content": "Which colours is the kettle sold in?"}]
    return [
        {"ids": [chat], "session_id": session, "question": "kettle", "name": "stolen", "dataset_ids": [dataset], "chat_id": chat},
        {"ids": [session], "model": "x", "messages": said, "stream": False, "prompt": {"opener": "stolen"}, "llm": {"temperature": 1}},
        {"ids": [chat]},
        {"ids": [session]},
        {"session_id": session, "question": "Which colours is the kettle sold in?", "doc_ids": document, "stream": False},
        {"model": "x", "messages": said, "reference": True, "doc_ids": document, "chat_id": chat},
        {"name": "stolen", "user_id": "stolen"},
        {"name": "stolen too", "dataset_ids": [dataset]},
        {"name": "stolen too", "tenant_id": "x", "id": chat},
        {"ids": [dataset], "question": "kettle", "dataset_ids": [dataset], "name": "stolen"},
        {"ids": [document], "document_ids": [document], "question": "kettle", "name": "stolen.txt"},
        {"document_ids": [document], "content": "stolen"},
        {"chunk_ids": [chunk], "content": "stolen", "available": False},
        {"ids": [dataset]},
        {"ids": [document]},
        {"chunk_ids": [chunk]},
        {"dataset_ids": [dataset], "question": "kettle", "document_ids": [document]},
        {"enabled": 0, "chunk_method": "qa", "parser_config": {"a": 1}, "meta_fields": {"a": 1}},
        {"ids": None},
        {},
    ]


@both_profiles
def test_a_stranger_reaches_nothing_through_any_route(client, stranger, routes, dataset, document, chunk, kettles, session, profile):
    own = assert_success(stranger.post(f"{BASE}/datasets", json={"name": "own"}))["id"]
    own_document = upload(stranger, own, "own.txt")["id"]
    own_chat = assert_success(stranger.post(f"{BASE}/chats", json={"name": "own"}))["id"]
    before = snapshot(client, dataset, document, kettles)
    places = [(dataset, document, kettles), (dataset, own_document, own_chat), (own, document, own_chat)]
    for method, rule in routes:
        for owner, placed, asked in places if rule.arguments else places[:1]:
            ids = {"dataset_id": owner, "document_id": placed, "chunk_id": chunk, "chat_id": asked, "session_id": session}
            path = rule.build({name: ids[name] for name in rule.arguments})[1]
            for body in bodies(dataset, document, chunk, kettles, session):
                reply = stranger.open(path, method=method, **({"query_string": {"id": chunk}} if method == "GET" else {"json": body}))
                assert SECRET not in reply.text and "Kettles boil" not in reply.text, (method, path)
    assert snapshot(client, dataset, document, kettles) == before


@both_profiles
def test_deleting_all_stops_at_ones_own(client, stranger, dataset, document, chunk, kettles, session, profile):
    before = snapshot(client, dataset, document, kettles)
    for noun in ("datasets", "chats"):
        assert stranger.delete(f"{BASE}/{noun}", json={"ids": None}).json == {"code": 0}
    assert snapshot(client, dataset, document, kettles) == before


@both_profiles
def test_a_strangers_things_answer_as_things_that_are_not(client, stranger, routes, dataset, document, chunk, kettles, session, profile):
    """The two replies differ in the id alone, so that nobody can tell what exists."""
    real = {"dataset_id": dataset, "document_id": document, "chunk_id": chunk, "chat_id": kettles, "session_id": session}
    for method, rule in routes:
        replies = []
        for ids in (real, {**dict.fromkeys(real, UNKNOWN), "chunk_id": "0123456789abcdef"}):
            path = rule.build({name: ids[name] for name in rule.arguments})[1]
            text = stranger.open(path, method=method, **_meaning(rule, method, ids)).text
            for id in ids.values():
                text = text.replace(id, "some_id")
            replies.append(text)
        assert replies[0] == replies[1], (method, rule)


def _meaning(rule, method, ids):
    """A request that would work if the ids were the caller's."""
    if rule.endpoint.endswith("upload_documents"):
        return {"data": {"file": (io.BytesIO(b"x"), "x.txt")}}
    noun = "chat_id" if "/chats" in rule.rule else "dataset_id"
    if method == "GET":
        return {} if rule.arguments else {"query_string": {"id": ids[noun]}}
    return {"json": _body(rule.endpoint.rpartition(".")[2], noun, bool(rule.arguments), ids)}


def _body(route, noun, placed, ids):
    said = [{"role": "user", "content": "x"}]
    bodies = {
        "retrieve_chunks": {"dataset_ids": [ids["dataset_id"]], "question": "x"},
        "create_dataset": {"name": ""},
        "create_chat": {"name": "x", "dataset_ids": [ids["dataset_id"]]},
        "converse_with_chat": {"session_id": ids["session_id"], "question": "x"},
        "complete_chat": {"model": "x", "messages": said},
        "suggest_questions": {},
    }
    return bodies.get(route, {} if placed else {"ids": [ids[noun]]})


def test_a_stranger_may_use_the_same_names(client, stranger, dataset, document):
    own = assert_success(stranger.post(f"{BASE}/datasets", json={"name": "manuals"}))["id"]
    assert upload(stranger, own, "kettle.txt")["name"] == "kettle.txt"


def test_a_member_reads_and_writes_a_team_dataset_and_may_not_delete_it(app, client, dataset, document, chunk):
    """Decisions B12."""
    owner = User.get_by_id(client.get(f"{BASE}/datasets").json["data"][0]["tenant_id"])
    member = users.create(email="member@example.org")
    users.add_member(team=owner.email, member=member.email)
    guest = app.test_client()
    guest.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {make_key(member)}"
    assert guest.get(f"{BASE}/datasets").json["data"] == []
    client.put(f"{BASE}/datasets/{dataset}", json={"permission": "team"})
    assert [listed["id"] for listed in guest.get(f"{BASE}/datasets").json["data"]] == [dataset]
    path = f"{BASE}/datasets/{dataset}/documents"
    assert guest.get(f"{path}/{document}").data == b"Kettles boil water."
    assert upload(guest, dataset, "more.txt")["dataset_id"] == dataset
    assert guest.post(f"{path}/{document}/chunks", json={"content": "Added by a member."}).json["code"] == 0
    found = guest.post(f"{BASE}/retrieval", json={"question": "kettle", "dataset_ids": [dataset]})
    assert assert_success(found)["chunks"][0]["content"] == SECRET
    assert guest.put(f"{BASE}/datasets/{dataset}", json={"description": "ours"}).json == {"code": 0}
    assert guest.delete(f"{BASE}/datasets", json={"ids": [dataset]}).json["code"] in (102, 108)
    assert guest.delete(f"{BASE}/datasets", json={"ids": None}).json == {"code": 0}
    assert client.get(path).json["data"]["total"] == 2
    users.remove_member(team=owner.email, member=member.email)
    assert guest.get(path).json["code"] == 102
