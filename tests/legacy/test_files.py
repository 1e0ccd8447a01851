"""Files and pictures outside of /v1/api: keys, content types, ranges, and what an operator may open (legacy contract 7; decisions C1, C6, A12)."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from models import blobs
from models.tables import Chunk, Document, User
from services import users
from tests.legacy.wire import BASE, TOKEN_REFUSED, UNKNOWN, V1, assert_error, assert_success, upload

GET = "/v1/document/get"
OPEN = pytest.mark.parametrize("environment", [{"DOVETAIL_LEGACY__PUBLIC_DOCUMENTS": "true", "DOVETAIL_LEGACY__PUBLIC_IMAGES": "true"}], ids=["open"])


def jpeg():
    stream = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(stream, "JPEG")
    return stream.getvalue()


@pytest.fixture
def picture(dataset, document, chunk):
    """The id of a picture that the chunk shows."""
    id = f"{dataset}-{chunk}"
    blobs.put(f"{blobs.image_folder(dataset, document)}/{id}", jpeg())
    Chunk.update(image_id=id, image_kind="image").where(Chunk.id == chunk).execute()
    return id


@pytest.fixture
def thumbnail(client, dataset, parse):
    """The id of a document and the address of its thumbnail."""
    document = upload(client, name="red.jpg", content=jpeg())["id"]
    parse()
    return document, assert_success(client.get("/v1/document/thumbnails", query_string={"doc_ids": document}))[document]


@pytest.mark.parametrize("path", [GET, "/v1/api/document/get", "/api/v1/document/get", "/api/document/get", "/document/get", "/v1//document//get"])
def test_a_file_comes_back_as_it_was_uploaded_through_every_spelling(client, document, path):
    assert client.get(f"{path}/{document}/").data == client.get(f"{path}/{document}").data
    reply = client.get(f"{path}/{document}")
    assert (reply.status_code, reply.data) == (200, b"Kettles boil water.")
    assert reply.content_length == 19


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.pdf", "application/pdf"),
        ("a.docx", "application/docx"),
        ("a.TXT", "application/TXT"),
        ("a.b.csv", "application/csv"),
        ("a.png", "image/png"),
        ("a.svg", "image/svg"),
        ("a.html", "application/html"),
        ("README", "application/octet-stream"),
        ("a.", "application/octet-stream"),
        ("a.x y", "application/octet-stream"),
        ("a.中文", "application/octet-stream"),
    ],
)
def test_the_content_type_is_the_suffix(client, dataset, name, kind):
    reply = client.get(f"{GET}/{upload(client, name=name, content=b'<script>')['id']}")
    assert (reply.headers["Content-Type"], reply.data) == (kind, b"<script>")
    assert reply.headers["X-Content-Type-Options"] == "nosniff"
    assert reply.headers["Content-Security-Policy"] == "script-src 'none'"
    assert "Content-Disposition" not in reply.headers


def test_a_file_without_a_byte_is_a_file(client, dataset):
    reply = client.get(f"{GET}/{upload(client, content=b'')['id']}")
    assert (reply.status_code, reply.data) == (200, b"")


def test_a_part_is_sent_when_a_range_is_asked_for_and_nothing_when_nothing_changed(client, document):
    whole = client.get(f"{GET}/{document}")
    assert whole.headers["Accept-Ranges"] == "bytes"
    part = client.get(f"{GET}/{document}", headers={"Range": "bytes=8-11"})
    assert (part.status_code, part.data, part.headers["Content-Range"]) == (206, b"boil", "bytes 8-11/19")
    assert client.get(f"{GET}/{document}", headers={"If-None-Match": whole.headers["ETag"]}).status_code == 304


def test_a_range_beyond_the_file_is_416_and_one_that_means_nothing_here_is_ignored(client, document):
    """Decisions C12: what a client keeps as the file is never an error's text."""
    refused = client.get(f"{GET}/{document}", headers={"Range": "bytes=99-200"})
    assert (refused.status_code, refused.headers["Content-Range"], refused.json["retcode"]) == (416, "bytes */19", 101)
    for odd in ("bytes=0-1,4-5", "lines=1-2", "bytes=b-a", "bytes", "bytes=5-2"):
        reply = client.get(f"{GET}/{document}", headers={"Range": odd})
        assert (reply.status_code, reply.data) == (200, b"Kettles boil water."), odd


@pytest.mark.parametrize("id", [UNKNOWN, "x", "a-b", "a-b-c", "-", "..", "%00", f"{UNKNOWN}-0123456789abcdef", f"{UNKNOWN}-thumbnail_x.png"])
def test_what_is_not_there_is_told_in_json(client, dataset, id):
    assert_error(client.get(f"{GET}/{id}"), 102, "Document not found!")
    assert_error(client.get(f"/v1/document/image/{id}"), 102, "Image not found.")


def test_without_a_key_nothing_is_told(anonymous, document, picture, thumbnail):
    for key in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": ""}):
        for path in (f"{GET}/{document}", f"{GET}/{picture}", f"/v1/document/image/{picture}", f"/v1/document/thumbnails?doc_ids={document}"):
            assert_error(anonymous.get(path, headers=key), 109, TOKEN_REFUSED, False)
        assert_error(anonymous.post("/v1/document/infos", json={"doc_ids": [document]}, headers=key), 109, TOKEN_REFUSED, False)


