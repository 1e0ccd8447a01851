"""Knowledge: its verbs in the order of the contract, and their refusals (contract 6; decisions A4, A5)."""

from __future__ import annotations

import pytest

from api.openwebui import wording
from tests.api.openwebui.store import (
    FULL_KEYS, KNOWLEDGE, KNOWLEDGE_KEYS, OTHER, RETRIEVAL, TEXT, TWIN, UNKNOWN, add, bare, datasets, found, knowledge, ok, placed, refused, upload,
)  # fmt: skip
from tests.engines import both_engines

pytestmark = pytest.mark.usefixtures("reader")
FILES = "/api/v1/files"


def test_names_need_not_differ_and_may_be_empty(client):
    """Decisions A5."""
    ids = [knowledge(client, name) for name in ("manuals", "manuals", "")]
    assert len(set(ids)) == 3
    assert [row["name"] for row in ok(client.get(f"{KNOWLEDGE}/"))] == ["", "manuals", "manuals"]
    assert client.post("/api/v1/datasets", json={"name": "manuals"}).json["code"] != 0


def test_a_list_tells_owner_and_files_in_short(client):
    own, file = placed(client)
    (listed,) = ok(client.get(f"{KNOWLEDGE}/"))
    assert set(listed) == KNOWLEDGE_KEYS | {"user"}
    assert set(listed["user"]) == {"id", "name", "email", "role", "profile_image_url"}
    (short,) = listed["files"]
    assert set(short) == {"id", "meta", "created_at", "updated_at"} and short["meta"]["collection_name"] == own
    assert ok(client.get(f"{KNOWLEDGE}/list")) == [listed] == ok(client.get(KNOWLEDGE))
    assert ok(client.get(f"{KNOWLEDGE}/?page=1")) == {"total": 1, "items": [listed]}
    whole = ok(client.get(f"{KNOWLEDGE}/{own}"))
    assert set(whole) == KNOWLEDGE_KEYS and [set(one) for one in whole["files"]] == [FULL_KEYS]
    page = ok(client.get(f"{KNOWLEDGE}/{own}/files"))
    assert page == {"total": 1, "directories": [], "breadcrumbs": [], "items": whole["files"]}


def test_an_update_keeps_the_files(client):
    """Contract 6: omitting `data` detached them upstream; newer versions and this one keep them."""
    own, file = placed(client)
    body = {"name": "renamed", "description": "anew", "access_control": {}}
    updated = ok(client.post(f"{KNOWLEDGE}/{own}/update", json=body))
    assert (updated["name"], updated["description"], updated["access_control"]) == ("renamed", "anew", {})
    assert updated["data"] == {"file_ids": [file]} and len(updated["files"]) == 1
    assert datasets(client)[bare(own)]["name"] == "renamed"


def test_an_unknown_knowledge_is_refused_by_every_verb(client):
    """12.3."""
    file = upload(client)
    for id in (UNKNOWN, bare(UNKNOWN), "nothing", "%F0%9F%AB%96"):
        refused(client.get(f"{KNOWLEDGE}/{id}"), 401, wording.NOT_FOUND)
        refused(client.get(f"{KNOWLEDGE}/{id}/files"), 401, wording.NOT_FOUND)
        refused(client.post(f"{KNOWLEDGE}/{id}/update", json={"name": "", "description": ""}), 400, wording.NOT_FOUND)
        for verb in ("add", "update", "remove"):
            refused(client.post(f"{KNOWLEDGE}/{id}/file/{verb}", json={"file_id": file}), 400, wording.NOT_FOUND)
        refused(client.post(f"{KNOWLEDGE}/{id}/files/batch/add", json=[{"file_id": file}]), 400, wording.NOT_FOUND)
        refused(client.post(f"{KNOWLEDGE}/{id}/reset"), 400, wording.NOT_FOUND)
        refused(client.delete(f"{KNOWLEDGE}/{id}/delete"), 400, wording.NOT_FOUND)
    assert ok(client.get(f"{FILES}/{file}"))


