"""Whatever ids and names a stranger sends, no route shows, changes, counts or retrieves anything of another tenant's."""

from __future__ import annotations

import io
import itertools
import json

import pytest

from models.tables import User
from services import users
from tests.factories import make_key
from tests.legacy.wire import BASE, SECRET, TOKEN_REFUSED, UNKNOWN, V1, assert_error, assert_success, upload

METHODS = {"GET", "POST", "PUT", "DELETE"}
FILE = "Kettles boil water."
MARK = "porcelain"  # on whatever of the owner's can carry it
WORDS = (SECRET, FILE, MARK)
# Open by decision: what they need no key for is not the key's to keep (decisions C6, C2).
WITHOUT_KEY = {"legacy.login.log_in"}
# The key of every argument that names something, and which of the owner's things it names.
NAMES = {
    "dataset": ("kb_id", "dataset_ids", "knowledgebase_id", "dataset_id", "id", "kb_ids", "knowledgebases"),
    "document": ("doc_id", "doc_ids", "document_id", "document_ids", "id", "doc_ids"),
    "chunk": ("chunk_id", "chunk_ids", "id"),
    "chat": ("dialog_id", "chat_id", "assistant_id", "id", "canvas_id"),
    "conversation": ("conversation_id", "session_id", "id"),
    "tenant": ("tenant_id", "id"),
    "name": ("kb_name", "name"),
    "file": ("doc_name", "doc_names", "name"),
}


@pytest.fixture
def routes(app):
    """Every method and rule of the dialect, whoever wrote it."""
    rules = [rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("legacy.")]
    return [(method, rule) for rule in rules for method in sorted(rule.methods & METHODS)]


@pytest.fixture
def owned(client, dataset, document, chunk):
    """What the owner has, by the words of NAMES."""
    client.put(f"{V1}/datasets/{dataset}", json={"description": MARK})
    client.put(f"{V1}/datasets/{dataset}/documents/{document}", json={"meta_fields": {"made of": MARK}})
    chat = client.post(f"{V1}/chats", json={"name": MARK, "dataset_ids": [dataset]}).json["data"]["id"]
    conversation = assert_success(client.get(f"{BASE}/new_conversation"))["id"]
    tenant = client.get(f"{V1}/datasets").json["data"][0]["tenant_id"]
    ids = {"dataset": dataset, "document": document, "chunk": chunk, "chat": chat, "conversation": conversation, "tenant": tenant}
    return {**ids, "name": "manuals", "file": "kettle.txt"}


def snapshot(client, owned):
    """Everything the owner can see, and what the file holds."""
    documents = f"{V1}/datasets/{owned['dataset']}/documents"
    addresses = [
        f"{V1}/datasets", documents, f"{documents}/{owned['document']}", f"{documents}/{owned['document']}/chunks", f"{V1}/chats",
        f"{BASE}/list_kb_docs?kb_name=manuals", f"{BASE}/list_chunks?doc_name=kettle.txt", f"{BASE}/conversation/{owned['conversation']}",
        f"{BASE}/token_list?dialog_id={owned['chat']}",
    ]  # fmt: skip
    return [client.get(address).data for address in addresses]


def paths(rule, owned):
    """The rule's paths with each of the owner's ids in each place, and the forms that images have."""
    places = [*owned.values(), f"{owned['dataset']}-{owned['chunk']}", f"{owned['dataset']}-{owned['document']}"]
    for ids in itertools.product(places, repeat=len(rule.arguments)):
        yield rule.build(dict(zip(sorted(rule.arguments), ids, strict=True)))[1]


def bodies(owned):
    """What might reach the owner's things by any key that routes read: as lists, as strings, and one by one."""
    plain = {"question": "kettle", "word": "kettle", "page_size": 1000, "stream": False, "messages": [{"role": "user", "content": "kettle"}]}
    each = [(key, owned[noun]) for noun, keys in NAMES.items() for key in keys]
    everything = {**plain, **dict(each), "quote": True, "run": "1", "tokens": ["x"], "content": "stolen", "name": "stolen.txt", "available": False}
    yield everything
    yield {**everything, **{key: [value] for key, value in each if key.endswith("s")}}
    for key, value in each:
        one = {key: [value] if key.endswith("s") else value}
        yield {**plain, **one}
        yield one  # a delete refuses keys it does not know


def send(stranger, method, path, body):
    if method == "GET":
        return stranger.get(path, query_string={key: value for key, value in body.items() if key != "messages"})
    return stranger.open(path, method=method, json=body)


def test_a_stranger_reaches_nothing_through_any_route(client, stranger, routes, owned):
    before = snapshot(client, owned)
    assert len(routes) >= 9
    for method, rule in routes:
        for path in paths(rule, owned):
            for body in [{}] if rule.arguments and method == "GET" else bodies(owned):
                text = send(stranger, method, path, body).text
                assert not [word for word in WORDS if word in text], (method, path, body, text)
    assert snapshot(client, owned) == before


