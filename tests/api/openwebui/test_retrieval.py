"""Questions to knowledge and files (contract 7; conformance 12.8)."""

from __future__ import annotations

import json

import pytest

from api.openwebui import wording
from models.tables import User
from tests.api.openwebui.store import RETRIEVAL, UNKNOWN, add, bare, found, knowledge, ok, placed, refused, upload
from tests.engines import both_engines

reads = pytest.mark.usefixtures("reader")
QUESTION = "How long is the warranty of the kettle?"
TEXTS = ("The warranty of the kettle lasts twenty-four months.", "The kettle boils two litres.", "Cranes are birds with long legs.")


def query(client, route="collection", **body):
    return client.post(f"{RETRIEVAL}/query/{route}", json={"query": QUESTION, **body})


@pytest.fixture
def manuals(client) -> str:
    """A knowledge of three files with a passage each."""
    own = knowledge(client)
    for number, text in enumerate(TEXTS):
        ok(add(client, own, upload(client, text, f"{number}.txt")))
    return own


@reads
@both_engines
def test_passages_come_best_first_in_nested_lists(client, manuals):
    """12.8, 7.3: distances ascend, 0 is identical; the lists are parallel and nested once."""
    reply = ok(query(client, collection_names=[manuals], k=10))
    assert set(reply) == {"distances", "documents", "metadatas"}
    (distances,), (documents,), (metadatas,) = reply["distances"], reply["documents"], reply["metadatas"]
    assert documents == list(TEXTS) and len(distances) == len(metadatas) == 3
    assert distances == sorted(distances) and 0 < distances[0] < 0.6 < distances[2] < 2
    single = ok(query(client, "doc", collection_name=manuals, k=10))
    assert {key: single[key] for key in reply} == reply and len(set(single["ids"][0])) == 3
    assert ok(query(client, collection_names=[manuals], query=TEXTS[2]))["distances"][0][0] < 0.1


@reads
@both_engines
def test_a_hybrid_question_is_told_scores_best_first(client, manuals):
    reply = ok(query(client, collection_names=[manuals], hybrid=True, k=3))
    scores = reply["distances"][0]
    assert scores == sorted(scores, reverse=True) == [one["score"] for one in reply["metadatas"][0]]
    assert reply["documents"][0][0] == TEXTS[0]
    assert len(ok(query(client, collection_names=[manuals], hybrid=True, r=scores[0]))["documents"][0]) == 1
    assert "score" not in ok(query(client, collection_names=[manuals]))["metadatas"][0][0]


@reads
def test_a_passage_tells_its_file(client):
    """7.4: every value is a scalar."""
    own, file = placed(client)
    told = ok(query(client, collection_names=[own]))["metadatas"][0][0]
    shown = ok(client.get(f"/api/v1/files/{file}"))
    assert {key: told[key] for key in ("name", "source", "file_id", "created_by", "hash", "start_index")} == {
        "name": "kettle.txt",
        "source": "kettle.txt",
        "file_id": file,
        "created_by": shown["user_id"],
        "hash": shown["hash"],
        "start_index": 0,
    }
    assert set(json.loads(told["embedding_config"])) == {"engine", "model"}
    assert all(isinstance(value, (str, int, float)) for value in told.values())


@reads
def test_the_number_of_passages_is_three_unless_it_is_said(client):
    own = knowledge(client)
    for number in range(5):
        ok(add(client, own, upload(client, f"Kettle number {number} has a warranty.", f"{number}.txt")))
    assert len(found(client, own)) == len(found(client, own, k=None)) == 3
    assert [len(found(client, own, k=k)) for k in (1, 4, 100, 10**9)] == [1, 4, 5, 5]
    for k in (0, -1):
        refused(query(client, collection_names=[own], k=k), 400, "[ERROR: k should be at least 1]")


@reads
def test_equal_texts_are_told_once_and_do_not_take_the_place_of_others(client):
    own = knowledge(client)
    for number in range(6):
        client.post(f"/api/v1/knowledge/{own}/files/batch/add", json=[{"file_id": upload(client, TEXTS[0], f"{number}.txt")}])
    ok(add(client, own, upload(client, TEXTS[2], "birds.txt")))
    assert found(client, own, k=2) == [TEXTS[0], TEXTS[2]]


@reads
def test_files_and_knowledges_are_asked_together(client, manuals):
    apart = upload(client, "The warranty of the toaster lasts a year.", "toaster.txt")
    both = found(client, [manuals, f"file-{apart}"], "warranty", k=10)
    assert set(both) == {*TEXTS, "The warranty of the toaster lasts a year."}
    assert found(client, f"file-{apart}", "warranty") == ["The warranty of the toaster lasts a year."]
    assert found(client, [bare(manuals), manuals, "nothing"], k=10) == found(client, manuals, k=10)


def test_what_is_unknown_has_no_passages(client, stranger):
    """12.8: `[[]]`, and `null` from query/doc; another's things are unknown."""
    nothing = {"distances": [[]], "documents": [[]], "metadatas": [[]]}
    theirs = knowledge(stranger)
    for name in (UNKNOWN, f"file-{UNKNOWN}", "nothing", "", "file-", theirs, "x" * 1000):
        assert ok(query(client, collection_names=[name])) == nothing
        reply = query(client, "doc", collection_name=name)
        assert reply.status_code == 200 and reply.json is None and reply.text.strip() == "null"
    assert ok(query(client, collection_names=[])) == nothing
    assert ok(query(client, "doc", collection_name=knowledge(client))) == {"ids": [[]], **nothing}


def test_a_blank_question_finds_nothing(client):
    for question in ("", "   "):
        assert found(client, knowledge(client), question) == []


def test_the_state_of_retrieval_is_open_to_all_and_settings_to_administrators(app, client, anonymous):
    """7.5; settings are the operator's."""
    keys = {"status", "chunk_size", "chunk_overlap", "template", "embedding_engine", "embedding_model", "reranking_model", "embedding_batch_size"}
    for path in (RETRIEVAL, f"{RETRIEVAL}/"):
        assert set(ok(anonymous.get(path))) == keys
    refused(client.get(f"{RETRIEVAL}/query/settings"), 401, wording.ACCESS_PROHIBITED)
    User.update(role="admin").execute()
    assert ok(client.get(f"{RETRIEVAL}/query/settings")) == {"status": True, "template": "", "k": 3, "r": 0.0, "hybrid": False}
    assert ok(client.get(f"{RETRIEVAL}/config"))["status"] is True
    for path in ("query/settings/update", "config/update"):
        assert client.post(f"{RETRIEVAL}/{path}", json={"k": 5}).status_code == 400


def test_ragflows_question_keeps_its_path(client):
    """Contract 10: POST is RAGFlow's, with a slash or without."""
    for path in (RETRIEVAL, f"{RETRIEVAL}/"):
        assert client.post(path, json={"question": "x", "dataset_ids": []}).json["code"] == 102


@reads
def test_a_passage_of_a_file_tells_where_it_begins(client):
    """7.4: in the file's own collection; 0 in a knowledge."""
    kettles = "".join(f"Sentence number {number} speaks of kettles and of nothing else, at some length.\n" for number in range(60))
    text = f"{kettles}Cranes are birds.\n"
    own, file = placed(client, text)
    for name, starts in ((f"file-{file}", True), (own, False)):
        reply = ok(query(client, collection_names=[name], query="birds", k=1))
        start, passage = reply["metadatas"][0][0]["start_index"], reply["documents"][0][0]
        assert "Cranes" in passage and (start > 0) is starts and (not starts or text[start:].startswith(passage))
