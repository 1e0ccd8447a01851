"""The pages of a PDF as paragraphs, tables and figures in reading order, put together again where columns and pages part them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from ingest.parse.layout import Row
from ingest.parse.pdf_aligned import with_tables
from ingest.parse.pdf_figures import FIGURE
from ingest.parse.pdf_headings import Headings
from ingest.parse.pdf_margins import without_margins
from ingest.parse.pdf_paragraphs import Paragraph, paragraphs
from ingest.parse.pdf_sheet import Figure, Part, Sheet, Table

Item = Paragraph | Table | Figure

_TABLE = re.compile(r"(table|tab\.|tabelle|tableau)\s*[\divx]+|表\s*[\d一二三四五六七八九十]|附表", re.I)
_CONTINUED = re.compile(r"continued|cont[’']?d|续|fortsetzung", re.I)
_FAR = 30  # points between a caption and its table or figure
_REACH = 25  # items between a table and its caption at most
_LONGEST_CAPTION = 600
_ASIDE = 0.93  # times the size of the body: a note
_SHIFTED = 12  # points by which a table's columns may stand elsewhere on the next page
_LOOK_AHEAD = 2  # pages read before the size of the body is known well enough


@dataclass(frozen=True, slots=True)
class PageItems:
    """What a page holds in reading order; what began on it is whole, also where it ends on a later one."""

    sheet: Sheet
    items: list[Item]


def pages_in_order(sheets: Iterable[Sheet], headings: Headings) -> Iterator[PageItems]:
    """The pages, a few of them held to see headers, footers and what goes on."""
    latest: PageItems | None = None
    used: list[PageItems] = []  # pages all of whose text began on the latest
    number = 0  # of the page before
    for page in _levelled(without_margins(sheets), headings):
        is_next, number = page.sheet.number == number + 1, page.sheet.number
        joined, rest = _joined(latest.items, page.items, headings.body) if latest and is_next else (None, page.items)
        if latest and joined is not None:
            latest = PageItems(latest.sheet, joined)
        if latest and joined is not None and not rest:
            used.append(PageItems(page.sheet, []))
            continue
        if latest:
            yield from (latest, *used)
        latest, used = PageItems(page.sheet, rest), []
    if latest:
        yield from (latest, *used)


def _levelled(sheets: Iterator[Sheet], headings: Headings) -> Iterator[PageItems]:
    held: list[Sheet] = []
    for sheet in sheets:
        headings.look_at(sheet)
        held.append(sheet)
        if len(held) > _LOOK_AHEAD:
            yield _items(held.pop(0), headings)
    yield from (_items(sheet, headings) for sheet in held)


def _items(sheet: Sheet, headings: Headings) -> PageItems:
    """The page's own items: parts joined where the text goes on in the next column, captions with what they name."""
    items: list[Item] = []
    for part in sheet.parts:
        found = list(_of_part(part, sheet))
        if not part.is_upright:
            found = [replace(item, is_turned=True) if isinstance(item, Paragraph) else item for item in found]
        else:
            found = _with_whole_headings([headings.levelled(item) if isinstance(item, Paragraph) else item for item in found])
        joined, rest = _joined(items, found, headings.body) if items else (None, found)
        items = (joined if joined is not None else items) + rest
    return PageItems(sheet, _captioned(items))


def _with_whole_headings(items: list[Item]) -> list[Item]:
    """Headings of several lines as one."""
    found: list[Item] = []
    for item in items:
        before = found[-1] if found else None
        if isinstance(before, Paragraph) and isinstance(item, Paragraph) and before.is_heading_with(item):
            found[-1] = before.with_rest(item)
        else:
            found.append(item)
    return found


def _of_part(part: Part, sheet: Sheet) -> Iterator[Item]:
    rows: list[Row] = []
    for item in with_tables(part.rows, part.place):
        if isinstance(item, Row) and item.piece is None:
            rows.append(item)
            continue
        yield from paragraphs(rows, part.place)
        rows = []
        yield item if isinstance(item, Table) else sheet.floats[item.piece or 0]
    yield from paragraphs(rows, part.place)


