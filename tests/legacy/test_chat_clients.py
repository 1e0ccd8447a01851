"""What integrations in the field send to chat, byte for byte, and what they read of the answer (legacy contract 9, by its numbers)."""

from __future__ import annotations

import json
import re
import uuid

import pytest

from tests.legacy.talk import FACTS, QUESTION, bare_chat, chat, model, read  # noqa: F401  (fixtures)
from tests.legacy.test_clients import key, send  # noqa: F401  (fixtures)
from tests.legacy.wire import UNKNOWN, V1
from tests.scripted_model import fails, says

HOST = "http://ragflow:9380"
NEW, ASK = "/v1/api/new_conversation", "/v1/api/completion"
USER = {"role": "user", "content": QUESTION}


@pytest.fixture
def bearer(key):  # noqa: F811
    return {"Authorization": f"Bearer {key}"}


def curl(anonymous, method, url, data, key):  # noqa: F811
    """`curl --data` labels whatever it sends as a form, unless it is told otherwise."""
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/x-www-form-urlencoded"}
    return anonymous.open(url, method=method, data=data, headers=headers)


def test_client_1_the_share_page_of_the_original(send, bearer, chat, document):  # noqa: F811
    """Its parser of server-sent events takes `data:` with or without a space; it skips booleans and wants retcode 0 of each frame."""
    opened = send("GET", f"{HOST}{NEW}", headers=bearer, params={"user_id": "guest"}).json
    assert opened["retcode"] == 0
    id, shown = opened["data"]["id"], opened["data"]["message"]
    for question in (QUESTION, "And how much does it boil?"):
        shown = [*shown, {"role": "user", "content": question, "id": str(uuid.uuid4()), "doc_ids": []}]
        body = {"conversation_id": id, "quote": False, "messages": shown}
        reply = send("POST", f"{HOST}{ASK}", headers=bearer, json=body)
        assert reply.content_type.startswith("text/event-stream")
        for event in reply.text.split("\n\n")[:-1]:
            frame = json.loads(re.fullmatch("data: ?(.*)", event)[1])
            assert frame["retcode"] == 0
            if not isinstance(frame["data"], bool):
                answer = frame["data"]
        assert answer["id"] == shown[-1]["id"]
        shown = [*shown, {"role": "assistant", "content": answer["answer"], "id": answer["id"]}]
        row = send("GET", f"{HOST}/v1/api/conversation/{id}", headers=bearer).json["data"]
        assert [(one["role"], one["content"]) for one in row["message"]] == [(one["role"], one["content"]) for one in shown]
        answers = [one for one in row["message"][1:] if one["role"] == "assistant"]
        assert len(row["reference"]) == len(answers)


@pytest.mark.parametrize(("code", "text"), [("retcode", "retmsg"), ("code", "message")], ids=["client 2, of October", "client 3, since November"])
def test_clients_2_and_3_the_wechat_plugin(send, bearer, chat, code, text):  # noqa: F811
    """HTTP 200, then the code strictly 0, else the message; each generation has names of its own."""
    reply = send("GET", f"http://ragflow{NEW}", headers=bearer, params={"user_id": "wx_9f8e"})
    assert reply.status_code == 200 and reply.json[code] == 0
    payload = {"conversation_id": reply.json["data"]["id"], "messages": [USER], "quote": False, "stream": False}
    reply = send("POST", f"http://ragflow{ASK}", headers=bearer | {"Content-Type": "application/json"}, json=payload)
    assert reply.status_code == 200 and reply.json[code] == 0
    assert "three years" in reply.json["data"]["answer"]
    refused = send("GET", f"http://ragflow{NEW}", headers={"Authorization": "Bearer x"}, params={"user_id": "wx"})
    assert refused.status_code == 200 and refused.json[code] != 0 and refused.json[text]


def test_client_4_the_discord_bot(send, key, bearer, chat):  # noqa: F811
    """The key is in the body, raw; texts are posted, images decoded to files (tests/legacy/test_aibotk.py)."""
    id = send("GET", f"{HOST}{NEW}", headers=bearer).json["data"]["id"]
    data = {"conversation_id": id, "Authorization": key, "word": QUESTION}
    texts = []
    for item in send("POST", f"{HOST}/v1/api/completion_aibotk", json=data).json["data"]:
        if item["type"] == 1:
            texts.append(item["content"])
    assert len(texts) == 1 and "three years" in texts[0]


@pytest.mark.parametrize("base", [f"{HOST}/v1/", f"{HOST}/v1/api/"])
def test_client_6_the_open_webui_pipeline(send, bearer, chat, base):  # noqa: F811
    path = "" if base.endswith("api/") else "api/"
    for query in ({}, {"user_id": "pipeline"}):
        opened = send("GET", f"{base}{path}new_conversation", headers=bearer, params=query)
        assert opened.status_code == 200
        body = {"conversation_id": opened.json["data"]["id"], "messages": [USER], "stream": False}
        answered = send("POST", f"{base}{path}completion", headers=bearer, json=body)
        assert answered.status_code == 200 and "three years" in answered.json["data"]["answer"]


