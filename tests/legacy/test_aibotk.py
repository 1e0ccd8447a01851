"""The route of a WeChat bot platform, whose key is in the body and whose reply has a shape of its own (legacy contract 6.13)."""

from __future__ import annotations

import base64

import pytest

from models import blobs
from models.tables import Chunk
from tests.legacy.talk import QUESTION, bare_chat, chat, conversation, model, opened, read  # noqa: F401  (fixtures)
from tests.legacy.wire import BASE, TOKEN_REFUSED, UNKNOWN, V1, assert_error
from tests.scripted_model import fails, says

ROUTE = f"{BASE}/completion_aibotk"
PICTURE = b"\xff\xd8\xff\xe0 a picture"


@pytest.fixture
def key(client):
    return client.environ_base["HTTP_AUTHORIZATION"].split()[1]


def asked(anonymous, key, conversation, word=QUESTION, **fields):  # noqa: F811
    return anonymous.post(ROUTE, json={"Authorization": key, "conversation_id": conversation, "word": word, **fields})


def test_line_18_a_word_is_answered_without_markers(client, anonymous, key, conversation):  # noqa: F811
    """Contract 6.13: `code` is 200, there is a `msg`, and none of the envelope's other keys."""
    reply = asked(anonymous, key, conversation)
    assert reply.status_code == 200 and set(reply.json) == {"code", "msg", "data"}
    assert (reply.json["code"], reply.json["msg"]) == (200, "success")
    [text] = reply.json["data"]
    assert text["type"] == 1 and "three years" in text["content"] and "##" not in text["content"] and "[ID" not in text["content"]


def test_a_scheme_word_before_the_key_is_not_looked_at(anonymous, key, conversation):  # noqa: F811
    """As in the header (contract 4.1)."""
    assert asked(anonymous, f"Bearer {key}", conversation).json["code"] == 200


def test_it_is_stored_like_a_completion_and_cited_unless_it_says_otherwise(client, anonymous, key, conversation):  # noqa: F811
    asked(anonymous, key, conversation)
    asked(anonymous, key, conversation, quote=False)
    row = read(client, conversation)
    assert row["round"] == 2 and row["reference"][0]["chunks"] and row["reference"][1] == []
    assert [one["content"] for one in row["message"] if one["role"] == "user"] == [QUESTION, QUESTION]


def test_only_the_word_goes_to_the_model(client, anonymous, key, model, conversation):  # noqa: F811
    model.plays(says("Three years ##0$$."))
    for word in ("The kettle?", QUESTION):
        assert asked(anonymous, key, conversation, word).json["data"][0]["content"] == "Three years."
    assert [one["content"] for one in model.requests[-1]["messages"] if one["role"] != "system"] == [QUESTION]


def test_the_image_of_the_first_citation_comes_with_it(app, client, anonymous, dataset, document, key, model, conversation):  # noqa: F811
    """Client 4 of contract 9 decodes it to a file; contract 11: of whichever chunk is cited first, also the twelfth."""
    for number in range(12):
        url = f"{V1}/datasets/{dataset}/documents/{document}/chunks"
        client.post(url, json={"content": f"The warranty of the kettle, part {number}, lasts {number + 4} years."})
    client.put(f"{V1}/chats/{client.get(f'{V1}/chats').json['data'][0]['id']}", json={"prompt": {"top_n": 20, "similarity_threshold": 0}})
    model.plays(says("Of all the parts."))
    asked(anonymous, key, conversation)
    given = read(client, conversation)["reference"][0]["chunks"]
    assert len(given) > 11
    shown = given[11]["chunk_id"]
    Chunk.update(image_id=f"{dataset}-{shown}").where(Chunk.id == shown).execute()
    blobs.put(f"{blobs.image_folder(dataset, document)}/{dataset}-{shown}", PICTURE)
    model.plays(says("That one ##11$$, or the first ##0$$."))
    text, image = asked(anonymous, key, conversation).json["data"]
    assert text == {"type": 1, "content": "That one, or the first."}
    assert image == {"type": 3, "url": base64.b64encode(PICTURE).decode()}
    model.plays(says("The first ##0$$, or that one ##11$$."))
    assert len(asked(anonymous, key, conversation).json["data"]) == 1


def test_what_is_missing_or_wrong_is_told_in_the_usual_envelope(client, anonymous, key, bare_chat):  # noqa: F811
    conversation = opened(client)["id"]  # noqa: F811
    assert_error(anonymous.post(ROUTE, json={}), 101, "required argument are missing: Authorization,conversation_id,word; ", None)
    assert_error(client.post(ROUTE, json={"conversation_id": conversation, "word": "x"}), 101, "required argument are missing: Authorization; ", None)
    for wrong in ("", "wrong", " ", None, 7, [key]):
        assert_error(asked(client, wrong, conversation), 109, TOKEN_REFUSED, False)
    assert_error(asked(anonymous, key, UNKNOWN), 102, "Conversation not found!")
    assert_error(asked(anonymous, key, conversation, " "), 101, "Please input your question.", None)
    assert_error(asked(anonymous, key, conversation, ["x"]), 101, "word should be a string", None)
    client.delete(f"{V1}/chats", json={"ids": [bare_chat]})
    assert_error(asked(anonymous, key, conversation), 102, "Dialog not found!")


def test_a_failure_of_the_model_is_told_in_the_usual_envelope(client, anonymous, key, model, conversation):  # noqa: F811
    model.plays(fails(400))
    reply = asked(anonymous, key, conversation)
    assert reply.status_code == 200 and reply.json["retcode"] == 100 and reply.json["data"] is None
    assert read(client, conversation)["round"] == 0
