"""Two tenants and three roles over all routes: nobody reaches another's things, and who waits or is nobody reaches nothing."""

from __future__ import annotations

import io
import itertools

import pytest

from api.openwebui import auth, wording
from services import tokens, users
from tests.factories import make_key, make_user

METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE"}
SECRET, MARK = "porcelain", "hidden-name"
FILE = f"The kettle is of {SECRET}. Its warranty lasts three years."
UNKNOWN = "77cb080c-5de8-4ffb-9304-d658e44a4dfb"


@pytest.fixture
def routes(app):
    """Every method and rule of the dialect, whoever wrote it."""
    rules = [rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("openwebui.")]
    return [(method, rule) for rule in rules for method in sorted(rule.methods & METHODS)]


@pytest.fixture
def owned(client, reader):
    """The ids of what the owner has: a knowledge, a file in it, a file apart, a chat, a folder."""
    knowledge = client.post("/api/v1/knowledge/create", json={"name": MARK, "description": MARK, "access_control": {}}).json["id"]
    files = [upload(client, name) for name in (f"{MARK}.txt", f"{MARK}2.txt")]
    assert client.post(f"/api/v1/knowledge/{knowledge}/file/add", json={"file_id": files[0]}).status_code == 200
    chat = client.post("/api/v1/chats/new", json={"chat": {"title": MARK, "messages": [{"role": "user", "content": SECRET}]}}).json["id"]
    folder = client.post("/api/v1/folders/", json={"name": MARK}).json["id"]
    client.post("/api/v1/auths/api_key")
    return {"knowledge": knowledge, "file": files[0], "apart": files[1], "chat": chat, "folder": folder}


def upload(client, name):
    return client.post("/api/v1/files/", data={"file": (io.BytesIO(f"{FILE} {name}".encode()), name)}).json["id"]


def snapshot(client, owned):
    """Everything the owner can see."""
    addresses = [
        "/api/v1/files/", "/api/v1/knowledge/", "/api/v1/chats/all", "/api/v1/folders/", "/api/v1/auths/api_key",
        f"/api/v1/knowledge/{owned['knowledge']}", f"/api/v1/files/{owned['file']}/content", "/api/v1/datasets",
    ]  # fmt: skip
    return [client.get(address).data for address in addresses]


def paths(rule, owned):
    """The rule's paths with each of the owner's ids in each place."""
    places = [*owned.values(), *(id.replace("-", "") for id in owned.values())]
    chats = [id for id in places if "-" in id]
    for ids in itertools.product(*(chats if name == "chat_id" else places for name in sorted(rule.arguments))):
        yield rule.build(dict(zip(sorted(rule.arguments), ids, strict=True)))[1]


def bodies(owned):
    """What might reach the owner's things by any key that routes read."""
    names = [*owned.values(), f"file-{owned['file']}", f"file-{owned['apart']}"]
    files = [{"type": kind, "id": id} for kind in ("file", "collection") for id in owned.values()]
    files.append({"type": "file", "id": owned["file"], "context": "full"})
    messages = [{"role": "user", "content": "How long does the warranty last?"}]
    asked = {"query": "kettle", "k": 50, "model": "extractive@Dovetail", "messages": messages}
    changed = {"name": "stolen", "description": "stolen", "content": "stolen", "chat": {"title": "stolen"}, "text": "stolen", "title": "stolen"}
    linked = {"chat_id": owned["chat"], "id": "m", "session_id": "s", "folder_id": owned["folder"]}
    for id in (owned["file"], owned["apart"]):
        yield {**asked, **changed, **linked, "file_id": id, "collection_names": names, "collection_name": names[0], "files": files}
    yield {**asked, "collection_name": f"file-{owned['file']}", "collection_names": names}
    yield [{"file_id": owned["file"]}, {"file_id": owned["apart"]}]


def send(client, method, path, body):
    return client.open(path, method=method, **({"json": body} if method != "GET" else {}))


def test_a_stranger_reaches_nothing_through_any_route(client, stranger, routes, owned):
    before = snapshot(client, owned)
    assert len(routes) >= 50
    for method, rule in routes:
        for path in paths(rule, owned):
            for body in bodies(owned) if method != "GET" else [None]:
                text = send(stranger, method, path, body).text
                assert SECRET not in text and MARK not in text, (method, path, body, text)
    assert snapshot(client, owned) == before


def test_a_strangers_things_answer_as_things_that_are_not(stranger, routes, owned):
    """The replies differ in nothing, so that nobody can tell what exists; but an id of a chat that nobody has begins one (D3)."""
    for method, rule in routes:
        if not rule.arguments or rule.endpoint.endswith("save_chat"):
            continue
        for path in paths(rule, owned):
            known = next(id for id in (*owned.values(), *(id.replace("-", "") for id in owned.values())) if id in path)
            unknown = UNKNOWN if "-" in known else UNKNOWN.replace("-", "")
            body = next(iter(bodies(owned)))
            replies = [send(stranger, method, asked, body) for asked in (path, path.replace(known, unknown))]
            texts = [reply.text.replace(known, unknown) for reply in replies]
            assert (replies[0].status_code, texts[0]) == (replies[1].status_code, texts[1]), (method, path)


def is_public(app, rule):
    return hasattr(app.view_functions[rule.endpoint], auth._PUBLIC)


def test_no_route_answers_without_a_key(app, client, anonymous, routes, owned):
    """A11."""
    before = snapshot(client, owned)
    for method, rule in routes:
        if is_public(app, rule):
            continue
        for path in paths(rule, owned):
            reply = send(anonymous, method, path, next(iter(bodies(owned))))
            assert (reply.status_code, reply.json) == (403, {"detail": "Not authenticated"}), (method, path)
    assert snapshot(client, owned) == before


def test_who_waits_reaches_nothing_through_any_route(app, anonymous, routes, owned):
    user = make_user()
    key = make_key(user)
    users.set_role(email=user.email, role="pending")
    for method, rule in routes:
        if not is_public(app, rule):
            path = next(paths(rule, owned))
            reply = anonymous.open(path, method=method, headers={"Authorization": f"Bearer {key}"})
            assert (reply.status_code, reply.json) == (401, {"detail": wording.ACCESS_PROHIBITED}), (method, path)


def test_some_routes_are_for_administrators_alone(app, client, routes):
    """Contract 2: 401 ACCESS_PROHIBITED for the role user; an administrator's word is for its own tenant alone."""
    guarded = [(method, rule.build({})[1]) for method, rule in routes if getattr(app.view_functions[rule.endpoint], auth.ADMIN_ONLY, False)]
    assert ("DELETE", "/api/v1/files/all") in guarded
    for method, path in guarded:
        reply = send(client, method, path, {})
        assert (reply.status_code, reply.json) == (401, {"detail": wording.ACCESS_PROHIBITED}), (method, path)


def test_an_administrator_sees_no_other_tenant(client, stranger, owned):
    user = tokens.authenticate(stranger.environ_base["HTTP_AUTHORIZATION"].split()[1]).user
    users.set_role(email=next(row.email for row in users.list_() if row.id == user), role="admin")
    before = snapshot(client, owned)
    assert stranger.get("/api/v1/files/").json == []
    assert stranger.get(f"/api/v1/files/{owned['file']}").status_code == 404
    assert stranger.delete("/api/v1/files/all").status_code == 200
    assert snapshot(client, owned) == before
