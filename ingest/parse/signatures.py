"""How images begin; apart from what reads them, which is large."""

from __future__ import annotations

import re

_SIGNATURES = {
    "png": rb"\x89PNG\r\n\x1a\n",
    "jpg": rb"\xff\xd8\xff",
    "gif": rb"GIF8[79]a",
    "bmp": rb"BM.{4}\0\0\0\0",
    "tiff": rb"II\*\0|MM\0\*",
    "webp": rb"RIFF.{4}WEBP",
    "ico": rb"\0\0\x01\0",
    "pcx": rb"\x0a\x05\x01",
    "avif": rb".{4}ftypavi[fs]",
    "psd": rb"8BPS",
    "jp2": rb"\0\0\0\x0cjP  ",
}


def image_kind(head: bytes) -> str | None:
    """The kind of image that content begins as."""
    return next((kind for kind, mark in _SIGNATURES.items() if re.match(mark, head, re.DOTALL)), None)
