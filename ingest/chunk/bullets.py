"""Families of numbered headings, and which of them a text is divided by (contract 7.3, bullet families)."""

from __future__ import annotations

import re
from collections.abc import Sequence

Family = tuple[re.Pattern[str], ...]
"""Patterns of the beginning of a line, the outermost division first."""

_CHINESE = "[零〇一二两三四五六七八九十百千]+"
_EITHER = "[零〇一二两三四五六七八九十百千0-9]+"
_ENGLISH = "(?:[IVXLC]+|[0-9]{1,3}|(?i:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve))"
_NAMED = rf"{_ENGLISH}(?=\s*$|\s*[.:—–-]|\s+[^\sa-z])"  # "Section 2 of this Act" is no heading


def _family(*patterns: str) -> Family:
    return tuple(map(re.compile, patterns))


FAMILIES: tuple[Family, ...] = (
    _family(f"第{_EITHER}(?:分?编|部分)", f"第{_EITHER}章", f"第{_EITHER}节", f"第{_EITHER}条", f"[(（]{_CHINESE}[)）]"),
    _family(
        "第[0-9]+章",
        "第[0-9]+节",
        r"[1-9][0-9]?[.．、](?![0-9.．])",
        r"[1-9][0-9]?\.[0-9]{1,2}(?![0-9])(?!\.[0-9.])",
        r"[1-9][0-9]?\.[0-9]{1,2}\.[0-9]{1,2}(?![0-9])(?!\.[0-9.])",
        r"[1-9][0-9]?(?:\.[0-9]{1,2}){3}(?![0-9])(?!\.[0-9.])",
    ),
    _family(f"第{_EITHER}章", f"第{_EITHER}节", rf"{_CHINESE}[、.．\s]", f"[(（]{_CHINESE}[)）]", "[(（][0-9]{1,2}[)）]"),
    _family(rf"(?:PART|Part)\s+{_NAMED}", rf"(?:CHAPTER|Chapter)\s+{_NAMED}", rf"(?:SECTION|Section)\s+{_NAMED}", rf"(?:ARTICLE|Article)\s+{_NAMED}"),
)


NAMED = (FAMILIES[0], FAMILIES[3])
"""Those whose divisions are called something: a part, a chapter, an article."""
_FEWEST = (1, 2, 2, 1)
"""Lines that a family has at least: one that begins with a number or a bracket says nothing yet."""


def family_of(lines: Sequence[str]) -> Family | None:
    """The family that most of the lines belong to, the first of equal ones; None when too few belong to any."""
    counts = [sum(depth_in(family, line) is not None for line in lines) for family in FAMILIES]
    enough = [count if count >= fewest else 0 for count, fewest in zip(counts, _FEWEST, strict=True)]
    return FAMILIES[enough.index(max(enough))] if any(enough) else None


def depth_in(family: Family, line: str) -> int | None:
    """How deep the line's division is, 0 the outermost; None for a line that begins none."""
    return next((depth for depth, pattern in enumerate(family) if pattern.match(line)), None)
