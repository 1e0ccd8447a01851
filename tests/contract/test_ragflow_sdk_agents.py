"""The official Python client, unmodified, in three versions: agents, their sessions, and `ask` (RAGFlow v1 contract 11.1)."""

from __future__ import annotations

import pytest
import requests

from tests.agents.canvases import FOLDER, sample
from tests.contract.sdk_versions import VERSIONS, session

SECRET = "The kettle is sold in red, black and cream. ##0$$"


@pytest.fixture(params=VERSIONS)
def version(request):
    """A version of the client."""
    return request.param


@pytest.fixture
def seen(version, server, new_key):
    """What a session of this version of the client saw, as a tenant of its own."""
    return session(version, "sdk_agents.py", server.url, new_key(), str(FOLDER / "chatbot.json"))


def test_the_sdk_makes_agents_and_asks_them(seen, version):
    assert seen["created"] == [True, "Begin"]
    assert seen["unknown"] == "The agent doesn't exist."
    assert seen["opened"] == [True, "Hi! What do you want to know about our appliances?"]
    assert seen["streamed"] == [SECRET, ["manual.txt"]] and seen["cumulative"]
    # 0.17.2 takes any JSON object for an error and looks for its message, which a success of RAGFlow's does not have either.
    assert seen["whole"] == ("KeyError('message')" if version == "0.17.2" else SECRET)
    assert seen["stored"] == [["assistant", "user", "assistant", "user", "assistant"], 1]
    if version != "0.17.2":
        assert seen["changed"] == ["of kettles", "Begin"]
        assert seen["refused"] == "Agent with title RENAMED already exists."
        assert seen["no_agents"] == []
    assert seen["left"] == [False] and seen["no_sessions"] == []


def test_a_file_is_given_as_a_part_and_read_while_the_client_waits(server, new_key):
    """Contract 3.27: the name, a line end, and the text; the file itself is not kept."""
    url, header = f"{server.url}/api/v1", {"Authorization": f"Bearer {new_key()}"}
    assert requests.post(f"{url}/agents", json=sample("parameters"), headers=header).json()["code"] == 0
    [agent] = requests.get(f"{url}/agents", headers=header).json()["data"]
    given = {"name": "Ada", "story": "The kettle leaks.", "tone": "kind", "copies": "2"}
    parts = {"notes": ("notes.md", b"# Notes\n\nIt leaks at the lid."), "other": ("other.txt", b"ignored")}
    reply = requests.post(f"{url}/agents/{agent['id']}/sessions", data=given, files=parts, headers=header).json()
    query = {one["key"]: one.get("value") for one in reply["data"]["dsl"]["components"]["begin"]["obj"]["params"]["query"]}
    name, _, text = query.pop("notes").partition("\n")
    assert name == "notes.md" and "It leaks at the lid." in text
    assert query == {**given, "urgent": None}
    assert requests.get(f"{server.url}/api/v1/files/", headers=header).json() == []
    broken = {"notes": ("notes.pdf", b"%PDF-1.7 nothing")}
    reply = requests.post(f"{url}/agents/{agent['id']}/sessions", data=given, files=broken, headers=header).json()
    assert reply["code"] == 102 and reply["message"].startswith("notes.pdf could not be read: ")