def _joined(before: list[Item], after: list[Item], body: float) -> tuple[list[Item] | None, list[Item]]:
    """`before` with what goes on in `after`, and the rest of that; None when nothing goes on."""
    table = before[-1] if before else None
    first = after[0] if after else None
    if isinstance(first, Paragraph) and _TABLE.match(first.lines[0].text) and _CONTINUED.search(first.text) and len(after) > 1:
        after, first = after[1:], after[1]
    if isinstance(table, Table) and isinstance(first, Table) and _is_same_table(table, first):
        return [*before[:-1], table.with_rest(first)], after[1:]
    tail = next((n for n in range(len(before) - 1, -1, -1) if _is_text(before[n], body)), None)
    head = next((n for n in range(len(after)) if _is_text(after[n], body)), None)
    if tail is None or head is None:
        return None, after
    last, rest = before[tail], after[head]
    if isinstance(last, Paragraph) and isinstance(rest, Paragraph) and last.goes_on_in(rest):
        return [*before[:tail], last.with_rest(rest), *before[tail + 1:]], after[:head] + after[head + 1:]
    return None, after


def _is_text(item: Item, body: float) -> bool:
    """Whether it is running text, and no float or note that lies between its parts."""
    if not isinstance(item, Paragraph):
        return False
    begin = item.lines[0].text
    return not item.is_turned and item.size >= _ASIDE * body and not _TABLE.match(begin) and not FIGURE.match(begin)


def _is_same_table(one: Table, other: Table) -> bool:
    if other.caption or one.positions[-1][0] == other.page or len(one.edges) != len(other.edges):
        return False
    if one.rows[0] == other.rows[0]:  # the heading again
        return True
    return all(abs(a - b) < _SHIFTED for a, b in zip(one.edges, other.edges, strict=True))


def _captioned(items: list[Item]) -> list[Item]:
    """Tables and figures with their captions, which are then no text of their own."""
    found, used = list(items), set()
    for number, item in enumerate(items):
        if isinstance(item, Paragraph):
            continue
        for side in _around(number, len(items), is_above_first=isinstance(item, Table)):
            if not used.intersection(side) and _names([items[n] for n in side], item):
                found[number] = _with_caption(item, [items[n] for n in side])
                used.update(side)
                break
    return [item for number, item in enumerate(found) if number not in used]


def _around(number: int, count: int, *, is_above_first: bool) -> Iterator[tuple[int, ...]]:
    """Where a caption may be: one item or two, the nearest first; columns may put others between."""
    above = [n for n in range(number - 1, max(-1, number - _REACH), -1)]
    below = [n for n in range(number + 1, min(count, number + _REACH))]
    for n in (*above, *below) if is_above_first else (*below, *above):
        yield (n,)
        if 0 < n != number + 1:
            yield n - 1, n


def _with_caption(item: Table | Figure, lines: list[Item]) -> Item:
    for line in lines:
        if isinstance(line, Paragraph):
            item = item.with_caption(line.text, line.block().positions[0])
    return item


def _names(lines: list[Item], item: Table | Figure) -> bool:
    """Whether lines are the caption of a table or figure near them: one that begins as such, or its number and what follows."""
    begin, end = lines[0], lines[-1]
    if not isinstance(begin, Paragraph) or not isinstance(end, Paragraph) or len(end.text) > _LONGEST_CAPTION:
        return False
    named = (_TABLE if isinstance(item, Table) else FIGURE).match(begin.text)
    if not named or (begin is not end and named.end() < len(begin.text) - 2):
        return False
    place = item.positions[0] if isinstance(item, Table) else item.position
    top, bottom = begin.lines[0].position[3], end.lines[-1].position[4]
    _, left, right, *_ = begin.lines[0].position
    return left < place[2] and place[1] < right and place[3] - bottom < _FAR and top - place[4] < _FAR
