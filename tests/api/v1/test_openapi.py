"""The OpenAPI document tells the truth: schemathesis finds nothing, and its page asks no other host."""

from __future__ import annotations

import re

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS, load_all_checks

import api
from tests.agents.canvases import sample
from tests.api.v1.test_agents import make
from tests.openapi import assert_asks_no_other_host, operations

load_all_checks()
# An error leaves with status 200 in this dialect (contract 1.1), so "wrong data must be refused by status" cannot hold.
EXCLUDED = [check for check in CHECKS.get_all() if check.__name__ == "negative_data_rejection"]
# That the last message is the user's is no rule of a schema, and on this route alone an error has a status.
UNSAYABLE = [check for check in CHECKS.get_all() if check.__name__ == "positive_data_acceptance"]
DOCUMENT = "/docs/v1/openapi.json"


def _bare():
    bare = Flask("bare")
    api.register(bare)
    return bare


OPERATIONS = [(path, method) for path, method, _ in operations(_bare(), DOCUMENT)]


def test_every_route_is_documented():
    assert len(OPERATIONS) == 40


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["good data", "bad data"])
@pytest.mark.parametrize(("path", "method"), OPERATIONS, ids=[f"{method} {path}" for path, method in OPERATIONS])
def test_schemathesis_finds_nothing(app, client, dataset, document, chunk, kettles, path, method, mode):
    schema = schemathesis.openapi.from_wsgi(DOCUMENT, app)
    session = client.post(f"/api/v1/chats/{kettles}/sessions").json["data"]["id"]
    ids = {"dataset_id": dataset, "document_id": document, "chunk_id": chunk, "chat_id": kettles, "session_id": session}
    if "/agents" in path:
        ids |= _of_an_agent(client, dataset)

    @given(case=schema[path][method].as_strategy(generation_mode=mode))
    @settings(
        max_examples=20 if mode == GenerationMode.POSITIVE else 12,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
        derandomize=True,
        database=None,
    )
    def run(case):
        if len(str(case.body)) % 2:  # half of the calls reach something that is there
            case.path_parameters = {name: ids[name] for name in case.path_parameters or {}}
        excluded = EXCLUDED + (UNSAYABLE if path.endswith("/chat/completions") else [])
        case.call_and_validate(headers={"Authorization": client.environ_base["HTTP_AUTHORIZATION"]}, excluded_checks=excluded)

    run()


def _of_an_agent(client, dataset):
    """An agent that knows about a kettle, its version, and a session with it."""
    agent = make(client, "kettles", sample("chatbot", dataset)["dsl"])
    [version] = client.get(f"/api/v1/agents/{agent}/versions").json["data"]
    session = client.post(f"/api/v1/agents/{agent}/sessions", json={}).json["data"]["id"]
    return {"agent_id": agent, "version_id": version["id"], "session_id": session}


def test_switching_a_document_is_documented(app, client, dataset, document):
    schema = schemathesis.openapi.from_wsgi(DOCUMENT, app)
    path = "/api/v1/datasets/{dataset_id}/documents/{document_id}"
    for body in ({"enabled": 0}, {}):
        case = schema[path]["PUT"].Case(path_parameters={"dataset_id": dataset, "document_id": document}, body=body, media_type="application/json")
        case.call_and_validate(headers={"Authorization": client.environ_base["HTTP_AUTHORIZATION"]}, excluded_checks=EXCLUDED)


def test_the_page_loads_nothing_from_another_host(anonymous):
    addresses = assert_asks_no_other_host(anonymous, "/docs/v1/")
    for style in [address for address in addresses if address.endswith(".css")]:
        assert not re.findall(r"url\(\s*['\"]?https?://", anonymous.get(style).text)
