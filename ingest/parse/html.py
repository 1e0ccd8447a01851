"""HTML pages: the title, then the text a person reads, line by line; data tables as tables (contract 7.3)."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from pathlib import Path

from selectolax.lexbor import LexborHTMLParser, LexborNode

from ingest.blocks import Block, Unreadable
from ingest.parse.encoding import read_text
from ingest.parse.html_tables import table_of

MAX_DEPTH = 10_000
"""Open elements; the parser's time grows with their square."""

_HIDDEN = ["script", "style", "noscript", "template", "svg", "math", "object", "iframe", "canvas", "audio", "video", "select", "datalist", "head"]
_LINES = frozenset(
    "address article aside blockquote body br caption center dd details dialog dir div dl dt fieldset figcaption figure footer form"
    " h1 h2 h3 h4 h5 h6 header hr html legend li main menu nav ol option p pre section summary table tbody td tfoot th thead tr ul".split()
)
_HEADINGS = frozenset("h1 h2 h3 h4 h5 h6".split())
_UNNESTED = frozenset("area base br col embed hr img input link meta source track wbr p li dt dd td th tr option thead tbody tfoot".split())
_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9:-]*+)([^<>]*+)>")
_SPACES = re.compile(r"[ \t\r\n\f\xa0\u200b]+")


def blocks(path: Path) -> Iterator[Block]:
    """Title, tables and lines of an HTML file; raises Unreadable when its elements are nested beyond reason."""
    return page_blocks(read_text(path))


def page_blocks(page: str) -> Iterator[Block]:
    """The same for a page in memory, as mails carry it."""
    _refuse_depth(page)
    tree = LexborHTMLParser(page)
    title = _SPACES.sub(" ", _text(tree.css_first("head title"))).strip()
    if title:
        yield Block(title)
    main = _main_content(tree)
    if main is not None:
        yield from _walk(main)


def _refuse_depth(page: str) -> None:
    depth = 0
    for closing, tag, rest in (found.groups() for found in _TAG.finditer(page)):
        if tag.lower() not in _UNNESTED and not rest.endswith("/"):
            depth += -1 if closing else 1
        if depth > MAX_DEPTH:
            raise Unreadable("The page is nested too deeply to be read.")
        depth = max(0, depth)


def _main_content(tree: LexborHTMLParser) -> LexborNode | None:
    """What the page is about: its <main> when that holds most of the text, else the body without navigation and footer."""
    tree.strip_tags(_HIDDEN)
    body = tree.body
    if body is None:
        return tree.root
    for node in body.css("[hidden], [style*='display:none'], [style*='display: none']"):
        node.decompose()
    whole = len(_text(body))
    main = body.css_first("main, [role=main]")
    if main is not None and len(_text(main)) * 2 > whole:
        return main
    around = body.css("nav, footer")
    if sum(len(_text(node)) for node in around) * 2 < whole:
        for node in around:
            node.decompose()
    return body


def _text(node: LexborNode | None) -> str:
    return "" if node is None else node.text(deep=True) or ""


def _walk(root: LexborNode) -> Iterator[Block]:
    tables = {node.mem_id: html for node in root.css("table") if (html := table_of(node))}
    line: list[str] = []
    preformatted = level = 0
    for node, is_start in _steps(root, leaves=tables):
        tag = node.tag
        if tag == "-text" and is_start:
            line.append(node.text_content or "")
        elif tag in _LINES or node.mem_id in tables:
            yield from _lines(line, is_preformatted=preformatted > 0, level=level)
            line, level = [], _level_after(tag, level, is_start=is_start)
        if tag == "pre":
            preformatted += 1 if is_start else -1
        if is_start and node.mem_id in tables:
            yield Block(tables[node.mem_id], is_table=True)
    yield from _lines(line, is_preformatted=False, level=level)


def _level_after(tag: str | None, level: int, *, is_start: bool) -> int:
    """The level of what follows the tag of a line: that of the heading it begins, none after one."""
    if tag in _HEADINGS:
        return int(tag[1]) if is_start else 0
    return level


def _steps(root: LexborNode, *, leaves: Container[int]) -> Iterator[tuple[LexborNode, bool]]:
    """Every node twice, at its start and at its end, in document order and without recursion."""
    node: LexborNode = root
    while True:
        yield node, True
        child = None if node.mem_id in leaves else node.first_child
        if child is not None:
            node = child
            continue
        yield node, False
        while node.next is None or node.mem_id == root.mem_id:
            if node.mem_id == root.mem_id:
                return
            node = node.parent  # type: ignore[assignment]  # below root, so there is one
            yield node, False
        node = node.next


def _lines(parts: list[str], *, is_preformatted: bool, level: int) -> Iterator[Block]:
    text = "".join(parts)
    lines = text.split("\n") if is_preformatted else [_SPACES.sub(" ", text).strip()]
    return (Block(line.rstrip(), level=level) for line in lines if line.strip())
