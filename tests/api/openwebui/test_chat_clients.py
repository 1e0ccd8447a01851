"""Third-party clients of models and chats, with the bytes they send (contract 9), and the seed's examples of chat as they are printed."""

from __future__ import annotations

import json

from api.openwebui.ids import spelled
from services import tokens
from tests.scripted_model import says

CHATS = "/api/v1/chats"
QUESTION = [{"type": "text", "text": "Six times seven?"}]


def raw(client, method, path, text, **headers):
    """A request whose body is this very text."""
    return client.open(path, method=method, data=text.encode(), headers={"Content-Type": "application/json", **headers})


def test_the_seeds_plain_question(client, model):
    """Seed 002, model changed: every key of the printed answer, with the same type of value, in the same order."""
    model.plays(says("\n\n你好!很高兴见到你,有什么我可以帮忙的吗?", usage=(5, 17)))
    sent = '{\n"model": "scripted",\n"messages": [\n{\n"role": "user",\n"content": "你好啊"\n}\n]\n}'
    answer = raw(client, "POST", "/api/chat/completions", sent)
    printed = json.loads(
        '{"id": "x", "created": 1741313942, "model": "x", "choices": [{"index": 0, "logprobs": null, "finish_reason": "stop", "message": '
        '{"content": "x", "role": "assistant"}}], "object": "chat.completion", "usage": {"response_token/s": 22.73, "prompt_token/s": 41.32, '
        '"total_duration": 890745200, "load_duration": 19290900, "prompt_eval_count": 5, "prompt_tokens": 5, "prompt_eval_duration": 121000000, '
        '"eval_count": 17, "completion_tokens": 17, "eval_duration": 748000000, "approximate_total": "0h0m0s", "total_tokens": 22, '
        '"completion_tokens_details": {"reasoning_tokens": 0, "accepted_prediction_tokens": 0, "rejected_prediction_tokens": 0}}}'
    )

    def kinds(value):
        if isinstance(value, dict):
            return [(key, kinds(inner)) for key, inner in value.items()]
        return [kinds(inner) for inner in value] if isinstance(value, list) else type(value)

    assert kinds(json.loads(answer.text)) == kinds(printed)
    assert answer.json["choices"][0]["message"]["content"] == "\n\n你好!很高兴见到你,有什么我可以帮忙的吗?"
    assert model.requests[0]["messages"] == [{"role": "user", "content": "你好啊"}]


def test_the_seeds_stream(client, model):
    model.plays(says("的关键", "。"))
    sent = '{\n"model": "scripted",\n"messages": [\n{\n"role": "user",\n"content": "什么是 java"\n}\n],\n"stream": true\n}'
    lines = raw(client, "POST", "/api/chat/completions", sent).text.split("\n\n")
    frames = [json.loads(line.removeprefix("data: ")) for line in lines[:-2]]
    assert [frame["choices"][0]["delta"] for frame in frames] == [{"content": "的关键"}, {"content": "。"}, {}]
    assert frames[-1]["choices"][0]["finish_reason"] == "stop" and "usage" in frames[-1]
    assert lines[-2:] == ["data: [DONE]", ""]


def test_the_seeds_question_with_a_file_and_with_a_collection(client, model):
    """Ids nobody has, as printed: an answer, without sources."""
    model.plays(says("An answer."))
    for kind, id in (("file", "your-file-id-here"), ("collection", "your-collection-id-here")):
        sent = f'{{"model": "scripted", "messages": [{{"role": "user", "content": "Explain."}}], "files": [{{"type": "{kind}", "id": "{id}"}}]}}'
        answer = raw(client, "POST", "/api/chat/completions", sent)
        assert answer.json["choices"][0]["message"]["content"] == "An answer."


def test_openwebui_chat_client_keeps_its_talks_here(client, model):
    """Fu-Jie/openwebui-chat-client: looks for a chat by title, makes it, asks, saves the tree, and puts it into a folder."""
    assert client.get(f"{CHATS}/search", query_string={"text": "Project Talk"}).json == []
    chat = client.post(f"{CHATS}/new", json={"chat": {"title": "Project Talk"}}).json["id"]
    (found,) = client.get(f"{CHATS}/search", query_string={"text": "Project Talk"}).json
    assert (found["id"], found["title"]) == (chat, "Project Talk")
    details = client.get(f"{CHATS}/{chat}").json
    assert (details["title"], details["updated_at"], details["chat"].get("history")) == ("Project Talk", found["updated_at"], None)

    model.plays(says("Forty-two."))
    asked = {"model": "scripted", "messages": [{"role": "user", "content": QUESTION}], "parent_message": {}}
    answer = client.post("/api/chat/completions", json=asked).json["choices"][0]["message"]["content"]
    user = {"id": "u1", "parentId": None, "childrenIds": ["a1"], "role": "user", "content": "Six times seven?", "timestamp": 1}
    said = {"id": "a1", "parentId": "u1", "childrenIds": [], "role": "assistant", "content": answer, "model": "scripted", "done": True}
    core = {
        "id": chat,
        "title": "Project Talk",
        "models": ["scripted"],
        "params": {},
        "history": {"messages": {"u1": user, "a1": said}, "currentId": "a1"},
        "messages": [user, said],
        "tags": [],
        "timestamp": 1741313942000,
        "files": [],
    }
    assert client.post(f"{CHATS}/{chat}", json={"chat": core}).json["chat"] == core
    assert client.get(f"{CHATS}/{chat}").json["chat"]["history"]["messages"]["a1"]["content"] == "Forty-two."

    assert client.get("/api/v1/folders/").json == []
    assert client.post("/api/v1/folders/", json={"name": "Work"}).status_code == 200
    (folder,) = client.get("/api/v1/folders/").json
    assert folder["name"] == "Work"
    assert client.post(f"{CHATS}/{chat}/folder", json={"folder_id": folder["id"]}).json["folder_id"] == folder["id"]


def test_openwebuiapi_python_lists_models_and_asks(client, model):
    """jprovolone/OpenWebUIAPI-Python: `data` in the list, `files` of type file, `detail` in errors."""
    model.plays(says("Fine."))
    names = [one["id"] for one in client.get("/api/models").json["data"]]
    assert names[0] == "scripted"
    said = [{"role": "user", "content": "How are you?"}]
    asked = {"model": names[0], "messages": said, "stream": False, "files": [{"type": "file", "id": "x"}]}
    answer = client.post("/api/chat/completions", json=asked).json
    assert answer["choices"][0]["message"] == {"content": "Fine.", "role": "assistant"}
    assert client.post("/api/chat/completions", json={**asked, "model": "gone"}).json["detail"] == "Model not found"


def test_a_session_is_a_test_of_the_connection(client):
    """Contract 2.3: several clients ask it first, with their key."""
    session = client.get("/api/v1/auths/").json
    assert session["id"] == spelled(tokens.authenticate(client.environ_base["HTTP_AUTHORIZATION"].split()[1]).user)