def test_an_unknown_file_is_refused_by_every_verb(client):
    own = knowledge(client)
    for id in (UNKNOWN, "nothing", ""):
        for verb in ("add", "update", "remove"):
            refused(client.post(f"{KNOWLEDGE}/{own}/file/{verb}", json={"file_id": id}), 400, wording.NOT_FOUND)
    file = upload(client)
    refused(client.post(f"{KNOWLEDGE}/{own}/files/batch/add", json=[{"file_id": file}, {"file_id": UNKNOWN}]), 400, f"File {UNKNOWN} not found")
    assert ok(client.get(f"{KNOWLEDGE}/{own}"))["files"] == []
    for verb in ("update", "remove"):  # a file that is elsewhere is not deleted (contract 6, as newer versions)
        refused(client.post(f"{KNOWLEDGE}/{own}/file/{verb}", json={"file_id": file}), 400, wording.NOT_FOUND)
    assert ok(client.get(f"{FILES}/{file}"))


def test_a_text_is_in_a_knowledge_once(client):
    own, file = placed(client)
    twin = upload(client, TEXT, "twin.txt")
    for id in (file, twin):
        refused(add(client, own, id), 400, TWIN)
    assert ok(client.get(f"{KNOWLEDGE}/{own}"))["data"] == {"file_ids": [file]}
    ok(client.post(f"{KNOWLEDGE}/{own}/files/batch/add", json=[{"file_id": twin}, {"file_id": file}]))  # no such check there
    assert ok(client.get(f"{KNOWLEDGE}/{own}"))["data"] == {"file_ids": [file, twin]}
    assert {row["name"] for row in client.get(f"/api/v1/datasets/{bare(own)}/documents").json["data"]["docs"]} == {"kettle.txt", "twin.txt"}


def test_many_files_are_added_in_the_order_they_are_named(client):
    own = knowledge(client)
    ids = [upload(client, f"The number of this text is {number}.", "same.txt") for number in (3, 1, 2)]
    wanted = [ids[1], ids[2], ids[0]]
    added = ok(client.post(f"{KNOWLEDGE}/{own}/files/batch/add", json=[{"file_id": id, "more": "is ignored"} for id in wanted]))
    assert added["data"] == {"file_ids": wanted} and {one["id"] for one in added["files"]} == set(ids)
    names = {row["name"] for row in client.get(f"/api/v1/datasets/{bare(own)}/documents").json["data"]["docs"]}
    assert names == {"same.txt", "same(1).txt", "same(2).txt"}
    assert {one["filename"] for one in added["files"]} == {"same.txt"}


@both_engines
def test_a_removed_file_is_gone_unless_it_is_to_stay_or_is_elsewhere(client):
    """12.10; section 11: `delete_file=false`."""
    own, file = placed(client)
    removed = ok(client.post(f"{KNOWLEDGE}/{own}/file/remove", json={"file_id": file}))
    assert (removed["files"], removed["data"]) == ([], {"file_ids": []})
    refused(client.get(f"{FILES}/{file}"), 404, wording.NOT_FOUND)
    assert found(client, [own, f"file-{file}"]) == []

    kept = upload(client)
    ok(add(client, own, kept))
    ok(client.post(f"{KNOWLEDGE}/{own}/file/remove?delete_file=false", json={"file_id": kept}))
    assert found(client, own) == [] and "kettle" in found(client, f"file-{kept}")[0]
    assert ok(client.get(f"{FILES}/{kept}"))["meta"]["collection_name"] == f"file-{kept}"

    second = knowledge(client, "second")
    ok(add(client, own, kept))
    ok(add(client, second, kept))
    ok(client.post(f"{KNOWLEDGE}/{own}/file/remove", json={"file_id": kept}))
    assert found(client, own) == [] and "kettle" in found(client, second)[0]
    assert ok(client.get(f"{FILES}/{kept}"))["meta"]["collection_name"] == second


