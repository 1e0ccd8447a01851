"""Blobs by key: uploaded files, chunk images, thumbnails; in a local folder or any store obstore speaks to."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

from obstore.exceptions import BaseError
from obstore.store import LocalStore, ObjectStore, from_url

from models.errors import Unavailable

log = logging.getLogger(__name__)

_store: ObjectStore | None = None


def open_store(where: str | Path) -> None:
    """Use a folder (made when absent) or a URL such as s3://bucket/prefix for all blobs of this process.

    Raises ValueError for a URL that lacks something, OSError for a folder that cannot be made.
    """
    global _store
    if isinstance(where, Path):
        _store = LocalStore(prefix=where, mkdir=True)
    else:
        try:
            _store = from_url(where)
        except BaseError as error:
            raise ValueError(str(error).partition("\n")[0]) from error


def put(key: str, content: bytes | IO[bytes] | Iterator[bytes]) -> None:
    """Store a blob whole or not at all, replacing one of the same key; a stream is read in parts.

    Raises Unavailable, also when the disk is full.
    """
    try:
        _opened().put(key, content)
    except (BaseError, OSError) as error:
        raise Unavailable("blob store") from error


def copy(key: str, to: str) -> None:
    """Store a blob under another key as well. Raises FileNotFoundError or Unavailable."""
    try:
        _opened().copy(key, to)
    except FileNotFoundError:
        raise
    except (BaseError, OSError) as error:
        raise Unavailable("blob store") from error


def stream(key: str) -> Iterator[bytes]:
    """The blob's bytes in parts; raises FileNotFoundError before the first one, or Unavailable."""
    try:
        parts = _opened().get(key).stream(min_chunk_size=1 << 20)
    except FileNotFoundError:
        raise
    except (BaseError, OSError) as error:
        raise Unavailable("blob store") from error
    return (bytes(part) for part in parts)


def read(key: str) -> bytes:
    """The whole blob; for small ones. Raises FileNotFoundError or Unavailable."""
    return b"".join(stream(key))


def download(key: str, path: Path) -> None:
    """Copy a blob to a local file in parts. Raises FileNotFoundError or Unavailable."""
    with path.open("wb") as target:
        for part in stream(key):
            target.write(part)


def discard(keys: Iterable[str]) -> None:
    """Remove blobs that no row names any more; an absent one is no error, and what cannot be removed is logged."""
    for key in keys:
        try:
            _opened().delete(key)
        except FileNotFoundError:
            continue
        except (BaseError, OSError):
            log.warning("blob not removed", exc_info=True, extra={"key": key})


def image_folder(dataset: str, document: str = "") -> str:
    """Where the images of a document's chunks are kept, or those of a whole dataset."""
    return f"images/{dataset}/{document}" if document else f"images/{dataset}"


def keys_under(folder: str) -> list[str]:
    """The keys of all blobs in a folder. Raises Unavailable."""
    try:
        return [found["path"] for page in _opened().list(prefix=folder) for found in page]
    except (BaseError, OSError) as error:
        raise Unavailable("blob store") from error


def discard_folders(folders: Iterable[str]) -> None:
    """Remove all blobs in these folders, as `discard` does."""
    for folder in folders:
        try:
            discard(keys_under(folder))
        except Unavailable:
            log.warning("blobs not removed", exc_info=True, extra={"folder": folder})


def failure() -> Exception | None:
    """Why the store does not answer; None when it does."""
    try:
        _opened().head("readiness")
    except FileNotFoundError:
        return None
    except (BaseError, OSError) as error:
        return error
    return None


def _opened() -> ObjectStore:
    if _store is None:
        raise RuntimeError("models.blobs.open_store was not called")
    return _store