def test_client_7_doubles_the_slash_and_wants_retcode_0(send, bearer, chat):  # noqa: F811
    """A redirect would lose its body: there is none."""
    base = f"{HOST}/v1/api/"
    opened = send("GET", f"{base}/new_conversation", headers=bearer, params={"user_id": "moon"})
    assert opened.status_code == 200 and opened.json["retcode"] == 0
    body = {"conversation_id": opened.json["data"]["id"], "messages": [USER], "stream": False}
    answered = send("POST", f"{base}/completion", headers=bearer, json=body)
    assert answered.status_code == 200 and answered.json["retcode"] == 0 and answered.json["data"]["answer"]


def test_client_8_streams_and_checks_every_frame(send, bearer, chat):  # noqa: F811
    """`retcode !== 0` of any frame is a failure; it strips prefixes off, and keeps the last cumulative answer."""
    base = f"{HOST}/v1/api/"
    id = send("GET", f"{base}/new_conversation", headers=bearer).json["data"]["id"]
    reply = send("POST", f"{base}/completion", headers=bearer, json={"conversation_id": id, "messages": [USER], "stream": True})
    answer = ""
    for line in reply.text.split("\n"):
        if not line.strip():
            continue
        frame = json.loads(re.sub("^(data:)+", "", line.strip()))
        assert frame["retcode"] == 0
        if isinstance(frame["data"], dict) and frame["data"].get("answer"):
            answer = frame["data"]["answer"]
    assert "three years" in answer


def test_client_9_the_rust_service_has_types(send, bearer, dataset, document, chat):  # noqa: F811
    """`doc_ids` joined by commas; every field of its structs is there, and of its type."""
    base = f"{HOST}/v1/"
    opened = send("GET", f"{base}api/new_conversation?user_id=logseq", headers=bearer).json
    assert isinstance(opened["retcode"], int) and isinstance(opened["data"]["id"], str)
    assert all(isinstance(one["role"], str) and isinstance(one["content"], str) for one in opened["data"]["message"])
    id = opened["data"]["id"]
    for quote in (True, False):
        body = {"conversation_id": id, "messages": [USER], "quote": quote, "stream": False, "doc_ids": f"{document},{UNKNOWN}"}
        answered = send("POST", f"{base}api/completion", headers=bearer, json=body).json
        assert isinstance(answered["retcode"], int) and isinstance(answered["data"]["answer"], str)
    history = send("GET", f"{base}api/conversation/{id}", headers=bearer).json
    assert len(history["data"]["message"]) == 5


class TestClient10:
    """The Lark bot of v0.5, with the switches of that time (contract 10.3)."""

    @pytest.fixture
    def environment(self):
        return {"DOVETAIL_LEGACY__DEFAULT_STREAM": "false", "DOVETAIL_LEGACY__DEFAULT_QUOTE": "true"}

    def test_it_echoes_the_greeting_and_expects_one_json_with_citations(self, app, send, bearer, chat, document):  # noqa: F811
        opened = send("GET", f"{HOST}{NEW}", headers=bearer, params={"name": "chat-7"}, json={}).json["data"]
        assert opened["user_id"] == "chat-7" and opened["id"] != "chat-7"
        body = {"conversation_id": opened["id"], "messages": [*opened["message"], USER]}
        answer = send("POST", f"{HOST}{ASK}", headers=bearer, json=body).json["data"]
        text = re.sub(r"##\d+\$\$", "", answer["answer"])
        assert "three years" in text and "##" not in text and "$$" not in text
        for chunk in answer["reference"]["chunks"]:
            assert chunk["docnm_kwd"] == "kettle.txt" and chunk["content_with_weight"] in FACTS
        assert answer["reference"]["doc_aggs"][0]["doc_id"] == document


def test_client_12_tests_its_credential_by_the_status(send, bearer, bare_chat):  # noqa: F811
    assert send("GET", "http://localhost:9380/v1/api/new_conversation", headers=bearer).status_code == 200


def test_client_13_reads_the_raw_text_of_the_default_stream(send, bearer, chat):  # noqa: F811
    """axios joins base and path by one slash, and leaves the stream to the caller as text."""
    id = send("GET", f"http://ragflow/v1/{NEW.removeprefix('/v1/')}", headers=bearer).json["data"]["id"]
    text = send("POST", f"http://ragflow/v1{ASK.removeprefix('/v1')}", headers=bearer, json={"conversation_id": id, "messages": [USER]}).text
    assert text.startswith("data:{") and text.endswith('"data": true}\n\n') and "three years" in text


def test_client_14_curl_in_a_shell_script_opens_a_new_conversation_on_102(anonymous, key, chat):  # noqa: F811
    """A GET with a JSON body, labelled as curl labels it; `.retcode == 102` means that the conversation has expired."""
    body = json.dumps({"conversation_id": UNKNOWN, "messages": [USER], "stream": False})
    expired = curl(anonymous, "POST", ASK, body, key).json
    assert expired["retcode"] == 102 and "data" not in expired
    id = curl(anonymous, "GET", NEW, '{"user_id": "pentester"}', key).json["data"]["id"]
    body = json.dumps({"conversation_id": id, "messages": [USER], "stream": False})
    assert "three years" in curl(anonymous, "POST", ASK, body, key).json["data"]["answer"]


