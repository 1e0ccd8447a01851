"""The picture method (contract 7.3, picture): one chunk of what an image says, its place and its picture; hostile images."""

from __future__ import annotations

import io
import struct
import zlib

import pytest
from PIL import Image, ImageDraw, ImageFont, ImageOps

from ingest.parse.image import MOST_PAGES
from ingest.thumbnail import thumbnail
from tests.ingest.drawn import stored

SAID = "Ship the parcels on Friday"
FORMATS = [("a.png", "PNG"), ("a.JPG", "JPEG"), ("a.tiff", "TIFF"), ("a.webp", "WEBP"), ("a.bmp", "BMP"), ("a.gif", "GIF")]


def sign(text: str = SAID, *, size: tuple[int, int] = (600, 160), mode: str = "RGB") -> Image.Image:
    image = Image.new("RGB", size, "white")
    ImageDraw.Draw(image).text((30, 60), text, font=ImageFont.load_default(36), fill="black")
    return image.convert(mode)


@pytest.mark.parametrize(("name", "kind"), FORMATS, ids=[kind for _, kind in FORMATS])
def test_an_image_is_one_chunk_of_its_text_with_its_place_and_picture(chunk, name, kind):
    draft, = chunk(name, stored(sign(), kind))
    assert draft.content == SAID
    assert draft.positions == [(1, 0, 600, 0, 160)]
    with Image.open(io.BytesIO(draft.image)) as picture:
        assert picture.size == (600, 160)


def test_a_tiff_is_one_chunk_of_all_its_pages(chunk):
    messages = []
    pages = [sign(f"This is page {number}") for number in (1, 2, 3)]
    draft, = chunk("a.tif", stored(pages[0], "TIFF", save_all=True, append_images=pages[1:]), messages=messages)
    assert draft.content == "This is page 1\nThis is page 2\nThis is page 3"
    assert draft.positions == [(number, 0, 600, 0, 160) for number in (1, 2, 3)]
    assert [message.partition(":")[0] for message in messages] == ["Page(1~1) of 3", "Page(2~2) of 3", "Page(3~3) of 3"]


@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
def test_a_photograph_is_shown_the_way_its_camera_was_held(chunk, kind):
    """EXIF orientation 6: what was stored is turned clockwise to be shown."""
    lying = sign().rotate(90, expand=True)
    exif = Image.Exif()
    exif[0x0112] = 6
    draft, = chunk("a.jpg" if kind == "JPEG" else "a.tif", stored(lying, kind, exif=exif))
    assert (draft.content, draft.positions) == (SAID, [(1, 0, 600, 0, 160)])
    with Image.open(io.BytesIO(draft.image)) as picture:
        assert picture.size == (600, 160)


def test_the_thumbnail_of_a_photograph_stands_upright(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    path = tmp_path / "stored"
    path.write_bytes(stored(sign().rotate(90, expand=True), "JPEG", exif=exif))
    with Image.open(io.BytesIO(thumbnail(path, "a.jpg"))) as picture:
        assert picture.size == (30, 8)


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "RGBA", "I;16"])
def test_pixels_of_every_kind_are_read(chunk, mode):
    plain = sign()
    image = plain.convert("I").point(lambda value: value * 257).convert("I;16") if mode == "I;16" else plain.convert(mode)
    draft, = chunk("a.png", stored(image))
    assert draft.content == SAID


def test_black_letters_on_nothing_are_read_on_white(chunk):
    clear = Image.new("RGBA", (600, 160), (0, 0, 0, 0))
    clear.putalpha(ImageOps.invert(sign(mode="L")))
    draft, = chunk("a.png", stored(clear))
    assert draft.content == SAID


def test_a_few_words_are_kept_and_a_picture_without_any_is_no_chunk(chunk):
    """Contract 7.3, Emit: short text without a vision model is kept; none is no chunk."""
    assert [draft.content for draft in chunk("a.png", stored(sign("Exit")))] == ["Exit"]
    assert chunk("a.png", stored(Image.new("RGB", (300, 300), "navy"))) == []