def test_a_strangers_key_reaches_nothing(stranger, document, picture, thumbnail):
    assert_error(stranger.get(f"{GET}/{document}"), 102, "Document not found!")
    assert_error(stranger.get(f"{GET}/{picture}"), 102, "Document not found!")
    assert_error(stranger.get(f"/v1/document/image/{picture}"), 102, "Image not found.")
    assert_error(stranger.get(thumbnail[1]), 102, "Image not found.")
    assert assert_success(stranger.get(f"/v1/document/thumbnails?doc_ids={document},{thumbnail[0]}")) == {}
    assert assert_success(stranger.post("/v1/document/infos", json={"doc_ids": [document]})) == []


@OPEN
def test_what_the_operator_opens_needs_no_key_and_honours_one_that_is_sent(anonymous, stranger, document, picture, thumbnail):
    """Clients 29 and 30 of contract 9: links and <img> in a browser."""
    assert anonymous.get(f"{GET}/{document}").data == b"Kettles boil water."
    shown = anonymous.get(f"/v1/document/image/{picture}")
    assert (shown.status_code, shown.data, shown.headers["Content-Type"]) == (200, jpeg(), "image/JPEG")
    assert anonymous.get(thumbnail[1]).headers["Content-Type"] == "image/png"
    assert_error(stranger.get(f"{GET}/{document}"), 102, "Document not found!")
    assert_error(stranger.get(f"/v1/document/image/{picture}"), 102, "Image not found.")
    assert_error(anonymous.get(f"{GET}/{document}", headers={"Authorization": "Bearer wrong"}), 109, TOKEN_REFUSED, False)
    assert_error(anonymous.get(f"/v1/document/thumbnails?doc_ids={document}"), 109, TOKEN_REFUSED, False)
    assert_error(anonymous.get(f"{GET}/{UNKNOWN}"), 102, "Document not found!")


def test_the_picture_of_a_chunk_is_found_by_the_id_that_every_door_tells(client, dataset, document, chunk, picture):
    """Client 30 of contract 9 has its ids from modern answers; the manual sends them to `get`."""
    [told] = client.get(f"{V1}/datasets/{dataset}/documents/{document}/chunks").json["data"]["chunks"]
    assert told["image_id"] == picture
    for path in (f"/v1/document/image/{picture}", f"{GET}/{picture}", f"{BASE}/document/get/{picture}", f"/document/image/{picture}"):
        reply = client.get(path)
        assert (reply.data, reply.headers["Content-Type"]) == (jpeg(), "image/JPEG")


def test_a_picture_goes_with_its_chunk(client, dataset, document, chunk, picture):
    client.delete(f"{V1}/datasets/{dataset}/documents/{document}/chunks", json={"chunk_ids": [chunk]})
    assert_error(client.get(f"/v1/document/image/{picture}"), 102, "Image not found.")


def test_thumbnails_are_told_by_document_and_shown(client, document, thumbnail):
    pictured, address = thumbnail
    assert address == f"/v1/document/image/{Document.get_by_id(pictured).dataset}-thumbnail_{pictured}.png"
    reply = client.get(address)
    assert (reply.data[:4], reply.headers["Content-Type"]) == (b"\x89PNG", "image/png")
    expected = {pictured: address, document: ""}
    for query in (f"doc_ids={pictured},{document},{UNKNOWN}", f"doc_ids={pictured}&doc_ids={document}"):
        assert assert_success(client.get(f"/v1/document/thumbnails?{query}")) == expected


@pytest.mark.parametrize("environment", [{"DOVETAIL_LEGACY__PUBLIC_DOCUMENTS": "true"}], ids=["documents"])
def test_open_documents_do_not_open_pictures(anonymous, document, picture):
    """Decisions C13."""
    assert anonymous.get(f"{GET}/{document}").data == b"Kettles boil water."
    assert_error(anonymous.get(f"{GET}/{picture}"), 109, TOKEN_REFUSED, False)


@pytest.mark.parametrize("environment", [{"DOVETAIL_LEGACY__PUBLIC_IMAGES": "true"}], ids=["images"])
def test_open_pictures_do_not_open_documents(anonymous, document, picture):
    """Decisions C13."""
    assert anonymous.get(f"{GET}/{picture}").data == jpeg()
    assert_error(anonymous.get(f"{GET}/{document}"), 109, TOKEN_REFUSED, False)


@pytest.mark.parametrize("query", ["", "?doc_ids=", "?doc_ids=,"])
def test_thumbnails_of_nothing_are_refused(client, query):
    assert_error(client.get(f"/v1/document/thumbnails{query}"), 101, 'Lack of "Document ID"', False)


def test_infos_are_those_of_the_other_route(client, anonymous, document):
    assert_error(anonymous.post("/v1/document/infos", json={}), 101, "required argument are missing: doc_ids; ", None)
    rows = assert_success(client.post("/v1/document/infos", json={"doc_ids": [document, UNKNOWN]}))
    assert rows == assert_success(client.post(f"{BASE}/document/infos", json={"doc_ids": [document]}))
    assert rows[0]["id"] == document


def test_a_session_opens_them_as_a_key_does(client, anonymous, document):
    person = User.get_by_id(client.get(f"{V1}/datasets").json["data"][0]["tenant_id"])
    users.set_password(email=person.email, password="p")
    session = anonymous.post("/v1/user/login", json={"email": person.email, "password": "p"}).headers["Authorization"]
    reply = anonymous.get(f"{GET}/{document}", headers={"Authorization": session})
    assert reply.data == b"Kettles boil water."