def test_client_15_takes_the_last_frame_that_is_an_object(send, bearer, chat):  # noqa: F811
    """`lstrip("data:")` cuts any of those letters, which a brace stops; lines are split as text."""
    id = send("GET", f"{HOST}{NEW}", headers=bearer).json["data"]["id"]
    reply = send("POST", f"{HOST}{ASK}", headers=bearer, json={"conversation_id": id, "messages": [USER], "quote": True})
    last = None
    for line in reply.text.splitlines():
        if line:
            frame = json.loads(line.lstrip("data:"))
            last = frame["data"] if isinstance(frame["data"], dict) else last
    assert any("three years" in chunk["content_with_weight"] for chunk in last["reference"]["chunks"])


@pytest.mark.parametrize("script", [says("Three years."), fails(400)], ids=["an answer", "a failure"])
def test_client_16_takes_the_second_line_from_the_end(send, bearer, model, script):  # noqa: F811
    """Nothing may follow the closing frame, and there is exactly one."""
    model.plays(script)
    id = send("GET", f"{HOST}{NEW}", headers=bearer).json["data"]["id"]
    reply = send("POST", f"{HOST}{ASK}", headers=bearer, json={"conversation_id": id, "messages": [USER]})
    lines = [line for line in reply.text.split("\n") if line.strip()]
    data = json.loads(lines[-2].replace("data:", "", 1))["data"]
    assert data["answer"] == "Three years." or data["answer"].startswith("**ERROR**: ")
    assert [json.loads(line[5:])["data"] is True for line in lines] == [False] * (len(lines) - 1) + [True]


def test_client_17_sends_keys_that_nobody_knows(send, bearer, chat):  # noqa: F811
    id = send("GET", f"{HOST}{NEW}", headers=bearer, json={"user_id": "autohome"}).json["data"]["id"]
    body = {"conversation_id": id, "messages": [USER], "stream": False, "user_id": "autohome", "temperature": {"x": [1]}}
    assert "three years" in send("POST", f"{HOST}{ASK}", headers=bearer, json=body).json["data"]["answer"]


def test_client_19_opens_a_conversation_with_a_doubled_slash_and_a_body(send, bearer, chat):  # noqa: F811
    """It looks at the status; its other calls are in tests/legacy/test_clients.py."""
    reply = send("GET", "http://localhost/v1//api/new_conversation", headers=bearer, json={"user_id": "客户"})
    assert reply.status_code == 200 and reply.json["data"]["user_id"] == "客户"


def test_client_20_the_ragas_harness(send, bearer, chat):  # noqa: F811
    base = "http://ragflow/v1/api/"
    id = send("GET", f"{base}/new_conversation", headers=bearer, params={"user_id": "ragas"}).json["data"]["id"]
    for question in (QUESTION, "How much water does the kettle boil?"):
        body = {"conversation_id": id, "messages": [{"role": "user", "content": question}], "quote": False, "stream": False}
        reply = send("POST", f"{base}/completion", headers=bearer, json=body)
        assert reply.json["retcode"] == 0 and reply.json["data"]["answer"]


def test_client_21_sends_an_empty_label_and_pythons_false(send, bearer, chat):  # noqa: F811
    id = send("GET", f"{HOST}{NEW}", headers=bearer, params={"user_id": ""}).json["data"]["id"]
    body = {"conversation_id": id, "messages": [USER], "stream": False}
    assert "three years" in send("POST", f"{HOST}{ASK}", headers=bearer, json=body).json["data"]["answer"]


def test_client_22_scans_for_the_prefix(send, bearer, bare_chat):  # noqa: F811
    """The first path that gives HTTP 200 and JSON; each of them works."""
    for path in ("/api/new_conversation", "/v1/api/new_conversation", "/api/v1/api/new_conversation"):
        reply = send("GET", HOST + path, headers=bearer, params={"user_id": "scan"})
        assert reply.status_code == 200 and reply.json["data"]["id"]
    reply = send("POST", f"{HOST}/api/completion", headers=bearer, json={})
    assert reply.status_code == 200 and reply.json["retcode"] == 101


def test_a_program_may_mix_old_and_modern_calls(send, client, bearer, dataset, chat):  # noqa: F811
    """What follows from the survey, 8: one key, one id space, shared documents and chats."""
    opened = send("GET", f"{HOST}{NEW}", headers=bearer).json["data"]
    assert send("GET", f"{HOST}{V1}/chats", headers=bearer, params={"id": opened["dialog_id"]}).json["data"][0]["dataset_ids"] == [dataset]
    body = {"conversation_id": opened["id"], "messages": [USER], "stream": False, "quote": True}
    cited = send("POST", f"{HOST}{ASK}", headers=bearer, json=body).json["data"]["reference"]["chunks"][0]
    found = send("POST", f"{HOST}{V1}/retrieval", headers=bearer, json={"question": QUESTION, "dataset_ids": [dataset]}).json["data"]["chunks"]
    assert cited["chunk_id"] in [one["id"] for one in found]
    assert read(client, opened["id"])["round"] == 1
