"""The official Python client, unmodified, in three versions: chats, sessions, and `ask` (RAGFlow v1 contract 11.1)."""

from __future__ import annotations

import pytest

from tests.contract.sdk_versions import VERSIONS, session

SECRET = "The kettle is sold in red, black and cream. ##0$$"


@pytest.fixture(params=VERSIONS)
def version(request):
    """A version of the client."""
    return request.param


@pytest.fixture
def seen(version, server, new_key):
    """What a session of this version of the client saw, as a tenant of its own."""
    return session(version, "sdk_chats.py", server.url, new_key())


def test_the_sdk_makes_chats_and_asks_them(seen, version):
    assert seen["created"] == ["helper", 0.1, True, 8]
    assert seen["listed"] == [True, "Good morning.", 0.5, 512]
    assert seen["opened"] == ["first talk", True, "Good morning."]
    assert seen["streamed"] == [SECRET, ["manual.txt"]] and seen["cumulative"]
    # 0.17.2 takes any JSON object for an error and looks for its message, which a success of RAGFlow's does not have either.
    assert seen["whole"] == ("KeyError('message')" if version == "0.17.2" else SECRET)
    assert seen["stored"] == ["renamed", ["assistant", "user", "assistant", "user", "assistant"], 1]
    assert seen["no_question"] == "Please input your question."
    assert seen["refused"] == "Duplicated chat name in creating dataset."
    assert seen["left"] == ["second talk"]
    assert seen["no_sessions"] == [] and seen["no_chats"] == []
