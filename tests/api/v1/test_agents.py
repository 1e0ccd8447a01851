"""Agents as rows: made, changed, listed, deleted, each canvas kept, bad ones refused by place (RAGFlow v1 contract 3.30, 3.31, 8.1)."""

from __future__ import annotations

import json

import pytest

from services import agents
from tests.agents.canvases import SAMPLES, canvas, chatbot, component, sample
from tests.api.v1.wire import BASE, UNKNOWN, as_v019, assert_error, assert_success, both_profiles, said

ANSWER = component("Answer", [], ["begin"])


def make(client, title="helper", dsl=None, **fields):
    """Make an agent; gives its id."""
    body = {"title": title, "dsl": dsl or chatbot(), **fields}
    assert client.post(f"{BASE}/agents", json=body).json == {"code": 0, "data": True, "message": "success"}
    [made] = assert_success(client.get(f"{BASE}/agents", query_string={"title": title}))
    return made["id"]


def listed(client, **query):
    return assert_success(client.get(f"{BASE}/agents", query_string=query))


@both_profiles
def test_an_agent_is_made_listed_changed_and_deleted(client, profile):
    """Contract 3.30, 3.31: every write answers true, with the word for it."""
    yes = {"code": 0, "data": True, "message": "success"}
    assert client.post(f"{BASE}/agents", json={"title": " helper ", "dsl": chatbot(), "description": "helps"}).json == yes
    [made] = listed(client)
    assert (made["title"], made["description"], made["avatar"], made["canvas_type"], made["permission"]) == ("helper", "helps", None, None, "me")
    assert made["dsl"] == chatbot() and made["create_date"].endswith("GMT") and len(made["user_id"]) == 32
    path = f"{BASE}/agents/{made['id']}"
    assert client.put(path, json={"title": "other", "description": None, "dsl": chatbot("Hello.")}).json == yes
    [changed] = listed(client, id=made["id"], name="other")
    assert (changed["title"], changed["description"]) == ("other", "helps")
    assert changed["dsl"]["components"]["begin"]["obj"]["params"]["prologue"] == "Hello."
    assert client.put(path, json={}).json == yes
    assert client.delete(path, json={}).json == yes
    assert listed(client) == []


@both_profiles
def test_what_is_missing_or_taken_is_told(client, profile):
    """Contract 3.31; a canvas may be sent as text, as RAGFlow's own pages do."""
    for body, message in [
        ({"title": "x"}, "No DSL data in request."),
        ({}, "No DSL data in request."),
        ({"dsl": chatbot()}, "No title in request."),
        ({"dsl": chatbot(), "title": "  "}, "No title in request."),
    ]:
        assert client.post(f"{BASE}/agents", json=body).json == {"code": 101, "message": message, "data": False}
    make(client, "Helper", json.dumps(chatbot()))
    assert_error(client.post(f"{BASE}/agents", json={"title": "helper", "dsl": chatbot()}), 102, "Agent with title helper already exists.")
    other = make(client, "other")
    assert_error(client.put(f"{BASE}/agents/{other}", json={"title": "HELPER"}), 102, "Agent with title HELPER already exists.")
    assert client.put(f"{BASE}/agents/{other}", json={"title": "Other"}).json["code"] == 0
    assert_error(client.put(f"{BASE}/agents/{other}", json={"title": " "}), 101, "title cannot be empty")
    assert said(client.post(f"{BASE}/agents", json={"title": "x" * 256, "dsl": chatbot()}))[0] in (100, 101)
    for dsl in ("{", "[]", 7, []):
        assert said(client.post(f"{BASE}/agents", json={"title": "x", "dsl": dsl}))[0] in (100, 101)


@both_profiles
def test_agents_of_nobody_are_not_the_callers(client, stranger, profile):
    agent = make(client)
    refused = {"code": 103, "message": "Only owner of canvas authorized for this operation.", "data": False}
    for caller, id in [(client, UNKNOWN), (stranger, agent)]:
        assert caller.put(f"{BASE}/agents/{id}", json={"title": "stolen"}).json == refused
        assert caller.delete(f"{BASE}/agents/{id}", json={}).json == refused
        assert_error(caller.get(f"{BASE}/agents", query_string={"id": id}), 102, "The agent doesn't exist.")
        assert_error(caller.get(f"{BASE}/agents/{id}/versions"), 102, f"You don't own the agent {id}.")
    assert listed(stranger) == [] and len(listed(client)) == 1
    assert_error(client.get(f"{BASE}/agents", query_string={"title": "nothing"}), 102, "The agent doesn't exist.")


def test_a_delete_with_a_misspelt_key_deletes_nothing(client):
    """Decisions A6."""
    agent = make(client)
    assert said(client.delete(f"{BASE}/agents/{agent}", json={"ids": [agent]}))[0] == 101
    assert len(listed(client)) == 1


@both_profiles
def test_lists_are_paged_and_sorted_by_the_profiles_column(client, profile):
    """Contract 1.7, 3.30; decisions B5 (V19)."""
    first, second = make(client, "one"), make(client, "two")
    client.put(f"{BASE}/agents/{first}", json={"description": "newer"})
    newest = [first, second] if profile == "v0.19" else [second, first]
    assert [one["id"] for one in listed(client)] == newest
    assert [one["id"] for one in listed(client, desc="False")] == newest[::-1]
    assert [one["id"] for one in listed(client, orderby="title", desc="false", page=2, page_size=1)] == [second]
    assert listed(client, page_size=0) == [] and listed(client, page=3) == []


