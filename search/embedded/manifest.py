"""The manifest of an index folder: what belongs to the latest commit, and how to tell that it is whole."""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

NAME = "manifest.json"
_BLOCK = 1 << 20


class Damaged(Exception):
    """The files of an index are not what its manifest says; it has to be built anew from the rows."""


@dataclass(frozen=True, slots=True)
class SegmentFiles:
    """A segment of vectors: its immutable file, and the file of its deleted and unavailable rows ('' when there are none)."""

    name: str
    state: str
    rows: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """One commit. `files` has size and CRC-32 of every file of it, by path within the folder; `fingerprint` says what made it."""

    fingerprint: str = ""
    dimension: int = 0
    segments: tuple[SegmentFiles, ...] = ()
    files: Mapping[str, tuple[int, int]] = field(default_factory=dict)


def read(folder: Path) -> Manifest:
    """Read the manifest of a folder. Raises FileNotFoundError, Damaged."""
    try:
        raw: dict[str, Any] = json.loads((folder / NAME).read_bytes())
        return Manifest(
            fingerprint=raw["fingerprint"],
            dimension=raw["dimension"],
            segments=tuple(SegmentFiles(**segment) for segment in raw["segments"]),
            files={name: (int(size), int(crc)) for name, (size, crc) in raw["files"].items()},
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Damaged(f"{folder / NAME} cannot be read") from error


def write(folder: Path, manifest: Manifest) -> None:
    """Put a manifest in place in one durable step: readers see the old commit or this one."""
    draft = folder / f"{NAME}.new"
    with draft.open("wb") as file:
        file.write(json.dumps(_plain(manifest), separators=(",", ":")).encode())
        file.flush()
        os.fsync(file.fileno())
    os.replace(draft, folder / NAME)
    sync_folder(folder)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def checksum(path: Path) -> tuple[int, int]:
    """Size and CRC-32 of a file."""
    crc = size = 0
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            crc = zlib.crc32(block, crc)
            size += len(block)
    return size, crc


def require_sizes(folder: Path, manifest: Manifest, *, but: str = "") -> None:
    """Compare sizes before anything is mapped: reading past the end of a mapped file ends the process. Raises Damaged."""
    for name, (size, _) in manifest.files.items():
        if name != but and _size(folder / name) != size:
            raise Damaged(f"{folder / name} has not the {size} bytes of its manifest")


def require_sums(folder: Path, manifest: Manifest) -> None:
    """Read every file and compare its checksum. Raises Damaged."""
    require_sizes(folder, manifest)
    for name, expected in manifest.files.items():
        if checksum(folder / name) != expected:
            raise Damaged(f"{folder / name} is not the file of its manifest")


def strays(folder: Path, manifest: Manifest) -> Iterator[Path]:
    """Vector files of the folder that no longer belong to the commit."""
    for name in os.listdir(folder):
        if name.startswith("v-") and name not in manifest.files:
            yield folder / name


def _plain(manifest: Manifest) -> dict[str, Any]:
    segments = [{"name": own.name, "state": own.state, "rows": own.rows} for own in manifest.segments]
    return {"fingerprint": manifest.fingerprint, "dimension": manifest.dimension, "segments": segments, "files": dict(manifest.files)}


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return -1
