"""Whose answer a shared path gets, by its route (decisions A10; contract 10)."""

from __future__ import annotations

import random
import uuid

HEX, HYPHENATED = uuid.uuid4().hex, str(uuid.uuid4())
V1, OWUI, LEGACY = "v1", "Open WebUI", "legacy"
CHATS = "/api/v1/chats"


def speaker(answer):
    """The dialect whose envelope an answer has."""
    body = answer.json
    if isinstance(body, dict) and {"retcode", "retmsg"} <= set(body):
        return LEGACY
    if isinstance(body, dict) and "code" in body and "detail" not in body:
        return V1
    return OWUI


SHARED = [
    ("GET", CHATS, V1, 200),
    ("POST", CHATS, V1, 200),
    ("DELETE", CHATS, V1, 200),
    ("PUT", CHATS, V1, 405),
    ("PATCH", CHATS, V1, 405),
    ("GET", f"{CHATS}/", OWUI, 200),
    ("POST", f"{CHATS}/", V1, 200),
    ("DELETE", f"{CHATS}/", OWUI, 400),  # with a body
    ("PUT", f"{CHATS}/", V1, 405),
    ("PATCH", f"{CHATS}/", V1, 405),
    *((method, f"{CHATS}/{HEX}{slash}", V1, status) for slash in ("", "/") for method, status in [("GET", 405), ("POST", 405), ("DELETE", 405)]),
    ("PUT", f"{CHATS}/{HEX}", V1, 200),
    ("PATCH", f"{CHATS}/{HEX}", V1, 405),
    ("GET", f"{CHATS}/{HYPHENATED}", OWUI, 401),
    ("POST", f"{CHATS}/{HYPHENATED}", OWUI, 422),
    ("DELETE", f"{CHATS}/{HYPHENATED}", OWUI, 404),
    ("PUT", f"{CHATS}/{HYPHENATED}", V1, 200),
    ("PATCH", f"{CHATS}/{HYPHENATED}", OWUI, 405),
    *(("GET", f"{CHATS}/{word}", V1, 405) for word in ("sessions", "completions")),
    *(("POST", f"{CHATS}/{word}", V1, 405) for word in ("sessions", "completions")),
    *(("GET", f"{CHATS}/{word}", OWUI, 200) for word in ("list", "all", "search", "archived", "pinned")),
    ("GET", f"{CHATS}/new", OWUI, 401),
    ("POST", f"{CHATS}/new", OWUI, 422),
    *(("GET", f"{CHATS}/{id}/sessions", V1, 200) for id in (HEX, HYPHENATED)),
    *(("POST", f"{CHATS}/{id}/completions", V1, 200) for id in (HEX, HYPHENATED)),
    ("POST", f"{CHATS}/{HYPHENATED}/pin", OWUI, 401),
    ("POST", f"{CHATS}/{HEX}/pin", V1, 404),
    ("GET", f"{CHATS}/{HYPHENATED}/nothing", OWUI, 404),
    ("GET", f"{CHATS}/{HEX}/nothing", V1, 404),
    ("POST", "/api/v1/retrieval", V1, 200),
    ("POST", "/api/v1/retrieval/", V1, 200),
    ("PUT", "/api/v1/retrieval", V1, 405),
    ("GET", "/api/v1/retrieval/nothing", OWUI, 404),
    *(("GET", f"/api/v1/{noun}/a/b/c/d", OWUI, 404) for noun in ("files", "knowledge", "auths", "folders")),
    ("PATCH", "/api/v1/auths/signin", OWUI, 405),
    ("GET", "/api/models", OWUI, 200),
    ("POST", "/api/models", OWUI, 405),
    ("GET", "/api/models/nothing", OWUI, 404),
    ("POST", "/api/chat/completions", OWUI, 400),
    ("POST", "/api/chat/completions/", OWUI, 400),
    ("GET", "/api/chat/completions", OWUI, 405),
    ("GET", "/api/chat", OWUI, 404),
    ("GET", "/api/version", OWUI, 200),
    ("GET", "/api/chats", LEGACY, 200),
    ("POST", "/api/completion", LEGACY, 200),
    ("GET", "/api/anything", LEGACY, 200),
    ("GET", "/api/v1/models", OWUI, 200),
    ("POST", "/api/v1/chat/completions", OWUI, 400),
    ("GET", "/api/v1/anything", V1, 404),
    ("GET", "/api/v1", V1, 404),
    ("GET", "/nothing", V1, 404),
]


