"""Whatever ids a stranger sends, no route of agents shows, changes, counts or asks anything of another tenant's."""

from __future__ import annotations

import json

import pytest

from tests.agents.canvases import chatbot, sample
from tests.api.v1.test_agents import make
from tests.api.v1.wire import BASE, UNKNOWN, assert_success, both_profiles

SECRET = "The kettle is sold in red, black and cream."
QUESTION = "Which colours is the kettle sold in?"
METHODS = {"GET", "POST", "PUT", "DELETE"}


@pytest.fixture
def routes(app):
    """Every method and rule of agents."""
    rules = [rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("v1.") and "/agents" in rule.rule]
    found = [(method, rule) for rule in rules for method in sorted(rule.methods & METHODS)]
    assert len(found) == 12
    return found


@pytest.fixture
def ids(client, dataset, chunk):
    """An agent that told the owner the secret, its version, and the session it was told in."""
    agent = make(client, "kettles", sample("chatbot", dataset)["dsl"])
    session = client.post(f"{BASE}/agents/{agent}/sessions", json={}).json["data"]["id"]
    assert SECRET in client.post(f"{BASE}/agents/{agent}/completions", json={"session_id": session, "question": QUESTION}).text
    [version] = client.get(f"{BASE}/agents/{agent}/versions").json["data"]
    return {"agent_id": agent, "session_id": session, "version_id": version["id"]}


def snapshot(client, ids):
    """Everything the owner can see of agents."""
    path = f"{BASE}/agents/{ids['agent_id']}"
    addresses = [f"{BASE}/agents", f"{path}/sessions", f"{path}/versions", f"{path}/sessions/{ids['session_id']}/trace"]
    return json.dumps([assert_success(client.get(address)) for address in addresses])


def bodies(ids, dataset):
    """What might reach the other tenant's things, by any of the keys that routes read."""
    agent, session = ids["agent_id"], ids["session_id"]
    said = [{"role": "user", "content": QUESTION}]
    return [
        {"title": "stolen", "dsl": chatbot("stolen"), "id": agent, "user_id": "x"},
        {"title": "stolen too", "dsl": sample("chatbot", dataset)["dsl"]},
        {"ids": [session]},
        {"ids": None},
        {},
        {"session_id": session, "question": QUESTION, "stream": False, "sync_dsl": True},
        {"session_id": session, "question": QUESTION, "agent_id": agent},
        {"model": "x", "messages": said, "session_id": session},
        {"model": "x", "messages": said, "id": session, "stream": False},
        {"model": "x", "messages": said, "stream": False},
    ]


@both_profiles
def test_a_stranger_reaches_nothing_through_any_route(client, stranger, routes, dataset, ids, profile):
    before = snapshot(client, ids)
    for method, rule in routes:
        for owned in (False, True):
            # A canvas may name any dataset: what it finds there is the caller's own business.
            agent = make(stranger, f"{method} {rule.rule}", sample("chatbot", dataset)["dsl"]) if owned else ids["agent_id"]
            path = rule.build({name: {**ids, "agent_id": agent}[name] for name in rule.arguments})[1]
            for body in bodies(ids, dataset):
                reply = stranger.open(path, method=method, **({"query_string": {"id": ids["session_id"]}} if method == "GET" else {"json": body}))
                assert SECRET not in reply.text, (method, path)
    assert snapshot(client, ids) == before


@both_profiles
def test_a_strangers_things_answer_as_things_that_are_not(stranger, routes, ids, profile):
    """The two replies differ in the id alone, so that nobody can tell what exists."""
    said = [{"role": "user", "content": "x"}]
    for method, rule in routes:
        replies = []
        for real in (ids, dict.fromkeys(ids, UNKNOWN)):
            path = rule.build({name: real[name] for name in rule.arguments})[1]
            body = {"session_id": real["session_id"], "question": "x", "model": "x", "messages": said}
            options = {"query_string": {"id": real["agent_id"]}} if method == "GET" else {"json": {} if method == "DELETE" else body}
            text = stranger.open(path, method=method, **options).text
            for id in real.values():
                text = text.replace(id, "some_id")
            replies.append(text)
        assert replies[0] == replies[1], (method, rule)


def test_a_stranger_may_use_the_same_titles(client, stranger, ids):
    assert make(stranger, "kettles") != ids["agent_id"]
