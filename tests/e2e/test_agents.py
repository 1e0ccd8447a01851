"""Agents by command and through kill -9: files become agents, keys are theirs, and what was answered is there after the crash."""

from __future__ import annotations

import json

import pytest
import requests

from tests.agents.canvases import FOLDER, chatbot, sample
from tests.e2e.clients import kill_all

pytestmark = pytest.mark.e2e


def test_agents_are_taken_from_files_and_what_they_answered_survives_a_kill(start_server, tmp_path):
    server = start_server()
    user = server.command("user", "list").stdout.split()[1]
    [made] = imported(server, user, FOLDER / "message.json")
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


def imported(server, user, *files, options=()):
    """Import files; gives the ids of the agents."""
    run = server.command("agent", "import", *map(str, files), "--user", user, *options)
    assert run.returncode == 0, run.stderr
    return [line.split()[0] for line in run.stdout.splitlines()]


def test_templates_canvases_and_drawn_graphs_are_imported_and_exported(start_server, tmp_path):
    server = start_server()
    user = server.command("user", "list").stdout.split()[1]
    template = sample("message")
    bare, drawn, bad = (tmp_path / f"{name}.json" for name in ("bare", "drawn", "bad"))
    bare.write_text(json.dumps(chatbot()))
    drawn.write_text(json.dumps(graph()))
    first, second, third = imported(server, user, FOLDER / "message.json", bare, drawn)
    exported = json.loads(server.command("agent", "export", first, "--user", user).stdout)
    assert exported == template
    parsed = json.loads(server.command("agent", "export", third, "--user", user).stdout)
    assert parsed["title"] == "drawn" and parsed["dsl"]["components"]["Message:M"]["downstream"] == ["Answer:A"]
    assert parsed["dsl"]["components"]["Generate:G"]["obj"]["params"] == {"llm_id": "x", "prompt": "y", "top_p": 0.3}
    out = tmp_path / "out.json"
    assert server.command("agent", "export", second, "--user", user, "--file", str(out)).returncode == 0
    assert imported(server, user, out, options=["--update"]) == [second]
    lines = server.command("agent", "list", "--user", user).stdout.splitlines()
    assert lines == [f"{first}  Echo of one  version 1", f"{second}  bare  version 2", f"{third}  drawn  version 1"]
    again = server.command("agent", "import", str(bare), "--user", user)
    assert again.returncode == 1 and again.stderr == f"Error: {bare}: Agent with title bare already exists.\n"
    for content, reason in [("{", "This is no JSON."), ("[]", "This is no object."), ("{}", "This has neither a dsl, nor components, nor nodes.")]:
        bad.write_text(content)
        assert server.command("agent", "import", str(bad), "--user", user).stderr == f"Error: {bad}: {reason}\n"


def graph():
    """What an editor exports: nodes with forms, a note, and edges."""
    on = {"top_p": 0.3, "topPEnabled": True}
    forms = {
        "begin": ("Begin", {"prologue": "Hello."}),
        "Answer:A": ("Answer", {}),
        "Message:M": ("Message", {"messages": ["x"]}),
        "Generate:G": ("Generate", {"llm_id": "x", "prompt": "y", "temperature": 0.1, "temperatureEnabled": False, **on}),
        "Note:N": ("Note", {"text": "Read me."}),
    }
    nodes = [{"id": id, "type": "ragNode", "data": {"label": kind, "name": id, "form": form}} for id, (kind, form) in forms.items()]
    pairs = [("begin", "Answer:A"), ("Answer:A", "Message:M"), ("Message:M", "Answer:A"), ("Answer:A", "Generate:G"), ("Generate:G", "Answer:A")]
    return {"nodes": nodes, "edges": [{"id": f"{a}-{b}", "source": a, "target": b} for a, b in pairs]}
