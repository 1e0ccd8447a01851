"""How images begin; apart from what reads them, which is large."""

from __future__ import annotations

_SIGNATURES = (
    (0, b"\x89PNG\r\n\x1a\n"),
    (0, b"\xff\xd8\xff"),
    (0, b"GIF87a"),
    (0, b"GIF89a"),
    (0, b"BM"),
    (0, b"II*\0"),
    (0, b"MM\0*"),
    (8, b"WEBP"),
    (0, b"\0\0\x01\0"),
    (0, b"\x0a\x05\x01"),
    (4, b"ftypavif"),
    (4, b"ftypavis"),
    (0, b"8BPS"),
    (0, b"\0\0\0\x0cjP  "),
)


def is_image(head: bytes) -> bool:
    """Whether content that is no text begins as an image does."""
    return any(head.startswith(mark, place) for place, mark in _SIGNATURES)
