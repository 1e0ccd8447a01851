"""The part of a document's parser_config that chunking reads; whatever is missing, null or nonsense is the default."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ingest.parse.text import DEFAULT_DELIMITER

CHUNK_TOKENS = 128
PAGE_WINDOW = 12
_LARGEST = 100_000_000
_PLAIN_TEXT = "plain text"


@dataclass(frozen=True, slots=True)
class Options:
    """Settings of one document. `pages` are ranges of page numbers from 1, both ends included; empty means all."""

    chunk_tokens: int = CHUNK_TOKENS
    delimiter: str = DEFAULT_DELIMITER
    html_rows: bool = False
    find_tables: bool = True
    page_window: int = PAGE_WINDOW
    pages: tuple[tuple[int, int], ...] = ()

    @classmethod
    def read(cls, config: Mapping[str, Any], *, chunk_tokens: int = CHUNK_TOKENS) -> Options:
        """Read a parser_config of any content; documents' are not validated when stored (contract 2.4)."""
        tokens = _number(config.get("chunk_token_num")) or _number(config.get("chunk_token_count"))
        delimiter = config.get("delimiter")
        return cls(
            chunk_tokens=tokens or chunk_tokens,
            delimiter=delimiter if isinstance(delimiter, str) and delimiter else DEFAULT_DELIMITER,
            html_rows=config.get("html4excel") is True,
            find_tables=_recognises_layout(config.get("layout_recognize")),
            page_window=_number(config.get("task_page_size")) or PAGE_WINDOW,
            pages=_ranges(config.get("pages")),
        )

    def wants_page(self, number: int) -> bool:
        """Whether a page (from 1) lies in the ranges asked for."""
        return not self.pages or any(first <= number <= last for first, last in self.pages)


def _number(value: object) -> int | None:
    """A whole number from 1 up, also when written as text; None for all else."""
    if isinstance(value, str) and value.strip().isdecimal() and len(value) < 12:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 1 <= value <= _LARGEST:
        return None
    return int(value)


def _recognises_layout(value: object) -> bool:
    if isinstance(value, str):
        return value.strip().lower() not in (_PLAIN_TEXT, "false")
    return value is not False


def _ranges(value: object) -> tuple[tuple[int, int], ...]:
    pairs = value if isinstance(value, (list, tuple)) else ()
    return tuple(pair for pair in map(_range, pairs) if pair)


def _range(value: object) -> tuple[int, int] | None:
    if not isinstance(value, Sequence) or isinstance(value, str) or len(value) != 2:
        return None
    first, last = _number(value[0]), _number(value[1])
    return (first, last) if first and last and first <= last else None
