"""Questions in running text, told by how they are numbered (contract 7.3, qa of PDF)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_CHINESE = "[零〇一二三四五六七八九十百0-9]+"
_WORD = "(?:[IVXLC]+|[0-9]{1,3}|(?i:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve))"

NUMBERINGS: tuple[re.Pattern[str], ...] = tuple(
    map(
        re.compile,
        (
            r"(?:Q|问题?|Question)\s*[0-9]{0,3}\s*[:：]|Q[0-9]{1,3}\b",
            rf"(?:QUESTION|Question)\s+{_WORD}\b",
            rf"第{_CHINESE}问",
            rf"第{_CHINESE}条",
            rf"第{_CHINESE}章",
            rf"[(（]{_CHINESE}[)）]",
            r"[1-9][0-9]{0,2}[.．、)](?![0-9])",
            rf"{_CHINESE}[、.．]",
        ),
    )
)
_NAMED = 3
"""So many of them call a question one; of the others, which lists and chapters have too, there must be several."""
_FEWEST = 2
_END = re.compile(r"[?？]\s*(?=\S)")


def numbering_of(lines: Sequence[str]) -> re.Pattern[str] | None:
    """The numbering that begins most lines, the first of equal ones; None when none begins enough of them."""
    counts = [sum(pattern.match(line) is not None for line in lines) for pattern in NUMBERINGS]
    enough = [count if number < _NAMED or count >= _FEWEST else 0 for number, count in enumerate(counts)]
    return NUMBERINGS[enough.index(max(enough))] if any(enough) else None


def divided(text: str) -> Iterable[str]:
    """A question, and the answer that goes on in the same paragraph after its question mark, if any."""
    end = _END.search(text)
    return (text[:end.end()].rstrip(), text[end.end():]) if end else (text, "")