@both_engines
def test_a_file_may_be_in_many_knowledges(client):
    own, file = placed(client)
    second = knowledge(client, "second")
    ok(add(client, second, file))
    for id in (own, second, f"file-{file}"):
        assert "kettle" in found(client, id)[0]
    assert len(found(client, [own, second, f"file-{file}"], k=10)) == len(found(client, own, k=10))
    documents = [client.get(f"/api/v1/datasets/{bare(id)}/documents").json["data"]["docs"][0]["id"] for id in (own, second)]
    assert documents[0] == bare(file) != documents[1]
    assert [ok(client.get(f"{KNOWLEDGE}/{id}"))["files"][0]["id"] for id in (own, second)] == [file, file]
    counts = [datasets(client)[bare(id)] for id in (own, second)]
    assert counts[0]["chunk_count"] == counts[1]["chunk_count"] > 0


@both_engines
def test_a_changed_text_reaches_a_knowledge_when_the_client_says_so(client):
    """Contract 5.2, 6: content/update is for the file alone, file/update for the knowledge."""
    own, file = placed(client)
    ok(client.post(f"{FILES}/{file}/data/content/update", json={"content": OTHER}))
    assert "kettle" in found(client, own, "birds")[0] and "Cranes" in found(client, f"file-{file}", "birds")[0]
    updated = ok(client.post(f"{KNOWLEDGE}/{own}/file/update", json={"file_id": file}))
    assert updated["files"][0]["data"]["content"] == OTHER
    assert "Cranes" in found(client, own, "birds")[0] and "Cranes" in found(client, f"file-{file}", "birds")[0]
    assert len(found(client, own, "kettle", k=10)) == 1


@both_engines
def test_files_survive_a_reset_and_the_end_of_their_knowledge(client):
    """Contract 6; decisions A4: they go back to their owner's hidden dataset, with their passages."""
    own, file = placed(client)
    reset = ok(client.post(f"{KNOWLEDGE}/{own}/reset"))
    assert (reset["data"], reset["files"], set(reset)) == ({"file_ids": []}, None, KNOWLEDGE_KEYS)
    assert found(client, own) == [] and "kettle" in found(client, f"file-{file}")[0]
    assert datasets(client)[bare(own)]["chunk_count"] == datasets(client)[bare(own)]["document_count"] == 0
    ok(add(client, own, file))
    assert client.delete(f"{KNOWLEDGE}/{own}/delete").json is True
    refused(client.delete(f"{KNOWLEDGE}/{own}/delete"), 400, wording.NOT_FOUND)
    assert datasets(client) == {} and found(client, own) == [] and "kettle" in found(client, f"file-{file}")[0]
    shown = ok(client.get(f"{FILES}/{file}"))
    assert (shown["data"]["content"], shown["meta"]["collection_name"]) == (TEXT, f"file-{file}")
    again = knowledge(client, "again")
    ok(add(client, again, file))
    assert "kettle" in found(client, again)[0]


def test_a_knowledge_that_reads_in_its_own_way_reads_the_file_anew(client):
    """A dataset of another chunk method makes its own passages; the file is in no other place then."""
    dataset = client.post("/api/v1/datasets", json={"name": "whole", "parser_config": {"chunk_token_num": 1}}).json["data"]["id"]
    file = upload(client)
    before = found(client, f"file-{file}", k=10)
    ok(add(client, dataset, file))
    assert len(found(client, dataset, k=10)) == 2 > len(before) == 1
    assert found(client, f"file-{file}", k=10) == found(client, dataset, k=10)
    assert ok(client.get(f"{KNOWLEDGE}/{dataset}"))["files"][0]["id"] == file


def test_a_knowledge_is_made_ready_by_the_retrieval_route_too(client):
    own, file = knowledge(client), upload(client)
    body = {"file_id": file, "collection_name": own}
    assert ok(client.post(f"{RETRIEVAL}/process/file", json=body))["collection_name"] == own
    assert "kettle" in found(client, own)[0]
    refused(client.post(f"{RETRIEVAL}/process/file", json={**body, "collection_name": "nothing"}), 400, wording.NOT_FOUND)


def test_a_slash_after_a_verb_is_accepted(client):
    own, file = knowledge(client), upload(client)
    assert ok(client.post(f"{KNOWLEDGE}/{own}/file/add/", json={"file_id": file}))["id"] == own
