"""Agents through kill -9: what was answered is there after the crash, by a key of theirs."""

from __future__ import annotations

import json

import pytest
import requests

from tests.agents.canvases import FOLDER
from tests.e2e.clients import kill_all

pytestmark = pytest.mark.e2e


def test_what_an_agent_answered_survives_a_kill(start_server):
    server = start_server()
    user = server.command("user", "list").stdout.split()[1]
    made = server.command("agent", "import", str(FOLDER / "message.json"), "--user", user).stdout.split()[0]
    key = server.command("key", "create", "--user", user, "--agent", made).stdout.strip()
    refused = server.command("key", "create", "--user", user, "--agent", "nothing")
    assert refused.returncode == 1 and refused.stderr == "Error: The agent nothing does not exist.\n"
    header = {"Authorization": f"Bearer {key}", "Connection": "close"}
    url = f"{server.url}/api/v1/agents/{made}"
    session = requests.post(f"{url}/sessions", json={}, headers=header).json()["data"]["id"]
    answers = ask_until_a_kill(server, url, session, header)
    server.start()
    [found] = requests.get(f"{url}/sessions", headers=header).json()["data"]
    assert [one["content"] for one in found["messages"][1:]] == answers
    assert len(found["dsl"]["path"]) - 2 == len(answers) / 2
    assert len(requests.get(f"{url}/sessions/{session}/trace", headers=header).json()["data"]) - 1 == len(answers) / 2


def ask_until_a_kill(server, url, session, header):
    """Ask three times, streamed; kill everything as soon as the last event of the third is here. Gives what was said."""
    said = []
    for number in range(3):
        body = {"session_id": session, "question": f"Question {number}?"}
        with requests.post(f"{url}/completions", json=body, headers=header, stream=True) as reply:
            for line in reply.iter_lines():
                event = json.loads(line.removeprefix(b"data:")) if line else {"data": {}}
                if event["data"] is True:
                    break
                told = event["data"].get("answer", "") if not event["data"].get("running_status") else ""
                if told and number == 2 and "reference" in event["data"]:
                    kill_all(server)
                    return [*said, body["question"], told]
        said += [body["question"], requests.get(f"{url}/sessions", headers=header).json()["data"][0]["messages"][-1]["content"]]
    return said
