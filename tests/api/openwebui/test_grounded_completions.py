"""Chat completions from datasets, files and texts that the request brings (contract 4.3, 12.6, 12.7)."""

from __future__ import annotations

import io
import json
import uuid

import pytest

from api.openwebui.ids import spelled
from chat import llm
from chat.llm import Patience
from tests.engines import both_engines
from tests.scripted_model import fails, says

COMPLETIONS = "/api/chat/completions"
QUESTION = "How long does the warranty of the kettle last?"
TEXTS = (
    "The kettle boils two litres. Its warranty lasts three years. Do not immerse it in water.",
    "Descale the kettle every month with vinegar. Rinse it twice afterwards.",
    "The toaster has six levels. Crumbs fall into a tray that can be taken out.",
)
BUILT_IN = "extractive@Dovetail"


@pytest.fixture
def manuals(client) -> str:
    """The id of a dataset with a document of three passages, as this dialect spells it."""
    return dataset_of(client)


def dataset_of(client) -> str:
    id = client.post("/api/v1/datasets", json={"name": "manuals"}).json["data"]["id"]
    document = client.post(f"/api/v1/datasets/{id}/documents", data={"file": (io.BytesIO(b"x"), "kettle.txt")}).json["data"][0]["id"]
    for text in TEXTS:
        client.post(f"/api/v1/datasets/{id}/documents/{document}/chunks", json={"content": text})
    return spelled(id)


def ask(client, files, *, model="scripted", stream=False, messages=None):
    said = messages or [{"role": "user", "content": QUESTION}]
    reply = client.post(COMPLETIONS, json={"model": model, "messages": said, "files": files, "stream": stream})
    assert reply.status_code == 200, reply.text
    return reply


def frames(reply):
    return [json.loads(line[6:]) for line in reply.text.split("\n\n")[:-2]]


@both_engines
def test_the_built_in_model_quotes_and_cites(client, manuals):
    """12.6: the first frame is `sources`; the entry is shown as it was sent."""
    entry = {"type": "collection", "id": manuals, "name": "manuals"}
    reply = ask(client, [entry], model=BUILT_IN)
    assert next(iter(json.loads(reply.text))) == "sources"
    first, *rest = frames(ask(client, [entry], model=BUILT_IN, stream=True))
    assert list(first) == ["sources"]
    assert (rest[-1]["choices"][0]["finish_reason"], "usage" in rest[-1]) == ("stop", True)
    text = "".join(frame["choices"][0]["delta"].get("content", "") for frame in rest)
    assert text == reply.json["choices"][0]["message"]["content"]
    assert "Its warranty lasts three years." in text and text.endswith(" [0]")
    for (source,) in (first["sources"], reply.json["sources"]):
        assert source["source"] == entry
        assert source["document"][0] == TEXTS[0]
        assert len(source["document"]) == len(source["metadata"]) == len(source["distances"]) == 3
        metadata = source["metadata"][0]
        assert {"file_id", "name", "source", "hash", "created_by", "start_index", "embedding_config"} <= set(metadata)
        assert metadata["name"] == metadata["source"] == "kettle.txt"


def test_sources_come_without_a_name_too(client, manuals):
    """Contract 4.3.6, seed 002."""
    for name in (manuals, manuals.replace("-", "")):
        (source,) = ask(client, [{"type": "collection", "id": name}], model=BUILT_IN).json["sources"]
        assert source["source"] == {"type": "collection", "id": name}


def test_a_model_makes_the_queries_and_gets_the_passages(client, model, manuals):
    """Contract 4.3.1, 4.3.3, 4.3.5: a call before the answer's, the passages in the first system message."""
    model.plays(says('Sure: {"queries": ["warranty kettle", "guarantee"]} there'), says("Three years [0]."))
    messages = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Hello"},
        {"role": "assistant", "content": "Hi"},
        {"role": "user", "content": [{"type": "text", "text": QUESTION}]},
    ]
    reply = ask(client, [{"type": "collection", "id": manuals, "name": "manuals"}], messages=messages)
    assert reply.json["choices"][0]["message"]["content"] == "Three years [0]."
    asked, answered = model.requests
    assert QUESTION in asked["messages"][-1]["content"]
    system, *rest = answered["messages"]
    assert rest == messages[1:]
    assert system["content"].endswith("Be brief.")
    assert f"<source><source_id>0</source_id><source_context>{TEXTS[0]}</source_context></source>" in system["content"]
    assert QUESTION in system["content"]


@pytest.mark.parametrize(
    "written",
    [says("no object"), says('{"queries": []}'), says('{"queries": "x"}'), says(""), fails(400)],
    ids=["no object", "none", "no list", "nothing", "a refusal"],
)
def test_queries_that_cannot_be_read_are_replaced(client, model, manuals, written):
    """Contract 4.3.1: by the whole answer, or by the last question."""
    model.plays(written, says("done"))
    reply = ask(client, [{"type": "collection", "id": manuals}])
    assert reply.json["choices"][0]["message"]["content"] == "done"
    assert TEXTS[0] in model.requests[-1]["messages"][0]["content"]


