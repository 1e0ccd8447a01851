"""JSON files, split into objects that keep the path of their keys (contract 7.3, json)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ingest.blocks import Block, Unreadable
from ingest.parse.encoding import read_text

MAX_DEPTH = 200

Tree = dict[str, Any]


def blocks(path: Path, *, chunk_tokens: int) -> Iterator[Block]:
    """Pieces of at most about twice `chunk_tokens` characters, each a JSON object; a bare value is itself a piece."""
    value = _loaded(read_text(path).strip())
    if value is None:
        return
    if not isinstance(value, (dict, list)):
        yield Block(_dumped(value))
        return
    _refuse_depth(value)
    for piece in _split(value, largest=chunk_tokens * 2, smallest=max(chunk_tokens - 200, 50)):
        yield Block(_dumped(piece))


def _loaded(text: str) -> Any:
    try:
        return json.loads(text) if text else None
    except json.JSONDecodeError as error:
        return _loaded_lines(text, error)
    except RecursionError as error:
        raise _too_deep() from error
    except ValueError as error:  # a number of thousands of digits
        raise Unreadable("The file holds a number that is too long to be read.") from error


def _loaded_lines(text: str, error: json.JSONDecodeError) -> list[Any]:
    """One JSON value per line, as logs and exports have it; else the first error stands."""
    lines = [line for line in text.splitlines() if line.strip()]
    try:
        return [json.loads(line) for line in lines] if len(lines) > 1 and error.msg == "Extra data" else _refused(error)
    except (ValueError, RecursionError) as second:
        raise Unreadable(f"The file is not valid JSON (line {error.lineno}, column {error.colno}).") from second


def _refused(error: json.JSONDecodeError) -> list[Any]:
    raise Unreadable(f"The file is not valid JSON (line {error.lineno}, column {error.colno}).") from error


def _too_deep() -> Unreadable:
    return Unreadable(f"The file holds JSON that is nested too deeply to be read (more than {MAX_DEPTH} levels).")


def _refuse_depth(value: Any) -> None:
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [child for parent in level for child in _children(parent) if isinstance(child, (dict, list))]
        if not level:
            return
    raise _too_deep()


def _children(value: Tree | list[Any]) -> list[Any]:
    return list(value.values()) if isinstance(value, dict) else value


def _split(value: Tree | list[Any], *, largest: int, smallest: int) -> Iterator[Tree]:
    """Fill one object after the other with what still fits, descending into what does not."""
    piece: Tree = {}
    size = 2
    todo: list[tuple[tuple[str, ...], Any]] = [((), value)]
    while todo:
        path, item = todo.pop()
        item_size = len(_dumped(item)) + sum(len(key) + 6 for key in path)
        is_branch = isinstance(item, (dict, list)) and bool(item)
        if size + item_size >= largest and piece and size >= smallest:
            yield piece
            piece, size = {}, 2
        if path and (not is_branch or size + item_size < largest):
            _set(piece, path, _as_dict(item))
            size += item_size
        elif is_branch:
            todo.extend((path + (key,), child) for key, child in reversed(_as_dict(item, depth=1).items()))
    if piece:
        yield piece


def _as_dict(value: Any, depth: int = MAX_DEPTH) -> Any:
    """Lists as objects keyed by index, as the contract has it; `depth` levels down."""
    if isinstance(value, list):
        value = {str(number): item for number, item in enumerate(value)}
    if isinstance(value, dict) and depth > 1:
        return {key: _as_dict(item, depth - 1) for key, item in value.items()}
    return value


def _set(piece: Tree, path: tuple[str, ...], value: Any) -> None:
    for key in path[:-1]:
        piece = piece.setdefault(key, {})
    piece[path[-1]] = value


def _dumped(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
