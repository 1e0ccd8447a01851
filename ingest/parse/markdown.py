"""Markdown: tables as HTML, the rest by lines with headings glued to what follows them (contract 7.3)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

from ingest.blocks import Block
from ingest.parse import html
from ingest.parse.encoding import read_text
from ingest.parse.tables import Cell, html_table
from ingest.tokens import count

_HTML_TABLE = re.compile(r"<table\b", re.IGNORECASE)
_BLOCKS_ONLY = ["inline", "linkify", "replacements", "smartquotes", "text_join"]


def blocks(path: Path, *, chunk_tokens: int) -> Iterator[Block]:
    """Tables and lines in order; a line of more than three times `chunk_tokens` is halved until it is not."""
    text = read_text(path)
    lines = text.split("\n")
    held = ""
    for line in _without_tables(text, lines):
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


def _without_tables(text: str, lines: Sequence[str]) -> Iterator[str | Block]:
    done = 0
    for start, end, table in _tables(text, lines):
        yield from (line for line in lines[done:start] if line.strip())
        yield Block(table, is_table=True)
        done = end
    yield from (line for line in lines[done:] if line.strip())


def _tables(text: str, lines: Sequence[str]) -> Iterator[tuple[int, int, str]]:
    """First line, line after the last, and HTML of each table that is not part of code."""
    parser = MarkdownIt("commonmark").enable("table")
    parser.disable([rule for rule in _BLOCKS_ONLY if rule in parser.get_all_rules()["core"]])
    tokens = parser.parse(text)
    done = 0
    for number, token in enumerate(tokens):
        if not token.map or token.map[0] < done:
            continue
        if token.type == "table_open":
            table, end = _piped(tokens, number), token.map[1]
        elif token.type == "html_block" and _HTML_TABLE.search(token.content):
            table, end = _html(lines, token.map[0], token.map[1])
        else:
            continue
        if table:
            yield token.map[0], end, table
            done = end


def _piped(tokens: Sequence[Token], start: int) -> str:
    rows: list[list[Cell]] = []
    for number in range(start, len(tokens)):
        token = tokens[number]
        if token.type == "table_close":
            break
        if token.type == "tr_open":
            rows.append([])
        elif token.type == "inline":
            rows[-1].append(Cell(token.content, is_heading=tokens[number - 1].type == "th_open"))
    return html_table(rows)


def _html(lines: Sequence[str], start: int, end: int) -> tuple[str, int]:
    """An HTML table, also one with blank lines inside, at which Markdown ends the block."""
    while end < len(lines) and "</table" not in "\n".join(lines[start:end]).lower():
        end += 1
    found = [block.text for block in html.page_blocks("\n".join(lines[start:end])) if block.is_table]
    return "".join(found), end


def _halved(line: str, limit: int) -> Iterator[str]:
    if len(line) < 2 or count(line) <= limit:
        yield line
        return
    middle = line.rfind(" ", len(line) // 4, len(line) // 2) + 1 or len(line) // 2
    yield from _halved(line[:middle], limit)
    yield from _halved(line[middle:], limit)
