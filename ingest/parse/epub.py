"""Books in EPUB: their pages in the order in which they are read."""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import unquote

from lxml import etree

from ingest.blocks import Block, Unreadable
from ingest.parse import html
from ingest.parse.archive import DAMAGED, TOO_LARGE, blocks_of, members
from ingest.parse.encoding import decode

_CONTAINER = "META-INF/container.xml"
_LARGEST_PAGE = 32 << 20
_PAGES = ("application/xhtml+xml", "text/html")


def blocks(path: Path) -> Iterator[Block]:
    """Lines, headings and tables of every page of the book's spine, the table of contents left out. Raises Unreadable."""
    sizes = members(path)
    if "META-INF/encryption.xml" in sizes and "META-INF/rights.xml" in sizes:
        raise Unreadable("The book is protected against copying. Upload a copy without protection.")
    try:
        with zipfile.ZipFile(path) as archive:
            names = [name for name in _spine(archive) if name in sizes]
            yield from _untitled(html.page_blocks(decode(_content(archive, name))) for name in names)
    except (zipfile.BadZipFile, KeyError, etree.XMLSyntaxError) as error:
        raise Unreadable(DAMAGED) from error


def _untitled(pages: Iterable[Iterator[Block]]) -> Iterator[Block]:
    """The pages' blocks without the book's title, which every page repeats."""
    titles: set[str] = set()
    for page in pages:
        first = next(page, None)
        if first is not None and first.text not in titles:
            titles.add(first.text)
            yield first
        yield from page


def _spine(archive: zipfile.ZipFile) -> list[str]:
    """Names of the pages in reading order."""
    package = next((one.get("full-path") for one in _tree(archive, _CONTAINER).iter("{*}rootfile")), None)
    if not package:
        raise Unreadable(DAMAGED)
    root = _tree(archive, package)
    pages = {item.get("id"): item for item in root.iter("{*}item") if item.get("media-type") in _PAGES}
    listed = [pages[one.get("idref")] for one in root.iter("{*}itemref") if one.get("idref") in pages]
    folder = posixpath.dirname(package)
    wanted = [item.get("href", "") for item in listed if "nav" not in (item.get("properties") or "").split()]
    return [posixpath.normpath(posixpath.join(folder, unquote(href.partition("#")[0]))) for href in wanted]


def _tree(archive: zipfile.ZipFile, name: str) -> etree._Element:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    return etree.fromstring(_content(archive, name), parser)


def _content(archive: zipfile.ZipFile, name: str) -> bytes:
    content = bytearray()
    for block in blocks_of(archive, name):
        content += block
        if len(content) > _LARGEST_PAGE:
            raise Unreadable(TOO_LARGE)
    return bytes(content)
