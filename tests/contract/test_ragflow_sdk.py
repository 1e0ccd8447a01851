"""The official Python client, unmodified, in three versions (RAGFlow v1 contract 11.1)."""

from __future__ import annotations

import pytest

from tests.contract.sdk_versions import VERSIONS, session

SCRIPT = "sdk_session.py"


@pytest.fixture(params=VERSIONS)
def seen(request, server, new_key):
    """What a session of this version of the client saw, as a tenant of its own."""
    return session(request.param, SCRIPT, server.url, new_key())


def test_the_sdk_drives_a_whole_session(seen):
    assert_whole(seen)


@pytest.mark.parametrize("engine", ["elasticsearch"], indirect=True)
def test_the_sdk_drives_a_whole_session_over_a_cluster(start_server):
    server = start_server()
    assert_whole(session(VERSIONS[-1], SCRIPT, server.url, server.key))


def assert_whole(seen):
    """Assert that the client saw what it should."""
    assert seen["created"] == ["kettles", "naive", "me"]
    assert seen["listed"] == ["kettles and pots"]
    assert seen["uploaded"] == ["manual.txt", 244, "UNSTART"]
    assert seen["downloaded"]
    assert seen["parsed"] == ["DONE", 1.0, True, True]
    assert seen["chunks"]
    assert seen["added"] == "The kettle is sold in red, black and cream."
    assert seen["updated"] == "The kettle is sold in green and silver."
    assert seen["switched_off"] != "The kettle is sold in green and silver."
    assert "twenty-four months" in seen["answer"]
    assert len(seen["keywords"]) == 1 and "<em>warranty</em>" in seen["keywords"][0]
    assert seen["remaining"]
    assert seen["refused"]
    assert seen["no_documents"] == [] and seen["no_datasets"] == []
