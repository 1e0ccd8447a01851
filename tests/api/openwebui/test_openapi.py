"""The OpenAPI document of Open WebUI's dialect tells the truth: schemathesis finds nothing, and its page asks no other host."""

from __future__ import annotations

import uuid

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS, load_all_checks

import api
from tests.openapi import assert_asks_no_other_host, operations, served

load_all_checks()
# What is well formed may be refused with 400, as an unknown model is.
# Strings that spell numbers and unknown keys are taken; a wrong method may be another dialect's; cookies count too.
NOT_HERE = {"negative_data_rejection", "positive_data_acceptance", "unsupported_method", "ignored_auth"}
DOCUMENT = "/docs/openwebui/openapi.json"
GOOD, BAD = GenerationMode.POSITIVE, GenerationMode.NEGATIVE


def _bare():
    bare = Flask("bare")
    api.register(bare)
    return bare


OPERATIONS = operations(_bare(), DOCUMENT)
NOUNS = sorted({noun for _, _, noun in OPERATIONS})


def test_every_route_is_documented():
    assert served(_bare(), "openwebui") == {(path, method) for path, method, _ in OPERATIONS}


@pytest.fixture
def environment():
    """No worker runs here, so no upload waits for one."""
    return {"DOVETAIL_INGEST__WAIT_SECONDS": "0"}


@pytest.mark.parametrize("noun", NOUNS)
def test_schemathesis_finds_nothing(app, client, noun):
    schema = schemathesis.openapi.from_wsgi(DOCUMENT, app)
    headers = {"Authorization": client.environ_base["HTTP_AUTHORIZATION"]}
    chat = client.post("/api/v1/chats/new", json={"chat": {}}).json["id"]
    excluded = [check for check in CHECKS.get_all() if check.__name__ in NOT_HERE]
    for path, method, _ in [operation for operation in OPERATIONS if operation[2] == noun]:
        for mode in (GOOD, BAD):
            if method == "get" and mode == BAD:
                continue  # any text is a query

            @given(case=schema[path][method].as_strategy(generation_mode=mode))
            @settings(
                max_examples=6 if mode == GOOD else 4,
                deadline=None,
                suppress_health_check=list(HealthCheck),
                phases=[Phase.generate],
                derandomize=True,
                database=None,
            )
            def run(case):
                if case.path_parameters:  # half of the calls reach something that is there
                    some = chat if len(str(case.body)) % 2 else str(uuid.uuid4())
                    case.path_parameters = {name: some for name in case.path_parameters}
                case.call_and_validate(headers=headers, excluded_checks=excluded)

            run()


def test_the_page_loads_nothing_from_another_host(anonymous):
    assert_asks_no_other_host(anonymous, "/docs/openwebui/")
