"""The thirteen chunk methods wherever a client sets one, with their configurations (RAGFlow v1 contract 2.4, 3.1, 3.3, 3.6; decisions B5)."""

from __future__ import annotations

import pytest
from tests.api.v1.wire import BASE, assert_error, assert_success, both_profiles, upload

RAPTOR = {"raptor": {"use_raptor": False}}
DELIMITERS = {"seed": "\\n!?;。；！？", "v0.19": "\\n"}
LEGACY = "/api/v1/doc/change_parser"


def default(method: str, profile: str) -> dict:
    """What the contract's table gives a method."""
    cut = {"delimiter": DELIMITERS[profile]}
    plain = {**RAPTOR} if method in ("qa", "manual", "paper", "book", "laws", "presentation") else {}
    return {
        "naive": {"chunk_token_num": 128, **cut, "html4excel": False, "layout_recognize": "DeepDOC", **RAPTOR},
        "knowledge_graph": {"chunk_token_num": 8192, **cut, "entity_types": ["organization", "person", "location", "event", "time"]},
    }.get(method, plain)


METHODS = "naive manual qa table paper book laws presentation picture one knowledge_graph email tag".split()


@both_profiles
@pytest.mark.parametrize("method", METHODS)
def test_a_dataset_and_a_document_take_every_method_with_its_default(client, dataset, method, profile):
    made = assert_success(client.post(f"{BASE}/datasets", json={"name": method, "chunk_method": method}))
    assert (made["chunk_method"], made["parser_config"]) == (method, default(method, profile))
    other = "qa" if method != "qa" else "one"
    client.put(f"{BASE}/datasets/{made['id']}", json={"chunk_method": other})
    assert assert_success(client.put(f"{BASE}/datasets/{made['id']}", json={"chunk_method": method})) in (None, True)
    [now] = assert_success(client.get(f"{BASE}/datasets?id={made['id']}"))
    assert now["parser_config"] == default(method, profile)
    document = upload(client, dataset, "a.txt")["id"]
    path = f"{BASE}/datasets/{dataset}/documents"
    assert client.put(f"{path}/{document}", json={"chunk_method": method}).json["code"] == 0
    [changed] = assert_success(client.get(f"{path}?id={document}"))["docs"]
    assert changed["chunk_method"] == method
    assert default(method, profile).items() <= changed["parser_config"].items()


@both_profiles
@pytest.mark.parametrize("method", ["resume", "audio", "Naive", "general", "graph"])
def test_no_other_method_is_taken(client, dataset, method, profile):
    assert client.post(f"{BASE}/datasets", json={"name": "a", "chunk_method": method}).json["code"] == 101
    document = upload(client, dataset, "a.txt")["id"]
    message = f"`chunk_method` {method} doesn't exist"
    assert_error(client.put(f"{BASE}/datasets/{dataset}/documents/{document}", json={"chunk_method": method}), 102, message)


@pytest.mark.parametrize("method", [*METHODS, "resume"])
def test_the_interim_api_takes_the_same_methods(client, dataset, method):
    document = upload(client, dataset, "a.txt")["id"]
    reply = client.post(LEGACY, json={"doc_id": document, "parser_id": method}).json
    [found] = assert_success(client.get(f"{BASE}/datasets/{dataset}/documents?id={document}"))["docs"]
    if method == "resume":
        assert (reply["code"], reply["message"]) == (101, "`parser_id` resume doesn't exist")
    else:
        assert (reply["code"], found["chunk_method"]) == (0, method)
