"""What goes along when a file goes from place to place: pictures, counters; and many clients at once (decisions A4)."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor

import pytest

from models import blobs, counters
from models.tables import Dataset, Document, File
from tests.api.openwebui.store import FILES, KNOWLEDGE, TEXT, TWIN, add, bare, datasets, found, knowledge, ok, sent, upload
from tests.ingest.samples import picture, word

pytestmark = pytest.mark.usefixtures("reader")


def illustrated() -> bytes:
    """A document with a picture, which its chunk shows."""

    def fill(document):
        document.add_paragraph("The crane in the yard lifts nine tonnes.")
        document.add_picture(io.BytesIO(picture()))

    return word(fill)


def pictures(client, knowledge):
    """The pictures of the passages, as a RAGFlow client fetches them."""
    listed = f"/api/v1/datasets/{bare(knowledge)}/documents"
    (document,) = client.get(listed).json["data"]["docs"]
    chunks = client.get(f"{listed}/{document['id']}/chunks").json["data"]["chunks"]
    return [client.get(f"/v1/document/image/{chunk['image_id']}") for chunk in chunks if chunk["image_id"]]


def test_pictures_go_along(app, client):
    own = knowledge(client)
    file = upload(client, illustrated(), "yard.docx")
    ok(add(client, own, file))
    shown = pictures(client, own)
    assert shown and all(reply.content_type.startswith("image/") for reply in shown)
    assert all(bare(own) in key for key in blobs.keys_under("images"))
    ok(client.post(f"{KNOWLEDGE}/{own}/reset"))
    assert blobs.keys_under("images") and not [key for key in blobs.keys_under("images") if bare(own) in key]
    again = knowledge(client, "again")
    ok(add(client, again, file))
    assert [reply.data for reply in pictures(client, again)] == [reply.data for reply in shown]
    ok(client.delete(f"{FILES}/{file}"))
    assert blobs.keys_under("images") == blobs.keys_under("files") == []


def test_a_file_added_by_many_at_once_is_added_once(app, client):
    own, file = knowledge(client), upload(client)
    header = {"Authorization": client.environ_base["HTTP_AUTHORIZATION"]}

    def one(_):
        return app.test_client().post(f"{KNOWLEDGE}/{own}/file/add", json={"file_id": file}, headers=header)

    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(one, range(8)))
    assert sorted(reply.status_code for reply in replies) == [200] + [400] * 7
    assert {reply.json["detail"] for reply in replies if reply.status_code == 400} == {TWIN}
    assert Document.select().count() == 1 and datasets(client)[bare(own)]["document_count"] == 1
    assert counters.recount() == 0 and found(client, own)


def test_files_brought_by_many_at_once_are_in_one_hidden_dataset(app, client):
    header = {"Authorization": client.environ_base["HTTP_AUTHORIZATION"]}

    def one(number):
        return ok(app.test_client().post(f"{FILES}/", data={"file": (io.BytesIO(f"{TEXT}{number}".encode()), "a.txt")}, headers=header))

    with ThreadPoolExecutor(6) as pool:
        files = list(pool.map(one, range(6)))
    assert [file["data"]["status"] for file in files] == ["completed"] * 6 and len({file["hash"] for file in files}) == 6
    assert Dataset.select().count() == 1 and counters.recount() == 0


def test_a_file_that_is_deleted_while_it_is_read_leaves_nothing(app, client):
    for number in range(5):
        id = ok(sent(client, f"{TEXT} {number}" * 50, query="?process_in_background=true"))["id"]
        ok(client.delete(f"{FILES}/{id}"))
    own = knowledge(client)
    ok(add(client, own, upload(client)))
    assert File.select().count() == Document.select().count() == 1 and counters.recount() == 0
    assert len(blobs.keys_under("files")) == 1
