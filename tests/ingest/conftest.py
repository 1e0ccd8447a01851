"""Chunking as the worker does it, for files that the tests write."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ingest.blocks import Draft, Unreadable
from ingest.chunk import chunk_file
from ingest.kinds import method_of

Chunk = Callable[..., list[Draft]]


def chunks_of(
    path: Path, *, name: str = "", method: str = "", language: str = "English", messages: list[str] | None = None, **config: Any
) -> list[Draft]:
    """Every chunk of a file; `config` is its parser_config."""
    name = name or path.name
    return list(
        chunk_file(
            path,
            name=name,
            method=method or method_of(name, "naive"),
            config=config,
            language=language,
            report=lambda _progress, message: (messages if messages is not None else []).append(message),
        )
    )


@pytest.fixture
def chunk(tmp_path: Path) -> Chunk:
    """Chunk content given as bytes or text under a file name, or a file."""

    def run(name: str, content: bytes | str | Path, **options: Any) -> list[Draft]:
        path = content if isinstance(content, Path) else tmp_path / "stored"
        if not isinstance(content, Path):
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        return chunks_of(path, name=name, **options)

    return run


@pytest.fixture
def texts(chunk: Chunk) -> Callable[..., list[str]]:
    """The contents only."""
    return lambda *args, **options: [draft.content for draft in chunk(*args, **options)]


@pytest.fixture
def refusal(chunk: Chunk) -> Callable[..., str]:
    """The sentence with which a file is refused."""

    def run(name: str, content: bytes | str | Path, **options: Any) -> str:
        with pytest.raises(Unreadable) as refused:
            chunk(name, content, **options)
        return refused.value.message

    return run