def test_unknown_ids_give_no_passages_and_no_error(client, stranger, model, manuals):
    """12.7; another tenant's are unknown."""
    entries = [{"type": "collection", "id": str(uuid.uuid4())}, {"type": "file", "id": "nothing"}, {"type": "file"}, {"collection_name": "x"}]
    assert "sources" not in ask(client, entries).json
    assert "sources" not in ask(stranger, [{"type": "collection", "id": manuals}], model=BUILT_IN).json
    assert "documents say nothing" in ask(client, entries, model=BUILT_IN).json["choices"][0]["message"]["content"]


@pytest.mark.parametrize(
    "shape",
    [
        lambda id: {"collection_name": id},
        lambda id: {"type": "collection", "legacy": True, "collection_names": [id, "unknown"]},
        lambda id: {"id": id, "legacy": True},
    ],
    ids=["collection_name", "collection_names", "legacy id"],
)
def test_every_form_of_entry_finds_its_dataset(client, manuals, shape):
    """Contract 4.3, table."""
    entry = shape(manuals)
    (source,) = ask(client, [entry, entry], model=BUILT_IN).json["sources"]
    assert (source["source"], source["document"][0]) == (entry, TEXTS[0])


def test_a_place_is_searched_once(client, manuals):
    """Contract 4.3: identical entries, and others that mean the same."""
    entries = [{"type": "collection", "id": manuals}, {"type": "collection", "id": manuals}, {"collection_name": manuals}]
    assert len(ask(client, entries, model=BUILT_IN).json["sources"]) == 1


def test_texts_of_the_request_are_read_whole(client, model):
    """Contract 4.3: `docs`, and `context: full`; no query is made for them."""
    documents = {"docs": [{"content": text, "metadata": {"page": number}} for number, text in enumerate(TEXTS)], "name": "notes"}
    full = {"context": "full", "id": "f", "name": "page", "type": "file", "file": {"data": {"content": "Wine is a drink."}}}
    model.plays(says("Three years [0]."))
    reply = ask(client, [documents, full])
    (sent,) = model.requests
    assert TEXTS[2] in sent["messages"][0]["content"] and "<source_id>1</source_id><source_context>Wine" in sent["messages"][0]["content"]
    first, second = reply.json["sources"]
    assert (first["source"], first["document"], first["metadata"][2]) == (documents, list(TEXTS), {"page": 2})
    assert (second["document"], second["metadata"]) == (["Wine is a drink."], [{"file_id": "f", "name": "page", "source": "page"}])
    quoted = ask(client, [full, documents], model=BUILT_IN).json["choices"][0]["message"]["content"]
    assert quoted.endswith("Its warranty lasts three years. [1]")


def test_a_follow_up_is_searched_with_what_it_points_at(client, manuals):
    turns = [("user", "What about the kettle?"), ("assistant", "Yes?"), ("user", "How long is its warranty?")]
    said = [{"role": role, "content": content} for role, content in turns]
    reply = ask(client, [{"type": "collection", "id": manuals}], model=BUILT_IN, messages=said)
    assert "three years" in reply.json["choices"][0]["message"]["content"]


@pytest.mark.parametrize("files", ["x", {}, [1], [None], [{}] * 101])
def test_files_that_are_none_are_refused(client, files):
    reply = client.post(COMPLETIONS, json={"model": BUILT_IN, "messages": [{"role": "user", "content": "x"}], "files": files})
    assert (reply.status_code, list(reply.json)) == (400, ["detail"])


@pytest.mark.parametrize("files", [None, [], [{}], [{"type": "text", "content": "x"}], [{"docs": []}], [{"docs": "x"}]])
def test_entries_that_point_at_nothing_change_nothing(client, model, files):
    assert "sources" not in ask(client, files).json
    assert len(model.requests) == 1 and model.requests[0]["messages"] == [{"role": "user", "content": QUESTION}]


def test_a_silent_model_is_told_where_the_references_found_nothing(client, model):
    """D5; contract 4.3.6: no sources, no frame of them."""
    llm.be_patient(Patience(silence=0.05))
    try:
        model.plays(says('{"queries": ["birds"]}'), says("At last.", first=0.5))
        told = frames(ask(client, [{"type": "collection", "id": str(uuid.uuid4())}], stream=True))
    finally:
        llm.be_patient(Patience())
    assert told[0]["choices"][0]["delta"] == {"content": ""} and not any("sources" in frame for frame in told)


@pytest.mark.usefixtures("reader")
def test_a_whole_file_is_told_of_as_passages_are(client):
    """Contract 4.3.6."""
    file = client.post("/api/v1/files/", data={"file": (io.BytesIO(TEXTS[0].encode()), "kettle.txt")}).json
    (source,) = ask(client, [{"context": "full", "id": file["id"], "name": "kettle"}], model=BUILT_IN).json["sources"]
    (metadata,) = source["metadata"]
    assert {"start_index", "embedding_config", "created_by"} <= set(metadata)
    assert (metadata["file_id"], metadata["name"], metadata["hash"]) == (file["id"], "kettle.txt", file["hash"])
