"""Markdown: tables as HTML, the rest by lines with headings glued to what follows them (contract 7.3)."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

from ingest.blocks import Block
from ingest.parse import html
from ingest.parse.encoding import read_text
from ingest.parse.tables import Cell, html_table
from ingest.tokens import count

_HTML_TABLE = re.compile(r" {0,3}<table\b", re.IGNORECASE)
_RULE = re.compile(r" {0,3}\|?[ \t]*:?-+:?[ \t]*(\|[ \t]*:?-+:?[ \t]*)*+\|?[ \t]*$")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")


def blocks(path: Path, *, chunk_tokens: int) -> Iterator[Block]:
    """Tables and lines in order; a line of more than three times `chunk_tokens` is halved until it is not."""
    held = ""
    for line in _without_tables(read_text(path).split("\n")):
        if isinstance(line, Block):
            yield line
            continue
        for part in _halved(line, 3 * chunk_tokens):
            glued = f"{held}\n{part}" if held else part
            held = glued if part.startswith("#") else ""
            if not held:
                yield Block(glued)
    if held:
        yield Block(held)


def _without_tables(lines: Sequence[str]) -> Iterator[str | Block]:
    """Lines that are not blank, and tables in their place; what stands in fenced code is never a table."""
    closings = [number for number, line in enumerate(lines) if "</table" in line.lower()]
    number = 0
    fence = ""
    while number < len(lines):
        fence = _fence_after(lines[number], fence)
        end = number if fence else _table_end(lines, number, closings)
        if end > number:
            yield from _table(lines[number:end])
        elif lines[number].strip():
            yield lines[number]
        number = max(end, number + 1)


def _fence_after(line: str, fence: str) -> str:
    """The fence that encloses what follows the line: none, the one that was open, or the one that the line opens."""
    found = _FENCE.match(line)
    if not found:
        return fence
    if not fence:
        return found.group(1)
    return "" if found.group(1).startswith(fence) and not line[found.end():].strip() else fence


def _table_end(lines: Sequence[str], start: int, closings: Sequence[int]) -> int:
    """The line after the table that begins at a line, of HTML or of bars; `start` when none begins there."""
    if _HTML_TABLE.match(lines[start]):
        closing = bisect_left(closings, start)
        return closings[closing] + 1 if closing < len(closings) else start
    if "|" in lines[start] and start + 1 < len(lines) and _RULE.match(lines[start + 1]) and _piped(lines[start:start + 2]):
        return next((number for number in range(start, len(lines)) if not lines[number].strip()), len(lines))
    return start


def _table(lines: Sequence[str]) -> Iterator[str | Block]:
    """The table, and the lines that turn out not to belong to it."""
    if _HTML_TABLE.match(lines[0]):
        yield from (block if block.is_table else block.text for block in html.page_blocks("\n".join(lines)))
        return
    tokens = _piped(lines)
    yield Block(_piped_html(tokens), is_table=True)
    yield from (line for line in lines[tokens[0].map[1]:] if line.strip())  # type: ignore[index]  # a block has a map


def _piped(lines: Sequence[str]) -> list[Token]:
    """The tokens of lines that begin with a table; empty when they do not."""
    tokens = _parser().parse("\n".join(lines))
    return tokens if tokens and tokens[0].type == "table_open" and tokens[0].map else []


@cache
def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark").enable("table").disable("inline")


def _piped_html(tokens: Sequence[Token]) -> str:
    rows: list[list[Cell]] = []
    for number, token in enumerate(tokens):
        if token.type == "table_close":
            break
        if token.type == "tr_open":
            rows.append([])
        elif token.type == "inline":
            rows[-1].append(Cell(token.content, is_heading=tokens[number - 1].type == "th_open"))
    return html_table(rows)


def _halved(line: str, limit: int) -> Iterator[str]:
    if len(line) < 2 or count(line) <= limit:
        yield line
        return
    middle = line.rfind(" ", len(line) // 4, len(line) // 2) + 1 or len(line) // 2
    yield from _halved(line[:middle], limit)
    yield from _halved(line[middle:], limit)
