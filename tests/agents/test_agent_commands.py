"""The commands `dovetail agent ...`: agents from files of every form, and back."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from app import cli
from tests.agents.canvases import FOLDER, chatbot, sample
from tests.factories import make_user


@pytest.fixture
def dovetail(app, settings, monkeypatch):
    """Run a command on this test's data folder; gives what it printed, and its exit code."""
    for name, value in {"DATA__FOLDER": settings.data.folder, "EMBEDDING__FOLDER": settings.embedding.folder}.items():
        monkeypatch.setenv(f"DOVETAIL_{name}", value)

    def run(*words):
        result = CliRunner().invoke(cli, [str(word) for word in words])
        assert result.exception is None or isinstance(result.exception, SystemExit), result.output
        return result.output, result.exit_code

    return run


@pytest.fixture
def kim(app):
    return make_user("kim@example.org").email


@pytest.fixture
def imported(dovetail, kim):
    """Import files; gives the ids of the agents."""

    def run(*words):
        output, code = dovetail("agent", "import", *words, "--user", kim)
        assert code == 0, output
        return [line.split()[0] for line in output.splitlines()]

    return run


def written(folder, name, value):
    path = folder / f"{name}.json"
    path.write_text(value if isinstance(value, str) else json.dumps(value))
    return path


def test_a_template_comes_back_as_it_was_taken(dovetail, imported, kim):
    [made] = imported(FOLDER / "message.json")
    assert json.loads(dovetail("agent", "export", made, "--user", kim)[0]) == sample("message")


def test_a_canvas_alone_is_called_as_its_file(dovetail, imported, kim, tmp_path):
    first, second = imported(written(tmp_path, "bare", chatbot()), FOLDER / "message.json")
    lines = dovetail("agent", "list", "--user", kim)[0].splitlines()
    assert lines == [f"{first}  bare  version 1", f"{second}  Echo of one  version 1"]


def test_what_an_editor_exports_is_drawn_into_a_canvas(dovetail, imported, kim, tmp_path):
    [made] = imported(written(tmp_path, "drawn", graph()))
    template = json.loads(dovetail("agent", "export", made, "--user", kim)[0])
    components = template["dsl"]["components"]
    assert template["title"] == "drawn" and set(components) == {"begin", "Answer:A", "Message:M", "Generate:G"}
    assert components["Answer:A"]["downstream"] == ["Message:M", "Generate:G"] and components["Message:M"]["upstream"] == ["Answer:A"]
    assert components["Generate:G"]["obj"]["params"] == {"llm_id": "x", "prompt": "y", "top_p": 0.3}


def test_a_file_is_a_new_version_only_where_that_is_asked_for(dovetail, imported, kim, tmp_path):
    file = written(tmp_path, "bare", chatbot())
    [made] = imported(file)
    refused = f"Error: {file}: Agent with title bare already exists.\n"
    assert dovetail("agent", "import", file, "--user", kim) == (refused, 1)
    out = tmp_path / "out.json"
    assert dovetail("agent", "export", made, "--user", kim, "--file", out)[1] == 0
    assert imported(out, "--update") == [made]
    assert dovetail("agent", "list", "--user", kim)[0] == f"{made}  bare  version 2\n"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("{", "This is no JSON."),
        ("[" * 100_000, "The body is nested deeper than 64 levels."),
        ("[]", "This is no object."),
        ("{}", "This has neither a dsl, nor components, nor nodes."),
        ('{"nodes": [{"id": "x"}]}', "Its nodes and edges are not as RAGFlow's editor exports them."),
        ('{"nodes": [7], "edges": [7]}', "Its nodes and edges are not as RAGFlow's editor exports them."),
        ('{"components": {}}', "There have to be an 'Begin' component."),
    ],
)
def test_a_file_that_is_no_agent_is_refused_with_the_reason(dovetail, kim, tmp_path, content, reason):
    file = written(tmp_path, "bad", content)
    assert dovetail("agent", "import", file, "--user", kim) == (f"Error: {file}: {reason}\n", 1)


def test_one_users_agent_is_not_exported_for_another(dovetail, imported, tmp_path):
    [made] = imported(FOLDER / "message.json")
    told = f"Error: The agent {made} does not exist.\n"
    assert dovetail("agent", "export", made, "--user", make_user("lee@example.org").email) == (told, 1)


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


@pytest.mark.parametrize(
    ("told", "place"),
    [
        ({"title": "\ud800"}, "title must not contain lone surrogates"),
        ({"title": "a\0b"}, "title must not contain NUL"),
        ({"title": "t" * 256}, "title should have at most 255 characters"),
        ({"dsl": chatbot("Good\0day.")}, "dsl.components.begin.obj.params.prologue must not contain NUL"),
        ({"dsl": {**chatbot(), "globals": float("nan")}}, "This is no JSON."),
        ({"dsl": {**chatbot(), "globals": 2**70}}, "at most 64 bits"),
    ],
)
def test_what_a_row_cannot_hold_is_refused_from_a_file_too(dovetail, kim, tmp_path, told, place):
    """As from a client (RAGFlow v1 contract 3.31; decisions A2)."""
    file = tmp_path / "agent.json"
    file.write_text(json.dumps({"title": "bot", "dsl": chatbot(), **told}), encoding="utf-8")
    output, code = dovetail("agent", "import", file, "--user", kim)
    assert code == 1 and place in output
    assert dovetail("agent", "list", "--user", kim) == ("", 0)
