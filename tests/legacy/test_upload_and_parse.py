"""Files attached to a conversation are parsed before the reply, all of them or none (legacy contract 6.6)."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.legacy.talk import bare_chat, chat, conversation, opened  # noqa: F401  (fixtures)
from tests.legacy.wire import BASE, TOKEN_REFUSED, UNKNOWN, V1, assert_error

ROUTE = f"{BASE}/document/upload_and_parse"


def attach(client, conversation, *names, **fields):  # noqa: F811
    files = [(io.BytesIO(b"The kettle is red."), name) for name in names]
    return client.post(ROUTE, data={"conversation_id": conversation, **({"file": files} if names else {}), **fields})


def listed(client):
    dataset = client.get(f"{V1}/datasets").json["data"][0]["id"]
    return client.get(f"{V1}/datasets/{dataset}/documents").json["data"]["total"]


def test_what_is_missing_is_told_in_the_contracts_order(client, stranger, anonymous, conversation):  # noqa: F811
    """Contract 6.6, 11: arguments, the key, the files, the conversation, its dataset."""
    assert_error(anonymous.post(ROUTE, data={}), 101, "required argument are missing: conversation_id; ", None)
    assert_error(attach(anonymous, conversation, "a.txt"), 109, TOKEN_REFUSED, False)
    assert_error(attach(client, UNKNOWN), 101, "No file part!", False)
    assert_error(attach(client, UNKNOWN, file="text"), 101, "No file part!", False)
    assert_error(client.post(ROUTE, json={"conversation_id": conversation}), 101, "No file part!", False)
    assert_error(attach(client, UNKNOWN, ""), 101, "No file selected!", False)
    for id in (UNKNOWN, ""):
        assert_error(attach(client, id, "a.txt"), 102, "Conversation not found!")
    assert_error(attach(stranger, conversation, "a.txt"), 102, "Conversation not found!")
    assert listed(client) == 1


def test_a_chat_without_a_dataset_has_no_place_for_files(client, bare_chat):  # noqa: F811
    """Contract 11."""
    assert_error(attach(client, opened(client)["id"], "a.txt"), 102, "Can't find this knowledgebase!")


class TestWithoutAWorker:
    @pytest.fixture
    def environment(self):
        return {"DOVETAIL_LEGACY__PARSE_SECONDS": "1"}

    def test_when_the_time_is_over_nothing_is_kept(self, app, client, conversation):  # noqa: F811
        assert_error(attach(client, conversation, "a.txt", "b.txt"), 102, "The files were not parsed within 1 seconds, and are not kept.")
        assert listed(client) == 1

    def test_waiting_clients_do_not_take_all_threads(self, app, client, conversation):  # noqa: F811
        """One more than may wait is told at once."""
        with ThreadPoolExecutor(9) as threads:
            replies = list(threads.map(lambda number: attach(client, conversation, f"{number}.txt").json, range(9)))
        assert sorted(reply["retcode"] for reply in replies) == [100] + [102] * 8
        assert listed(client) == 1


class Caller:
    """A client of the shared server, with a chat over one dataset, and a conversation of each API."""

    def __init__(self, server, key):
        self.url, self.headers = server.url, {"Authorization": f"Bearer {key}"}
        self.dataset = self.post("/api/v1/datasets", json={"name": "manuals"})["id"]
        self.seed = self.post(f"/api/v1/datasets/{self.dataset}/documents", files={"file": ("seed.txt", b"seed")})[0]["id"]
        self.post(f"/api/v1/datasets/{self.dataset}/documents/{self.seed}/chunks", json={"content": "The lamp is green."})
        self.chat = self.post("/api/v1/chats", json={"name": "assistant", "dataset_ids": [self.dataset]})["id"]
        self.conversation = self.post("/v1/api/new_conversation")["id"]
        self.session = self.post(f"/api/v1/chats/{self.chat}/sessions", json={"name": "modern"})["id"]

    def send(self, path, **body):
        return requests.post(self.url + path, headers=self.headers, timeout=60, **body).json()

    def post(self, path, **body):
        reply = self.send(path, **body)
        assert reply["code"] == 0, reply
        return reply["data"]

    def attach(self, conversation, *files):  # noqa: F811
        return self.send(ROUTE, data={"conversation_id": conversation}, files=[("file", file) for file in files])


@pytest.fixture
def caller(server, new_key):
    return Caller(server, new_key())


def test_attached_files_are_parsed_when_the_reply_comes_and_answer_questions(caller):
    """Client 1 of contract 9; contract 6.4.2: their ids, in order, are a message's doc_ids. A modern session will do too."""
    for id in (caller.conversation, caller.session):
        reply = caller.attach(id, ("red.txt", b"The kettle is red."), ("blue.md", b"# Kettle\nThe kettle is blue.\n"))
        assert (reply["retcode"], reply["retmsg"]) == (0, "success")
        red, blue = reply["data"]
        assert [one["id"] for one in caller.post("/v1/api/document/infos", json={"doc_ids": [red, blue]})] == [red, blue]
        for document, colour in ((red, "red"), (blue, "blue")):
            message = {"role": "user", "content": "Which colour is the kettle?", "doc_ids": [document]}
            body = {"conversation_id": caller.conversation, "messages": [message], "stream": False, "quote": True}
            answer = caller.post("/v1/api/completion", json=body)
            assert colour in answer["answer"]
            assert {chunk["doc_id"] for chunk in answer["reference"]["chunks"]} == {document}


def test_one_file_that_cannot_be_parsed_and_none_is_kept(caller):
    """The reason is told, and a second attempt makes no copies."""
    before = caller.post("/v1/api/list_kb_docs", json={"kb_name": "manuals"})["total"]
    reply = caller.attach(caller.conversation, ("red.txt", b"The kettle is red."), ("broken.pdf", b"no PDF at all"))
    assert reply["retcode"] == 102 and "broken.pdf" in reply["retmsg"] and "data" not in reply
    assert caller.post("/v1/api/list_kb_docs", json={"kb_name": "manuals"})["total"] == before