def test_only_columns_are_sorted_by(client):
    for column in ("dsl", "nothing", "title_key"):
        assert_error(
            client.get(f"{BASE}/agents", query_string={"orderby": column}), 101, "orderby should be a column, such as create_time or update_time"
        )


@as_v019
def test_ragflow_0_19_names_its_table(client, profile):
    reply = client.get(f"{BASE}/agents", query_string={"orderby": "nothing"})
    assert_error(reply, 100, "AttributeError(\"type object 'UserCanvas' has no attribute 'nothing'\")")


def test_every_canvas_that_was_saved_can_be_read_again_up_to_twenty(client):
    agent = make(client)
    path = f"{BASE}/agents/{agent}"
    for number in range(agents.MOST_VERSIONS + 3):
        client.put(path, json={"dsl": chatbot(f"Prologue {number}.")})
    client.put(path, json={"title": "no new canvas"})
    versions = assert_success(client.get(f"{path}/versions"))
    assert [one["number"] for one in versions] == list(range(24, 4, -1))
    whole = assert_success(client.get(f"{path}/versions/{versions[1]['id']}"))
    assert whole["dsl"]["components"]["begin"]["obj"]["params"]["prologue"] == "Prologue 21."
    other = make(client, "other")
    message = f"The agent doesn't own the version {versions[1]['id']}."
    assert_error(client.get(f"{BASE}/agents/{other}/versions/{versions[1]['id']}"), 102, message)
    client.put(path, json={"dsl": whole["dsl"]})
    assert assert_success(client.get(f"{path}/versions"))[0]["number"] == 25


@pytest.mark.parametrize("name", SAMPLES)
def test_templates_of_ragflows_form_are_taken_and_given_back_as_they_came(client, dataset, name):
    """Contract 8.1."""
    template = sample(name, dataset)
    assert client.post(f"{BASE}/agents", json=template).json["code"] == 0
    [made] = listed(client)
    assert made["dsl"] == template["dsl"]
    assert (made["title"], made["description"], made["canvas_type"]) == (template["title"], template["description"], template["canvas_type"])


def _with(**components):
    return canvas({"begin": component("Begin", ["Answer:A"], []), "Answer:A": ANSWER, **{k.replace("_", ":"): v for k, v in components.items()}})


@both_profiles
@pytest.mark.parametrize(
    ("dsl", "place"),
    [
        ({}, "components"),
        ({"components": []}, "components"),
        (canvas({"Answer:A": component("Answer", [], [])}), "There have to be an 'Begin' component."),
        (canvas({"begin": component("Begin", [], [])}), "There have to be an 'Answer' component."),
        (_with(Teleport_X=component("Teleport", [], [])), "Teleport"),
        (_with(Code_X=component("Code", [], [], lang="python", script="1")), "Code"),
        (_with(Message_X=component("Message", ["Nowhere:Y"], [], messages=["x"])), "Nowhere:Y"),
        (_with(Message_X=component("Message", [], [], messages=["x"], colour="red")), "colour"),
        (_with(Message_X=component("Message", [], [], messages=7)), "messages"),
        (_with(Generate_X=component("Generate", [], [], prompt="x")), "LLM"),
        (_with(M_X=component("Message", ["M:Y"], ["M:Y"], messages=["x"]), M_Y=component("Message", ["M:X"], ["M:X"], messages=["x"])), "M:X"),
        (_with(Message_X={"obj": 7}), "Message:X"),
        (_with(Message_X={"obj": {"component_name": ["x"]}}), "Message:X"),
    ],
    ids=["nothing", "a list", "no begin", "no answer", "unknown", "not confined", "missing node", "unknown parameter", "wrong type",
         "empty value", "cycle", "no object", "wrong name"],
)  # fmt: skip
def test_a_canvas_that_cannot_run_is_refused_and_the_place_named(client, profile, dsl, place):
    """Contract 8.1, 8.3: when it is saved, not when somebody asks."""
    reply = client.post(f"{BASE}/agents", json={"title": "bad", "dsl": dsl})
    assert reply.status_code == 200 and reply.json["code"] == 102 and place in reply.json["message"], reply.json
    assert listed(client) == []
    agent = make(client)
    assert client.put(f"{BASE}/agents/{agent}", json={"dsl": dsl, "title": "changed"}).json["code"] == 102
    assert [(one["title"], one["dsl"]) for one in listed(client)] == [("helper", chatbot())]


def test_ten_thousand_components_are_refused_at_once(client):
    many = {f"Message:{n}": component("Message", [f"Message:{n + 1}"] if n < 9_999 else [], [], messages=["x"]) for n in range(10_000)}
    reply = client.post(f"{BASE}/agents", json={"title": "big", "dsl": _with(**many)})
    assert reply.json["code"] == 102 and "components" in reply.json["message"]


def test_a_canvas_of_more_than_four_million_characters_is_refused(client):
    reply = client.post(f"{BASE}/agents", json={"title": "big", "dsl": {**chatbot(), "graph": {"notes": "x" * agents.LARGEST}}})
    assert reply.json["code"] == 102 and reply.json["message"].startswith(f"dsl should have at most {agents.LARGEST} characters")


def test_deleting_an_agent_takes_what_was_said_with_it(client):
    agent = make(client)
    session = assert_success(client.post(f"{BASE}/agents/{agent}/sessions", json={}))["id"]
    client.delete(f"{BASE}/agents/{agent}")
    assert_error(client.get(f"{BASE}/agents/{agent}/sessions"), 102, f"You don't own the agent {agent}.")
    reply = client.post(f"{BASE}/agents/{agent}/completions", json={"session_id": session, "question": "x"})
    assert_error(reply, 102, f"You don't own the agent {agent}")
