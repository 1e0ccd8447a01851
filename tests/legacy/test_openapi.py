"""The OpenAPI document of the 2024 API tells the truth: schemathesis finds nothing, and its page asks no other host."""

from __future__ import annotations

from dataclasses import asdict

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS, load_all_checks

import api
import legacy
from conf.settings import load
from tests.openapi import assert_asks_no_other_host, operations, served

load_all_checks()
# An error leaves with status 200 in this dialect (contract 2.2), and a method that is not served does too.
NOT_HERE = {"negative_data_rejection", "unsupported_method", "ignored_auth"}
# A downloaded file's content type follows its suffix, whatever that is (contract 7).
OF_ITS_SUFFIX = {"/v1/document/get/{document_id}": {"content_type_conformance"}}
DOCUMENT = "/docs/legacy/openapi.json"


def _bare():
    bare = Flask("bare")
    api.register(bare, legacy.dialect(legacy.Options(**asdict(load({}).legacy))))
    return bare


OPERATIONS = operations(_bare(), DOCUMENT)
NOUNS = sorted({noun for _, _, noun in OPERATIONS})
GOOD, BAD = GenerationMode.POSITIVE, GenerationMode.NEGATIVE


def test_every_route_is_documented():
    assert served(_bare(), "legacy") == {(path, method) for path, method, _ in OPERATIONS}


@pytest.mark.parametrize("mode", [GOOD, BAD], ids=["good data", "bad data"])
@pytest.mark.parametrize("noun", NOUNS)
def test_schemathesis_finds_nothing(app, client, document, chunk, noun, mode):
    schema = schemathesis.openapi.from_wsgi(DOCUMENT, app)
    headers = {"Authorization": client.environ_base["HTTP_AUTHORIZATION"]}
    for path, method, _ in [operation for operation in OPERATIONS if operation[2] == noun]:
        if method == "get" and mode == BAD:
            continue  # any text is a query
        left_out = NOT_HERE | OF_ITS_SUFFIX.get(path, set())
        excluded = [check for check in CHECKS.get_all() if check.__name__ in left_out]

        @given(case=schema[path][method].as_strategy(generation_mode=mode))
        @settings(
            max_examples=10 if mode == GOOD else 6,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate],
            derandomize=True,
            database=None,
        )
        def run(case):
            if len(str(case.body)) % 2:  # half of the calls reach something that is there
                case.path_parameters = {name: chunk if name == "chunk_id" else document for name in case.path_parameters or {}}
            case.call_and_validate(headers=headers, excluded_checks=excluded)

        run()


def test_the_page_loads_nothing_from_another_host(anonymous):
    assert_asks_no_other_host(anonymous, "/docs/legacy/")
