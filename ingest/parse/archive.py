"""Zip containers of office files, looked at before any library unpacks them."""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from ingest.blocks import Unreadable

MAX_UNPACKED = 1 << 30
MAX_RATIO = 200
MAX_TREE = 32 << 20
"""Bytes of XML that a library may hold as one tree, which takes up to 22 times as much memory; 1,000 pages of Word are about 6 MB."""
_RATIO_FROM = 32 << 20
_MAX_ENTRIES = 20_000
_BLOCK = 1 << 20
_DOCTYPE = re.compile(b"|".join(re.escape("<!DOCTYPE".encode(code)) for code in ("utf-8", "utf-16-le", "utf-16-be")))
_OVERLAP = 32
_DECLARED = frozenset(("META-INF/manifest.xml",))  # old programs wrote a document type there

DAMAGED = "The file is damaged or incomplete and cannot be opened."
TOO_LARGE = "The file unpacks to more than can be read: it is far larger than it looks."
ENTITIES = "The file declares XML entities, which are not expanded here."


def members(path: Path) -> dict[str, int]:
    """Names and unpacked sizes of the entries; raises Unreadable for a damaged file and for a zip bomb."""
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, EOFError) as error:
        raise Unreadable(DAMAGED) from error
    if any(entry.flag_bits & 1 for entry in entries):
        raise Unreadable("The file is protected by a password. Save a copy without one and upload that.")
    unpacked = sum(entry.file_size for entry in entries)
    ratio = unpacked / max(1, path.stat().st_size)
    if len(entries) > _MAX_ENTRIES or unpacked > MAX_UNPACKED or (unpacked > _RATIO_FROM and ratio > MAX_RATIO):
        raise Unreadable(TOO_LARGE)
    return {entry.filename: entry.file_size for entry in entries}


def check_tree(path: Path) -> None:
    """Raise Unreadable when the XML parts together are too large to hold as trees, or declare what a library would leave out of the text."""
    sizes = {name: size for name, size in members(path).items() if name.endswith((".xml", ".rels"))}
    if sum(sizes.values()) > MAX_TREE:
        raise Unreadable(TOO_LARGE)
    with zipfile.ZipFile(path) as archive:
        if any(_has_doctype(archive, name) for name in sizes if name not in _DECLARED):
            raise Unreadable(ENTITIES)


def _has_doctype(archive: zipfile.ZipFile, name: str) -> bool:
    tail = b""
    for block in blocks_of(archive, name):
        if _DOCTYPE.search(tail + block):
            return True
        tail = block[-_OVERLAP:]
    return False


def blocks_of(archive: zipfile.ZipFile, name: str) -> Iterator[bytes]:
    """The content of an entry, block by block; its size and checksum are verified on the way."""
    try:
        with archive.open(name) as stream:
            while block := stream.read(_BLOCK):
                yield block
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError) as error:
        raise Unreadable(DAMAGED) from error