def test_a_shared_path_is_one_dialects_by_its_route(client):
    """Every shared path with every method that means something there; one application for all of them."""
    wrong = []
    for method, path, whose, status in SHARED:
        answer = client.open(path, method=method, **({} if method == "GET" else {"json": {}}))
        if (speaker(answer), answer.status_code) != (whose, status):
            wrong.append((method, path, speaker(answer), answer.status_code, answer.text))
    assert not wrong


METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
WORDS = ("new", "list", "all", "search", "archived", "pinned", "import")
V1_BELOW = {"sessions": ("GET", "POST", "DELETE"), "completions": ("POST",)}
OURS_BELOW = {"pin": "POST", "archive": "POST", "clone": "POST", "folder": "POST", "pinned": "GET"}
OURS = ("auths", "files", "folders", "knowledge")


def owner(method, parts, slash):
    """Whose a path is, as decisions A10 and the contract's section 10 say it, written once more."""
    match parts:
        case ["api", "v1", "chats", *rest]:
            return owner_of_chats(method, rest, slash)
        case ["api", "v1", "retrieval"]:
            return OWUI if method == "GET" else V1
        case ["api", "v1", "models" | "retrieval", *rest] | ["api", "v1", "chat", "completions", *rest]:
            routed = not rest and method == ("GET" if parts[2] == "models" else "POST")
            return OWUI if routed or parts[2] == "retrieval" else V1
        case ["api", "v1", noun, *_]:
            return OWUI if noun in OURS else V1
        case ["api", noun, *_]:
            return OWUI if noun in ("models", "chat", "version") else LEGACY
    return OWUI if parts == ["health"] else V1


def owner_of_chats(method, rest, slash):
    match rest:
        case []:
            return OWUI if slash and method in ("GET", "DELETE") else V1
        case [id]:
            if method == "PUT" or id in (HEX, "sessions", "completions"):
                return V1
            return OWUI if id == HYPHENATED or method != "PATCH" else V1
        case ["folder", _] if method == "GET":
            return OWUI
        case [id, verb] if method in V1_BELOW.get(verb, ()):
            return V1
        case [id, verb] if method == OURS_BELOW.get(verb) and id not in (HEX, "sessions", "completions"):
            return OWUI
        case [id, "sessions", _] if method == "PUT":
            return V1
    return OWUI if rest[0] == HYPHENATED else V1


def test_whatever_is_asked_is_answered_in_the_envelope_of_the_paths_owner(client, anonymous):
    """Paths that two dialects share, and such as are near them, with every method, with and without a slash, a key, a body."""
    ids = (HEX, HYPHENATED, "odd", *WORDS)
    tails = [(), *((tail,) for tail in (*V1_BELOW, *OURS_BELOW, "nothing")), ("sessions", HEX), ("share", HEX)]
    places = [("api", "v1", "chats", id, *tail) for id in ids for tail in tails]
    places += [("api", "v1", "chats"), *(("api", "v1", noun, *tail) for noun in (*OURS, "retrieval", "models", "datasets") for tail in ((), ("x",)))]
    others = ("models", "chat/completions", "chat/x", "version", "completion", "v1/chat/completions", "v1/chat")
    places += [("api", *rest.split("/")) for rest in others]
    chance = random.Random(7)
    wrong = []
    for parts in places:
        for method in METHODS:
            slash = chance.random() < 0.4
            path = "/" + "/".join(parts) + "/" * slash
            asker = anonymous if chance.random() < 0.3 else client
            body = {"json": chance.choice([{}, {"ids": []}, [], {"chat": 1}])} if method != "GET" and chance.random() < 0.7 else {}
            answer = asker.open(path, method=method, **body)
            if speaker(answer) != owner(method, list(parts), slash):
                wrong.append((method, path, answer.status_code, answer.text[:80]))
    assert not wrong