def test_of_an_animation_the_first_picture_is_read_however_many_follow(chunk):
    frames = [Image.new("P", (8, 8), number % 2) for number in range(10_000)]
    draft, = chunk("a.gif", _animated(sign(mode="P"), frames))
    assert draft.content == SAID


def _animated(first: Image.Image, rest: list[Image.Image]) -> bytes:
    """A GIF of ten thousand pictures, whose blocks are repeated without drawing them all."""
    data = stored(first, "GIF", save_all=True, append_images=[rest[0].resize(first.size)])
    body = data[data.rfind(b"\x21\xf9\x04"):-1]
    return data[:-1] + body * len(rest) + b";"


def test_a_tiff_of_too_many_pages_is_refused_before_it_is_read(refusal):
    page = stored(Image.new("1", (8, 8)), "TIFF")
    assert "more than 1,000 pages" in refusal("a.tif", _chained(page, MOST_PAGES + 1))


def _chained(page: bytes, count: int) -> bytes:
    """A TIFF whose only page is named again and again."""
    start = struct.unpack("<I", page[4:8])[0]
    entries = struct.unpack("<H", page[start:start + 2])[0]
    directory = page[start:start + 2 + entries * 12]
    data = bytearray(page[:4] + struct.pack("<I", len(page)) + page[8:])
    for number in range(count):
        following = len(data) + len(directory) + 4
        data += directory + struct.pack("<I", following if number < count - 1 else 0)
    return bytes(data)


def _png(width: int, height: int, rows: bytes = b"") -> bytes:
    def part(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + part(b"IHDR", header) + part(b"IDAT", zlib.compress(rows)) + part(b"IEND", b"")


NOISE = b"\x9d\x02" * 500
HOSTILE = [
    ("a bomb of 60,000 by 60,000 pixels", "a.png", lambda: _png(60_000, 60_000), "too large"),
    ("an image just above the limit", "a.png", lambda: _png(12_000, 12_000), "too large"),
    ("a png that breaks off", "a.png", lambda: stored(Image.effect_noise((400, 400), 90))[:9_000], "damaged or incomplete"),
    ("a jpg that breaks off", "a.jpg", lambda: stored(Image.effect_noise((400, 400), 90), "JPEG")[:5_000], "damaged or incomplete"),
    ("a tiff that breaks off", "a.tif", lambda: stored(sign(), "TIFF")[:3_000], "damaged or incomplete"),
    ("a png without its rows", "a.png", lambda: _png(100, 100), "damaged or incomplete"),
    ("noise named .png", "a.png", lambda: NOISE, "damaged or not of that type"),
    ("text named .jpg", "a.jpg", lambda: "just text", "damaged or not of that type"),
    ("a film", "a.mp4", lambda: b"\0\0\0\x18ftypmp42" + NOISE, "videos cannot be parsed"),
    ("a film of no known form", "a.avi", lambda: NOISE, "videos cannot be parsed"),
    ("sound", "a.mp3", lambda: b"ID3" + NOISE, "sound cannot be parsed"),
    ("a drawing", "a.svg", lambda: "<svg xmlns='http://www.w3.org/2000/svg'><text>hi</text></svg>", "file type not supported yet(.svg)"),
    ("a png named .pdf", "a.pdf", lambda: stored(sign()), "file type not supported yet(a png file named .pdf)"),
]


@pytest.mark.parametrize(("name", "make", "expected"), [case[1:] for case in HOSTILE], ids=[case[0] for case in HOSTILE])
def test_a_hostile_image_is_refused_with_a_reason(refusal, name, make, expected):
    message = refusal(name, make())
    assert expected in message


def test_the_other_methods_name_the_one_that_reads_images(refusal):
    assert refusal("a.png", stored(sign()), method="naive") == "file type not supported yet(an image): the chunk method picture reads images"