def test_a_stranger_uploads_into_nothing_of_anothers(client, stranger, routes, owned):
    before = snapshot(client, owned)
    for method, rule in routes:
        if method != "POST":
            continue
        for path in paths(rule, owned):
            fields = {key: owned[noun] for noun, keys in NAMES.items() for key in keys} | {"run": "1"}
            reply = stranger.post(path, data={**fields, "file": (io.BytesIO(b"stolen"), "stolen.txt")})
            assert not [word for word in WORDS if word in reply.text], (path, reply.text)
    assert snapshot(client, owned) == before


def test_no_route_answers_without_a_key(client, anonymous, routes, owned):
    """But to say which required argument is missing, as old clients saw it (decisions A9)."""
    before = snapshot(client, owned)
    for method, rule in routes:
        if rule.endpoint in WITHOUT_KEY:
            continue
        for path in paths(rule, owned):
            reply = send(anonymous, method, path, next(iter(bodies(owned))))
            assert reply.status_code == 200 and reply.json["retcode"] in (109, 401, 101), (method, path, reply.text)
            if reply.json["retcode"] == 101:
                assert reply.json["retmsg"].startswith("required argument are missing: ")
    assert snapshot(client, owned) == before


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Bearer nobody", "nobody", "Basic bm9ib2R5", "Bearer \xff", "x " * 5000])
def test_a_key_that_nobody_has_is_refused(anonymous, header):
    for method, path in (("GET", "list_chunks"), ("POST", "list_kb_docs"), ("DELETE", "document"), ("GET", "get_chunk/x")):
        reply = anonymous.open(f"{BASE}/{path}", method=method, headers={"Authorization": header})
        assert_error(reply, 109, TOKEN_REFUSED, False)


def test_a_strangers_things_answer_as_things_that_are_not(stranger, owned):
    """The replies differ in nothing, so that nobody can tell what exists."""
    nothing = {**dict.fromkeys(owned, UNKNOWN), "name": "nowhere", "file": "nowhere.txt"}
    asked = [
        ("POST", "list_kb_docs", lambda ids: {"kb_name": ids["name"]}),
        ("POST", "list_chunks", lambda ids: {"doc_name": ids["file"]}),
        ("POST", "list_chunks", lambda ids: {"doc_id": ids["document"]}),
        ("POST", "document/infos", lambda ids: {"doc_ids": [ids["document"]]}),
        ("DELETE", "document", lambda ids: {"doc_ids": [ids["document"]]}),
        ("DELETE", "document", lambda ids: {"doc_names": [ids["file"]]}),
        ("POST", "retrieval", lambda ids: {"kb_id": ids["dataset"], "question": "kettle"}),
        ("POST", "retrieval", lambda ids: {"kb_id": [ids["dataset"]], "question": "kettle", "doc_ids": [ids["document"]]}),
    ]
    for method, path, body in asked:
        replies = [stranger.open(f"{BASE}/{path}", method=method, json=body(ids)).text for ids in (owned, nothing)]
        assert replies[0] == replies[1], path
    assert stranger.get(f"{BASE}/get_chunk/{owned['chunk']}").text == stranger.get(f"{BASE}/get_chunk/{UNKNOWN}").text


def test_names_are_looked_for_among_ones_own_alone(client, stranger, owned):
    before = snapshot(client, owned)
    stranger.post(f"{V1}/datasets", json={"name": "manuals"})
    own = upload(stranger, content=b"mine")["id"]
    assert assert_success(stranger.get(f"{BASE}/list_chunks", query_string={"doc_name": "kettle.txt"})) == []
    assert json.dumps(assert_success(stranger.post(f"{BASE}/list_kb_docs", json={"kb_name": "manuals"}))).count("doc_id") == 1
    assert_error(stranger.delete(f"{BASE}/document", json={"doc_names": ["kettle.txt"], "doc_ids": [owned["document"]]}), 102, "Document not found!")
    assert assert_success(stranger.delete(f"{BASE}/document", json={"doc_names": ["kettle.txt"]})) is True
    assert assert_success(stranger.post(f"{BASE}/document/infos", json={"doc_ids": [own]})) == []
    assert snapshot(client, owned) == before


def test_a_member_reaches_a_team_dataset_by_id_and_its_own_alone_by_name(app, client, stranger, owned):
    """Decisions B12; names are those of one's own things."""
    owner = User.get_by_id(owned["tenant"])
    member = users.create(email="member@example.org")
    users.add_member(team=owner.email, member=member.email)
    client.put(f"{V1}/datasets/{owned['dataset']}", json={"permission": "team"})
    guest = app.test_client()
    guest.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {make_key(member)}"
    assert len(assert_success(guest.get(f"{BASE}/list_chunks", query_string={"doc_id": owned["document"]}))) == 1
    assert assert_success(guest.post(f"{BASE}/retrieval", json={"kb_id": owned["dataset"], "question": "kettle"}))["total"] == 1
    assert_error(guest.post(f"{BASE}/list_kb_docs", json={"kb_name": "manuals"}), 102, "Can't find this knowledgebase!")
    assert_error(guest.delete(f"{BASE}/document", json={"doc_names": ["kettle.txt"]}), 102, "Document not found!")
