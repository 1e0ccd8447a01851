"""Agents through the API of 2024: keys that are bound to one, conversations, answers (legacy contract 6.2, 6.3, 6.4.8, 10.4)."""

from __future__ import annotations

import pytest

from chat.catalogue import Model
from models.errors import NotFound
from services import models, tokens
from services.access import Principal
from tests.agents.canvases import chatbot
from tests.factories import make_user
from tests.legacy.wire import BASE, UNKNOWN, V1, assert_error, assert_success
from tests.scripted_model import ScriptedModel, fails, says

MESSAGES = [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Hi"}, {"role": "user", "content": "How is the weather?"}]


@pytest.fixture
def user():
    """A user with a tenant of its own."""
    return make_user()


@pytest.fixture
def model(user):
    """A model server that answers the user's agents."""
    with ScriptedModel() as scripted:
        models.add(user.id, "chat", Model("scripted", "", scripted.url, "scripted-1", "sk"), default=True)
        yield scripted


@pytest.fixture
def agent(anonymous, user, model) -> str:
    """The id of an agent that hands every question to the scripted model."""
    return make(anonymous, user, chatbot(llm="scripted"))


@pytest.fixture
def bound(app, user, agent):
    """A client whose key is bound to the agent."""
    return with_key(app, tokens.create(user_id=user.id, binding=tokens.Binding(agent=agent)))


def make(anonymous, user, dsl):
    header = {"Authorization": f"Bearer {tokens.create(user_id=user.id)}"}
    assert anonymous.post(f"{V1}/agents", json={"title": "bot", "dsl": dsl}, headers=header).json["code"] == 0
    return anonymous.get(f"{V1}/agents", headers=header).json["data"][0]["id"]


def with_key(app, key):
    client = app.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {key}"
    return client


def opened(client, **query):
    return assert_success(client.get(f"{BASE}/new_conversation", query_string=query))


def ask(client, conversation, **fields):
    return client.post(f"{BASE}/completion", json={"conversation_id": conversation, "messages": MESSAGES, **fields})


def test_a_key_that_is_bound_to_an_agent_opens_conversations_with_it(bound, agent):
    """Contract 6.2: the prologue, and where it came from."""
    row = opened(bound, user_id="me")
    assert (row["dialog_id"], row["user_id"], row["source"]) == (agent, "me", "agent")
    assert row["message"] == [{"role": "assistant", "content": "Good day."}]
    assert row["reference"] == [] and row["round"] == 0


def test_an_unbound_key_names_its_agent(app, user, agent):
    """Contract 10.4; old clients have one word for chats and agents."""
    client = with_key(app, tokens.create(user_id=user.id))
    assert {opened(client, **{name: agent})["dialog_id"] for name in ("agent_id", "dialog_id", "chat_id")} == {agent}


def test_a_stream_is_byte_for_byte(bound, model):
    """Contract 6.4.4, 6.4.8, 10.2: three keys, the reference a list, no word of what runs."""
    model.plays(says("It is", " sunny."))
    conversation = opened(bound)["id"]
    reply = ask(bound, conversation)
    id = reply.text.partition('"id": "')[2].partition('"')[0]
    head, tail = 'data:{"retcode": 0, "retmsg": "", "code": 0, "message": "", "data": ', f'"reference": [], "id": "{id}"}}}}\n\n'
    told = ["It is", "It is sunny.", "It is sunny."]
    assert reply.text == "".join(f'{head}{{"answer": "{text}", {tail}' for text in told) + f"{head}true}}\n\n"
    assert reply.headers["Content-Type"] == "text/event-stream; charset=utf-8"


def test_only_the_last_message_is_asked_of_the_canvas_as_it_was_saved(bound, model):
    """Contract 6.4.8: no state persists, but what was said is kept (6.3)."""
    conversation = opened(bound)["id"]
    for _ in range(2):
        data = assert_success(ask(bound, conversation, stream=False))
        assert set(data) == {"answer", "reference", "id"} and (data["answer"], data["reference"]) == ("ok", [])
        assert [one["content"] for one in model.requests[-1]["messages"]] == ["Be brief.", "How is the weather?"]
    row = assert_success(bound.get(f"{BASE}/conversation/{conversation}"))
    assert [one["content"] for one in row["message"]] == ["Good day.", "How is the weather?", "ok", "How is the weather?", "ok"]
    assert (row["round"], row["reference"], row["source"]) == (2, [[], []], "agent")


def test_sessions_of_the_modern_api_can_be_read_and_gone_on_with(bound, agent):
    """Contract 5.1: RAGFlow keeps both in one table."""
    session = bound.post(f"{V1}/agents/{agent}/sessions", json={}).json["data"]["id"]
    assert assert_success(ask(bound, session, stream=False))["answer"] == "ok"
    assert assert_success(bound.get(f"{BASE}/conversation/{session}"))["round"] == 1
    conversation = opened(bound)["id"]
    reply = bound.post(f"{V1}/agents/{agent}/completions", json={"session_id": conversation, "question": "x", "stream": False})
    assert reply.json["data"]["answer"] == "ok"


def test_begin_parameters_are_keys_of_the_completion(anonymous, app, user, model):
    query = [{"key": "name", "name": "", "optional": False, "type": "line"}]
    greeter = chatbot("", query, "scripted")
    greeter["components"]["Generate:Reply"]["obj"]["params"]["prompt"] = "Greet {begin@name}."
    agent = make(anonymous, user, greeter)
    client = with_key(app, tokens.create(user_id=user.id, binding=tokens.Binding(agent=agent)))
    conversation = opened(client)["id"]
    assert assert_success(ask(client, conversation, stream=False, name="Ada"))["answer"] == "ok"
    assert model.requests[-1]["messages"][0]["content"] == "Greet Ada."
    assert ask(client, conversation, stream=False).json["retmsg"] == "`name` is required"
    assert "`name` is required" in ask(client, conversation).text


def test_a_failure_is_told_in_the_stream_and_not_stored(bound, model):
    """Contract 6.4.4, 6.4.7."""
    model.plays(fails(401))
    conversation = opened(bound)["id"]
    failure, end, rest = ask(bound, conversation).text.split("\n\n")
    assert failure.startswith('data:{"retcode": 500, ') and '"answer": "**ERROR**: ' in failure
    assert end.endswith('"data": true}') and rest == ""
    assert ask(bound, conversation, stream=False).json["retcode"] != 0
    assert assert_success(bound.get(f"{BASE}/conversation/{conversation}"))["round"] == 0


@pytest.mark.parametrize("messages", [[], [{"role": "assistant", "content": "Hi"}]])
def test_a_last_message_that_is_not_the_users_is_refused(bound, messages):
    """Contract 6.4.2."""
    reply = ask(bound, opened(bound)["id"], messages=messages)
    assert_error(reply, 102, "The last content of this conversation is not from user.")


def test_the_bot_platform_asks_agents_too(bound):
    """Contract 6.13."""
    key = bound.environ_base["HTTP_AUTHORIZATION"].split()[1]
    body = {"Authorization": key, "conversation_id": opened(bound)["id"], "word": "Hello"}
    assert bound.post(f"{BASE}/completion_aibotk", json=body).json["data"] == [{"type": 1, "content": "ok"}]


def test_an_agent_that_is_gone_is_no_dialog(bound, agent):
    """Contract 6.2, 11."""
    conversation = opened(bound)["id"]
    bound.delete(f"{V1}/agents/{agent}")
    assert_error(bound.get(f"{BASE}/new_conversation"), 102, "Dialog not found")
    assert_error(ask(bound, conversation), 102, "Conversation not found!")


def test_a_strangers_agent_is_no_dialog(stranger, bound, agent):
    """Contract 4.3, 11."""
    conversation = opened(bound)["id"]
    assert_error(stranger.get(f"{BASE}/new_conversation", query_string={"agent_id": agent}), 102, "Dialog not found")
    assert_error(ask(stranger, conversation), 102, "Conversation not found!")
    assert_error(stranger.get(f"{BASE}/conversation/{conversation}"), 102, "Conversation not found!")


def test_a_key_is_bound_to_an_agent_that_is_there_alone(app, user, agent):
    """Decisions C2: `dovetail key create --agent`."""
    for owner, id in [(user.id, UNKNOWN), (make_user().id, agent)]:
        with pytest.raises(NotFound):
            tokens.create(user_id=owner, binding=tokens.Binding(agent=id))
    key = tokens.create(user_id=user.id, binding=tokens.Binding(agent=agent))
    assert tokens.authenticate(key) == Principal(user.id, user.id, agent=agent)
