"""An image from its upload to the picture of its chunk (legacy contract 5.4, 7; RAGFlow v1 contract 7.3, picture)."""

from __future__ import annotations

import io

import pytest
from PIL import Image, ImageDraw, ImageFont

from tests.legacy.wire import BASE, V1, assert_success, upload

SAID = "Ship the parcels on Friday"


@pytest.fixture
def sign():
    image = Image.new("RGB", (600, 160), "white")
    ImageDraw.Draw(image).text((30, 60), SAID, font=ImageFont.load_default(36), fill="black")
    stream = io.BytesIO()
    image.save(stream, "PNG")
    return stream.getvalue()


def test_an_image_is_a_chunk_whose_picture_is_shown(client, dataset, parse, sign):
    document = upload(client, name="sign.png", content=sign)["id"]
    client.post(f"{V1}/datasets/{dataset}/chunks", json={"document_ids": [document]})
    parse()
    (row,) = assert_success(client.post(f"{BASE}/list_chunks", json={"doc_id": document}))
    assert row["content"] == SAID
    (shown,) = client.get(f"{V1}/datasets/{dataset}/documents/{document}/chunks").json["data"]["chunks"]
    assert (shown["positions"], shown["image_id"]) == ([[1, 0, 600, 0, 160]], row["img_id"])
    reply = client.get(f"/v1/document/image/{row['img_id']}")
    with Image.open(io.BytesIO(reply.data)) as picture:
        assert (reply.content_type, picture.size) == ("image/JPEG", (600, 160))
    (document,) = client.get(f"{V1}/datasets/{dataset}/documents").json["data"]["docs"]
    assert (document["chunk_method"], document["type"], document["run"]) == ("picture", "visual", "DONE")


def test_a_film_fails_with_the_reason(client, dataset, parse):
    document = upload(client, name="film.mp4", content=b"\0\0\0\x18ftypmp42" + bytes(range(256)))["id"]
    client.post(f"{V1}/datasets/{dataset}/chunks", json={"document_ids": [document]})
    parse()
    (document,) = client.get(f"{V1}/datasets/{dataset}/documents").json["data"]["docs"]
    assert document["run"] == "FAIL" and "videos cannot be parsed" in document["progress_msg"]
